/* check.h: checks the numbers that the formats read, and makes class labels from them.
 *
 * Messages count samples from 0. Threads: any.
 */
#ifndef DATA_CHECK_H
#define DATA_CHECK_H

#include "base/value.h"
#include "data/dataset.h"

/* The dimensions of an array in a file; the first is the number of samples. */
enum { DIMENSIONS_MAX = 32 };
struct shape {
    int n_dimensions; /* at least 1 */
    int64_t dimension[DIMENSIONS_MAX];
    int64_t samples; /* dimension[0] >= 1 */
    int64_t width;   /* numbers per sample: the product of the other dimensions, 1 ... 2^31 - 1 */
};

/* Computes samples and width, and the length of a file with a header of `header` bytes and data of
 * this shape. STATUS_BAD_DATA. */
enum status check_shape(struct shape *shape, enum value_type type, size_t header, size_t *length,
    const char *path, struct error *error);

/* Checks that all [samples x width] values are finite as float32. `what`: "feature" or "target".
 * STATUS_BAD_DATA naming the file, the value and its position. Integers are always finite. */
enum status check_finite(const char *path, const void *values, enum value_type type,
    int64_t samples, int64_t width, const char *what, struct error *error);

/* Sets dataset->classes from the labels: one more than the largest, at least 2. STATUS_BAD_DATA for
 * a negative label, or one that is too large for a class number. */
enum status check_classes(struct dataset *dataset, const char *path, struct error *error);

/* Makes labels from [samples] numbers of any type, which must be whole numbers, then calls
 * check_classes(). dataset->samples must be set. STATUS_BAD_DATA, STATUS_NO_RESOURCE. */
enum status classes_from_values(struct dataset *dataset, const char *path, const void *values,
    enum value_type type, struct error *error);

#endif
