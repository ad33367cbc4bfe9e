/* columns.h: tables of named columns, from one list for people, for JSON and for CSV.
 *
 * A column knows its name for programs, its heading for people and what kind its values are; a
 * row is an array of cells, one a column. So text, JSON and CSV cannot tell different things.
 *
 *     kind               people         JSON                       CSV
 *     CELL_TEXT, TRUTH   as it is       text; true, false          as it is, without commas
 *     CELL_COUNT         54,000         54000                      54000
 *     CELL_REAL          0.0125         0.0125                     0.0125
 *     CELL_SHARE         12.5 %         0.125                      0.125
 *     CELL_BYTES         4.2 MiB        4404019                    4404019
 *     CELL_FLOPS         1.3 G          1.3e9                      1300000000
 *     CELL_SECONDS       2.5 ms         0.0025                     0.0025
 *     CELL_SPAN          2-3            {"least": 2, "most": 3}    NAME_least, NAME_most
 *     not known          nothing        null                       nothing
 *
 * Threads: any, a file or an object each.
 */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/json.h"

enum cell_kind {
    CELL_TEXT,
    CELL_TRUTH,
    CELL_COUNT,
    CELL_REAL,
    CELL_SHARE,
    CELL_BYTES,
    CELL_FLOPS,
    CELL_SECONDS,
    CELL_SPAN
};

struct cell {
    bool known;
    bool silent;         /* not told to people, who know it by themselves */
    const char *text;    /* the caller's */
    int64_t least, most; /* of a span; of a count and bytes the latter; of a truth 0 or 1 */
    double real;
};

struct column {
    const char *key;             /* for programs; NULL: for people alone */
    const char *above, *heading; /* two lines; NULL: for programs alone */
    enum cell_kind kind;
    bool left;  /* text to the left */
    bool folds; /* told below the table, once for all rows (columns_print()) */
};

/* Values; a real that is not finite is not known. */
struct cell cell_none(void);
struct cell cell_text(const char *text); /* NULL: not known */
struct cell cell_truth(bool truth);
struct cell cell_count(int64_t count); /* and bytes */
struct cell cell_real(double real);    /* and shares, operations, seconds */
struct cell cell_span(int64_t least, int64_t most);
struct cell cell_silent(struct cell cell, bool silent);

/* A value as people read it, into out[CELL_TEXT_MAX]; "" if not known. */
enum { CELL_TEXT_MAX = 96 };
const char *cell_print(char out[CELL_TEXT_MAX], enum cell_kind kind, struct cell cell);

/* Headings and rows, cell[rows][columns], of the columns that are for people and of which some row
 * has a value to tell; then, of columns that fold and have the same in all rows, "the same for all:
 * NAME VALUE, ...". Of a single row these are in the table too, if it is not too wide then. The
 * first column never folds. Returns whether there was anything but the first column to print: if
 * not, nothing was. */
bool columns_print(
    FILE *file, const struct column *column, int columns, const struct cell *cell, int rows);

/* The names with keys, then those values of a row, with commas between and none at the ends. */
void columns_csv_head(FILE *file, const struct column *column, int columns);
void columns_csv_row(FILE *file, const struct column *column, int columns, const struct cell *cell);

/* The same of a row, put into an object. */
void columns_set_json(
    struct json *object, const struct column *column, int columns, const struct cell *cell);

#endif
