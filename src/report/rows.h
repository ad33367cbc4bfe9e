/* rows.h: figures as rows: JSON objects as --json prints them and in files.
 *
 * A figure is found by its path, "batch", "phases.load.mean", "tiles.0.k", "batches.last.lr". One
 * that was repeated is an object {"mean" or "median", "least", "most"}; as a number it is its mean
 * or median.
 *
 * Threads: any.
 */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include "base/directory.h"
#include "base/json.h"
#include "net/mlp.h"
#include "run/records.h"

/* NULL, NaN: not found. */
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

/* True if the text at a path, "" if there is none, is `text`. */
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

/* The widths of a network, "784-512-10", into out; returns out. */
enum { NETWORK_TEXT = 24 * (MLP_LAYERS_MAX + 1) };
const char *network_text(const struct mlp *mlp, char out[NETWORK_TEXT]);

/* Sets "version" and "commit" of this program. */
void row_set_version(struct json *row);

/* Sets a count, null if it is 0; a hash, in hexadecimal. */
void row_set_count(struct json *row, const char *key, int64_t count);
void row_set_hash(struct json *row, const char *key, uint64_t hash);

/* Sets all metrics of a set, their names behind `prefix`: "val_loss". */
void row_set_metrics(struct json *row, const char *prefix, const struct metrics *metrics);

/* Sets "weights_xxh3", null for weights that are known to be wrong. */
void row_set_weights(struct json *row, const struct result *result);

/* Prints the object on stdout, or writes it whole as a file of a directory, and destroys it.
 * STATUS_NO_RESOURCE, and those of output_write_whole(). */
enum status row_print(struct json *row, struct error *error);
enum status row_write(
    struct json *row, const struct directory *directory, const char *name, struct error *error);

#endif
