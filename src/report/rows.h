/* rows.h: reads and writes rows: JSON objects of figures, as printed by --json and stored in files.
 *
 * A figure is found by its path: "batch", "phases.load.mean", "tiles.0.k", "batches.last.lr". A
 * repeated measurement is an object {"mean" or "median", "least", "most"}; its mean or median is
 * used where a single number is needed.
 *
 * Threads: any.
 */
#pragma once

#include "base/directory.h"
#include "base/json.h"
#include "net/mlp.h"
#include "run/records.h"
#include "study/comparison.h"

/* Return the value, number or text at a path; NULL or NaN: not found. */
const struct json *row_value(const struct json *row, const char *path);
double row_number(const struct json *row, const char *path);
const char *row_text(const struct json *row, const char *path);

/* True if the value at a path is true; a missing one is false. */
bool row_true(const struct json *row, const char *path);

/* Returns a value as a number: its mean or median if it is a repeated measurement. NaN: it is not a
 * number. */
double value_number(const struct json *value);

/* Returns the mean or median of a repeated measurement; NULL: the value is not one. */
const struct json *value_middle(const struct json *value);

enum { ROWS_MAX = 2000 };
struct rows {
    int n;
    const struct json *row[ROWS_MAX];
};

/* Returns the objects in an array, at most ROWS_MAX. */
struct rows rows_of(const struct json *array);

/* True if the text at a path is `text`; a missing text equals "". */
bool row_is(const struct json *row, const char *path, const char *text);

/* Returns the rows whose text at a path is `text`; a missing text equals "". */
struct rows rows_with(const struct rows *rows, const char *path, const char *text);

/* Return the row with the lowest or the highest value of a figure, the first such row if there are
 * several. NULL: no row has a value. */
const struct json *rows_least(const struct rows *rows, const char *path);
const struct json *rows_most(const struct rows *rows, const char *path);

/* Lists the different texts at a path, in the order of the rows; a missing text counts as "".
 * Returns their number. Rows are separated by loss function or metric in this way, because values
 * of different loss functions or metrics must not be compared. */
enum { ROWS_KINDS = 8 };
int rows_kinds(const struct rows *rows, const char *path, const char *kinds[ROWS_KINDS]);

/* Writes the layer widths of a network, "784-512-10", into out; returns out. */
enum { NETWORK_TEXT = 24 * (MLP_LAYERS_MAX + 1) };
const char *network_text(const struct mlp *mlp, char out[NETWORK_TEXT]);

/* Sets "version" and "commit" of this program, or "compiler" and "flags": those of all sources, without
 * warnings and without the instruction sets of the kernels (base/level.h). */
void row_set_version(struct json *row);
void row_set_build(struct json *row);
const char *build_compiler(void);

/* Set a count, or null if the count is 0; set a hash, written in hexadecimal. */
void row_set_count(struct json *row, const char *key, int64_t count);
void row_set_hash(struct json *row, const char *key, uint64_t hash);

/* Sets all metrics of a dataset, with `prefix` before each name: "val_loss". */
void row_set_metrics(struct json *row, const char *prefix, const struct metrics *metrics);

/* Sets "better_than_baseline", to null if it is not known, and "causes", a list of texts. */
void row_set_comparison(struct json *row, const struct comparison *comparison);

/* Sets "weights_xxh3", to null if the weights are known to be corrupted. */
void row_set_weights(struct json *row, const struct result *result);

/* Print the object on stdout, or write it to a file in a directory, whole or not at all. Both then
 * destroy the object. STATUS_NO_RESOURCE, and the statuses of output_write_whole(). */
enum status row_print(struct json *row, struct error *error);
enum status row_write(
    struct json *row, const struct directory *directory, const char *name, struct error *error);
