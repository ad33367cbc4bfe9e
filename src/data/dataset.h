/* dataset.h: samples in memory, in the type in which they were stored.
 *
 *   values   [samples x features]  row-major, of any value_type (base/value.h)
 *   labels   [samples]             class numbers 0 ... classes-1          (classification)
 *   targets  [samples x outputs]   row-major float32                      (regression)
 *
 * There are labels, or targets, or (TASK_NONE) neither. A dataset never changes after it was read;
 * every rank, or team of ranks, holds its own copy of the same bytes, which `fingerprint` lets them
 * compare. Values that a file contains in the required layout are not copied: the file is mapped.
 *
 * Threads: any may read.
 */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "base/value.h"

/* The interpretation of labels. TASK_AUTO: integers and words are classes, other numbers values.
 * TASK_CLASSES: whole numbers are classes too, whatever their type. TASK_VALUES: every number is a
 * value. TASK_NONE: labels are missing or ignored. */
enum task { TASK_AUTO, TASK_CLASSES, TASK_VALUES, TASK_NONE };

struct dataset {
    char name[256]; /* its source, for messages */
    int64_t samples;
    int64_t features;
    enum value_type type;
    void *values;
    int64_t classes; /* 0: no classification */
    int32_t *labels;
    int64_t outputs; /* regression targets per sample; 0: no regression */
    float *targets;

    char **class_name;   /* [classes] names.h; NULL: their numbers */
    char **feature_name; /* [features] names.h; NULL: they have none */
    char **target_name;  /* [outputs] names.h; NULL: they have none */
    int64_t first_line;  /* line of sample 0 in a text file, from 1; else 0 */

    struct mapped_file file;  /* the file that contains the values, at any address; read-only */
    char path[FILE_PATH_MAX]; /* path of that file; "": values are in memory */
    bool lent;                /* another dataset owns the values in memory, labels, targets */
};

/* STATUS_BAD_DATA if the file that contains the values was cut or unreadable, now or while they
 * were read (base/mapped_file.h), else `status`; and the same as a boolean without a message.
 * Called after values were read and before their results are used. Threads: any. */
enum status dataset_check(const struct dataset *dataset, enum status status, struct error *error);
static inline bool dataset_is_whole(const struct dataset *dataset)
{
    return mapped_file_is_whole(&dataset->file);
}

/* Frees what the struct owns and zeroes it. */
void dataset_clear(struct dataset *dataset);

/* XXH3 over shape, type, values, labels or targets, and class names, in this machine's byte
 * order. */
uint64_t dataset_fingerprint(const struct dataset *dataset);

/* The place of a sample for messages: "line 12" or "sample 11 (from 0)"; returns out. */
enum { DATASET_PLACE = 48 };
const char *dataset_place(const struct dataset *dataset, int64_t sample, char out[DATASET_PLACE]);

/* Adapts `other` (validation or test data, not shared yet) to a model made for `train`: same
 * features (by name, in order, if both have names), same task. Classes are matched by name, or by
 * number if neither has names, and take the training set's numbers; so `other` need not have all of
 * them, but a class that `train` does not have is refused. STATUS_BAD_DATA naming both; on failure
 * `other` is unchanged. Data without labels fit any task. */
enum status dataset_match(const struct dataset *train, struct dataset *other, struct error *error);

#endif
