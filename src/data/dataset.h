/* dataset.h: samples in memory, in the type they were stored in.
 *
 *   values   [samples x features]  row-major, of any value_type (base/value.h)
 *   labels   [samples]             class numbers 0 ... classes-1          (classification)
 *   targets  [samples x outputs]   row-major float32                      (regression)
 *
 *   weight   [samples]             float32 >= 0: how much a sample counts in losses, gradients and
 *                                  metrics, but not where inputs and targets are scaled; NULL: 1
 *   group    [samples]             samples of one group stay together when data are split
 *   when     [samples]             sort key for a split by time, or in any other order
 *
 * A float value that is NaN is missing. The values of a category (a column with levels) are codes,
 * which are whole numbers: that of a level, or, if the reader was given the levels, their number
 * for a word that is not among them.
 *
 * A dataset has labels or targets, or (TASK_NONE) neither. A dataset never changes once it has been
 * read; every rank, or team of ranks, holds its own copy of the same bytes, and
 * dataset_fingerprint() lets them check that the copies are equal. Values that a file contains in
 * the required layout are not copied: the file is mapped.
 *
 * Threads: any may read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "base/value.h"
#include "data/levels.h"

/* The interpretation of labels. TASK_AUTO: integers and words are classes, other numbers are
 * values. TASK_CLASSES: whole numbers of any type are classes too. TASK_VALUES: every number is a
 * value. TASK_NONE: labels are missing or ignored. */
enum task { TASK_AUTO, TASK_CLASSES, TASK_VALUES, TASK_NONE };

struct dataset {
    char name[256]; /* where it comes from, for messages */
    int64_t samples;
    int64_t features;
    enum value_type type;
    bool table; /* rows of a table: neither images (IDX) nor synthetic samples */
    void *values;
    int64_t classes; /* 0: no classification */
    int32_t *labels;
    int64_t outputs; /* regression targets per sample; 0: no regression */
    float *targets;

    float *weight;        /* at most DATASET_WEIGHT_MOST; at least one is not 0 */
    int32_t *group;       /* 0 ... groups - 1, in the order of their first appearance */
    int64_t groups;       /* 0: none */
    double *when;         /* finite */
    char **id;            /* [samples] (names.h), for predictions; NULL: no ids */
    struct levels levels; /* of the features */

    char **class_name;   /* [classes] (names.h); NULL: numbered only */
    char **feature_name; /* [features] (names.h); NULL: no names */
    char **label_name;   /* [dataset_label_columns()] (names.h), of the label columns of a table */
    int64_t others;      /* columns of a table that are neither inputs nor labels */
    char **other;   /* [2 * others] (names.h) the kind of each (ignored, weight, group, split-by or
                     id), and its name */
    char note[800]; /* what the reader chose or omitted, for a message to the user; "": nothing */
    int64_t first_line; /* line of sample 0 in a text file, from 1; else 0 */
    int64_t *line;      /* [samples] line of each sample, or its row from 0 if it is not in a text
                           file; NULL: they follow the first */
    int64_t unlabelled; /* rows whose label is missing. Their values, lines and ids follow those of
                           the samples in each array; nothing else counts them */

    struct mapped_file file;  /* the file that contains the values, at any alignment; read-only */
    char path[FILE_PATH_MAX]; /* path of that file; "": values are in memory */
    bool lent;                /* others own all arrays but names and levels */
    bool shared;              /* lent by the memory of a team (api/shared_data.h) */
};

/* The products of weights with derivatives, and the sums of these over a batch, must be finite in
 * float32, since their mean is taken at the end. */
#define DATASET_WEIGHT_MOST 1e30F

/* Returns the number of columns that hold the labels or targets. */
static inline int64_t dataset_label_columns(const struct dataset *dataset)
{
    return dataset->classes > 0 ? 1 : dataset->outputs;
}

/* Returns STATUS_BAD_DATA if the file that contains the values has been truncated or unreadable at
 * any time since they were read (base/mapped_file.h), otherwise `status`. Call it after reading
 * values and before using the results. Threads: any. */
enum status dataset_check(const struct dataset *dataset, enum status status, struct error *error);

/* Allocates the values of a dataset, its labels if it has classes, and its targets if it has
 * outputs, all zeroed; its samples, features, type, classes and outputs must be set. `what` is used
 * in the message. STATUS_NO_RESOURCE; the caller clears the dataset. */
enum status dataset_take(struct dataset *dataset, const char *what, struct error *error);

/* The arrays and the lists of names that a dataset points to. Whatever handles all of them uses these
 * two functions, so a new pointer is added here only. */
struct dataset_array {
    void *pointer; /* address of the pointer in the dataset */
    size_t bytes;  /* 0: the dataset has none, or it is in the mapped file */
};
struct dataset_list {
    char ***pointer;
    int64_t n;
};
enum { DATASET_ARRAYS = 7, DATASET_LISTS = 5 };

/* Lists the arrays of a dataset, with the sizes of those that `like` has: itself, or one of the same
 * shape, whose arrays are not read. */
void dataset_arrays(struct dataset *dataset, const struct dataset *like,
    struct dataset_array array[DATASET_ARRAYS]);

void dataset_lists(struct dataset *dataset, struct dataset_list list[DATASET_LISTS]);

/* Returns the array, or NULL. */
static inline void *dataset_array_start(const struct dataset_array *array)
{
    void *start;
    memcpy(&start, array->pointer, sizeof start);
    return start;
}

/* Frees what the struct owns and zeroes it. */
void dataset_clear(struct dataset *dataset);

/* Returns XXH3 over shape, type, values, labels or targets, class names, weights, groups, sort keys
 * and levels, in this machine's byte order. */
uint64_t dataset_fingerprint(const struct dataset *dataset);

/* Writes where a sample is, for messages: "line 12" or "sample 11 (from 0)"; returns out. */
enum { DATASET_PLACE = 48 };
const char *dataset_place(const struct dataset *dataset, int64_t sample, char out[DATASET_PLACE]);

/* Adapts `other` (validation or test data, not shared yet) to a model for `train`: both must have
 * the same features (with equal names in the same order, if both have names) and the same task.
 * Classes are matched by name, or by number if neither has names, and get the training set's
 * numbers; so `other` need not contain every class, but a class that is not in `train` is refused.
 * Data without labels fits any task. Words of categories are matched by name too: a word that is
 * not in `train` gets the number of levels there. A column must be a category in both or in
 * neither, or a category in `train` and without any value in `other`. STATUS_BAD_DATA naming both,
 * with `other` unchanged; STATUS_NO_RESOURCE. */
enum status dataset_match(const struct dataset *train, struct dataset *other, struct error *error);
