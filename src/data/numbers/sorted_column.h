/* sorted_column.h: the values of one column in increasing order, and their quantiles.
 *
 *     x       3  NaN  1  3  2         rows 0 ... 4
 *     value   1  2  3  3              n = 4: missing values (NaN) are left out
 *     row     2  4  0  3              equal values in the order of their rows
 *
 * -0 is 0. Values are finite or NaN. Threads: any may read.
 */
#pragma once

#include <stdint.h>

#include "base/status.h"

struct sorted_column {
    void *block;
    int64_t n;
    float *value; /* [n] */
    int64_t *row; /* [n] */
};

/* Sorts x [rows], in O(rows). STATUS_NO_RESOURCE, with the struct cleared. */
enum status sorted_column_init(
    struct sorted_column *sorted, const float *x, int64_t rows, struct error *error);

void sorted_column_clear(struct sorted_column *sorted);

/* Returns the quantile at k / parts, 0 <= k <= parts, interpolated linearly between neighbours, as
 * numpy.quantile does by default. Requires n > 0. */
double sorted_column_quantile(const struct sorted_column *sorted, int64_t k, int64_t parts);
