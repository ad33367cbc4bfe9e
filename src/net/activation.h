/* activation.h: what happens between two products, row by row, one table a level.
 *
 *   z, y, dy   [rows x n], row-major, without gaps
 *
 * Threads: any, on rows of their own. All levels give the same bits.
 */
#ifndef NET_ACTIVATION_H
#define NET_ACTIVATION_H

#include <stdint.h>

#include "base/level.h"

struct activation {
    /* z = z + bias, bias [n] */
    void (*bias)(float *z, const float *bias, int64_t rows, int64_t n);
    /* z = relu(z + bias): 0 where the sum is <= 0; a NaN stays a NaN, so that divergence shows */
    void (*bias_relu)(float *z, const float *bias, int64_t rows, int64_t n);
    /* dy = 0 wherever y is not > 0 (the derivative of relu at 0 is 0, as PyTorch takes it) */
    void (*relu_backward)(float *dy, const float *y, int64_t count);
    /* sum[j] = block sum over rows of dz[r][j], a chain of additions from +0 in the order of rows
     */
    void (*column_sums)(float *sum, const float *dz, int64_t rows, int64_t n, int64_t stride);
};

const struct activation *activation_of(enum level level);

#endif
