/* csv_header.h: decides whether the first line of a text table is a header, and which columns a header
 * does not name.
 *
 *     x,y          "x","y"             x,y,          x,y
 *     1,a          "row 1",1,"a"       1,a,          1,a,
 *                  row names           empty columns behind separators at the ends of lines
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/formats/csv_head.h"

struct first_line {
    const char *text, *end, *next;
    bool named; /* it is a header */
    /* There is a first column of row names, as R and pandas take it if the header has one field less
     * than the lines; there is a last column without a name and, in the first lines, values. */
    bool row_names, empty_last;
};

/* Looks for such columns if the first line may be a header, and counts those that it lacks. The
 * columns of the line must have been counted. */
void csv_header_find_unnamed(
    struct csv_head *head, struct first_line *line, enum header_choice choice);

/* Omits these columns, and the index that a frame of pandas passes, with a note, unless an option has given them a role. */
void csv_header_omit_unnamed(struct csv_head *head, const struct first_line *line);

/* True for the names that row names have when R or pandas has written a table: none, and "Unnamed: 0". */
bool csv_header_is_unnamed(const char *name);

/* Makes the first column that of the names of the rows if the header does not name it and no option
 * has given it a role, or a kind, and it names another input. The head must have names and roles. */
void csv_header_take_row_names(struct csv_head *head);

/* Sets line->named, from the names, i.e. the fields of the line, and the roles. STATUS_BAD_DATA if it
 * is not clear. */
enum status csv_header_judge(
    struct csv_head *head, struct first_line *line, enum header_choice choice, struct error *error);
