/* csv_delimiter.h: finds what separates the fields of a text table.
 *
 *     comma, tab or semicolon    the most frequent one in the first line, outside quotes
 *     blanks                     if that line has none of these, and has as many words as the second line
 *                                has, or, as R writes a header above row names, one less
 *     comma                      otherwise
 *
 * A text with blanks in a table with blanks must be quoted. A single line is not enough for blanks,
 * since it may be a name or a text of several words.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/formats/csv_header.h"

/* Sets the delimiter, `asked` unless it is 0. STATUS_USAGE: it is the decimal separator.
 * STATUS_BAD_DATA: fields are probably separated by another character. */
enum status csv_delimiter_choose(
    struct csv_head *head, const struct first_line *line, char asked, struct error *error);
