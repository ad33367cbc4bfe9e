/* rows.h: figures as rows: JSON objects as --json prints them and as files hold them.
 *
 * A figure is found by its path, "batch", "phases.load.mean", "tiles.0.k". One that was repeated is an
 * object {"mean" or "median", "least", "most"}; as a number it is its mean or median.
 *
 * Threads: any.
 */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include "base/json.h"

/* NULL, NaN: there is none. */
const struct json *row_value(const struct json *row, const char *path);
double row_number(const struct json *row, const char *path);
const char *row_text(const struct json *row, const char *path);

/* The number of a value, or the mean or median of a repeated one; NaN: none. */
double value_number(const struct json *value);

/* The mean or median within a repeated value; NULL: it is not one. */
const struct json *value_middle(const struct json *value);

enum { ROWS_MAX = 2000 };
struct rows {
    int n;
    const struct json *row[ROWS_MAX];
};

/* The objects of an array, at most ROWS_MAX. */
struct rows rows_of(const struct json *array);

/* Whether the text at a path is `text`; "" if there is none. */
bool row_is(const struct json *row, const char *path, const char *text);

/* The rows whose text at a path is `text`; "" for those without one. */
struct rows rows_with(const struct rows *rows, const char *path, const char *text);

/* The first row with the least or the most of a figure; NULL: none has it. */
const struct json *rows_least(const struct rows *rows, const char *path);
const struct json *rows_most(const struct rows *rows, const char *path);

/* The different texts at a path, in the order of the rows, "" for those without one. Losses of
 * different functions, and different metrics, must not be compared. Returns how many. */
enum { ROWS_KINDS = 8 };
int rows_kinds(const struct rows *rows, const char *path, const char *kinds[ROWS_KINDS]);

#endif
