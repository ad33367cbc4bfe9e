/* array.h: an array of numbers in a file, and the labels or targets that are made from it.
 *
 * Messages count samples from 0. Threads: any.
 */
#pragma once

#include "base/value.h"
#include "data/room.h"

enum { DIMENSIONS_MAX = 32 };

struct array {
    const char *path; /* borrowed */
    enum value_type type;
    int n_dimensions; /* at least 1 */
    int64_t dimension[DIMENSIONS_MAX];
    int64_t samples; /* dimension[0] >= 1 */
    int64_t width;   /* numbers per sample: the product of the other dimensions, 1 ... 2^31 - 1 */
};

/* Computes samples and width, and the length of a file with a header of `header` bytes and this
 * array. STATUS_BAD_DATA. */
enum status array_measure(struct array *array, size_t header, size_t *length, struct error *error);

/* Checks that all values, which are of this type, are finite as float32. `what`: "feature" or
 * "target". STATUS_BAD_DATA naming the file, the value and its position. Integers are always
 * finite. */
enum status array_check_finite(const struct array *array, const void *values, enum value_type type,
    const char *what, struct error *error);

/* Checks that an array has labels for each sample of a dataset, which must have its name, samples,
 * features, type and path, and asks for the memory for the dataset with class labels or with
 * targets. STATUS_BAD_DATA, STATUS_NO_RESOURCE. */
enum status labels_expect(const struct dataset *dataset, const struct array *array, bool classes,
    const struct room *room, struct error *error);

/* Makes the labels or targets of a dataset from the values of an array. Class labels must be whole
 * numbers from 0; the number of classes is one more than the largest, at least 2. Targets must be
 * finite. STATUS_BAD_DATA, STATUS_NO_RESOURCE. */
enum status labels_make(struct dataset *dataset, const struct array *array, const void *values,
    bool classes, struct error *error);
