/* check.h: what every format asks of the numbers that it has read, and labels made of them.
 *
 * Samples in messages count from 0. Threads: any.
 */
#ifndef DATA_CHECK_H
#define DATA_CHECK_H

#include "base/value.h"
#include "data/dataset.h"

/* Every one of [samples x width] values must be finite as float32. `what`: "feature" or "target".
 * STATUS_BAD_DATA naming the file, the value and its place. Integers always are. */
enum status check_finite(const char *path, const void *values, enum value_type type,
    int64_t samples, int64_t width, const char *what, struct error *error);

/* Sets dataset->classes from its labels: one more than the largest, at least 2. STATUS_BAD_DATA for
 * a negative label, or one so large that it cannot be a class number. */
enum status check_classes(struct dataset *dataset, const char *path, struct error *error);

/* Labels from [samples] numbers of any type, each a whole number, then as check_classes() does; the
 * dataset has its samples already. STATUS_BAD_DATA, STATUS_NO_RESOURCE. */
enum status classes_from_values(struct dataset *dataset, const char *path, const void *values,
    enum value_type type, struct error *error);

#endif
