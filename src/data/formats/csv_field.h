/* csv_field.h: reads the fields of one line of a text table. For the format, see csv.h.
 *
 * A line (or a record of several lines, with line ends between quotes) is given as [at, end), without
 * its line end. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"

struct csv_field {
    const char *text; /* without the blanks and quotes around it */
    size_t length;
    bool quoted; /* quotes within the text are still doubled */
};

/* Returns the end of the line at `at`, before LF or CR LF, and sets *next to the beginning of the
 * next line, or `end`. */
const char *csv_line_end(const char *at, const char *end, const char **next);

/* The same for a line of a table that contains quotes: line ends between quotes belong to fields. */
const char *csv_record_end(const char *at, const char *end, const char **next);

/* Returns how often a character occurs in [at, end). */
int64_t csv_count(const char *at, const char *end, char c);

/* True for a character that is skipped at the beginning and end of a field. */
static inline bool csv_is_blank(char c, char delimiter)
{
    return c == ' ' || (c == '\t' && delimiter != '\t');
}

const char *csv_skip_blanks(const char *at, const char *end, char delimiter);

/* Returns the delimiter behind the blanks at `at`, where a field's text ends, or `end`. NULL: there is
 * more text. Blanks that are the delimiter count as one, and not at all before `end`. */
const char *csv_field_end(const char *at, const char *end, char delimiter);

/* Reads the field at `at`. Returns its end: a delimiter, or `end`. NULL if its quotes are wrong
 * (not closed in this line, or with text outside them); the field is then everything up to the next
 * delimiter. */
const char *csv_field_read(
    struct csv_field *field, const char *at, const char *end, char delimiter);

/* True if the whole field is a number. */
bool csv_field_number(struct csv_field field, struct decimal *number);

/* True if a text looks like a date: its numbers in any order, separated by -, / or points, perhaps
 * with a time of day behind them; or just a year and a month. */
bool csv_field_is_date(struct csv_field field);

/* Returns the length of the time that a text begins with, of the form 2024-01, 2024-01-31 or
 * 2024-01-31 09:05:30.25 (also with / or points, T, and without seconds); 0: none. Texts of which
 * only the digits differ, all of these in the time, are in the order of time byte by byte. */
size_t csv_field_time(struct csv_field field);

/* Copies the text and a final 0 to `out`, which has room for length + 1; a doubled quote becomes
 * one. Returns the number of bytes written, including the 0. */
size_t csv_field_copy(struct csv_field field, char *out);

/* Writes the field's first characters to `out` for messages, with '?' for unprintable ones; returns
 * out. */
enum { CSV_EXCERPT = 48 };
const char *csv_field_excerpt(struct csv_field field, char out[CSV_EXCERPT]);
