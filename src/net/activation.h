/* activation.h: the elementwise functions applied between two products, row by row, with one
 * function table per level.
 *
 *   z, y, dy, slope   [rows x n], row-major, without gaps
 *
 *                 f(z)                           f'(z), as in torch.nn
 *   relu          z if z > 0, else 0             1 if z > 0, else 0
 *   leaky-relu    z if z > 0, else s z           1 if z > 0, else s
 *   gelu          z N                            fma(z, n, N)           N = below(z), n = density
 *   gelu-tanh     z S                            fma(z, (S - S^2) v', S) S = sigmoid(v)
 *   silu          z S                            fma(z, S - S^2, S)      S = sigmoid(z)
 *   tanh          T = tanh(z)                    fma(-T, T, 1)
 *   sigmoid       S = sigmoid(z)                 S - S^2 = fma(-S, S, S)
 *   elu           z if z > 0, else E             1 if z > 0, else E + 1   E = expm1(z)
 *
 * with below, density, tanh, sigmoid and expm1 from elementary.h, which lists their errors; gelu is
 * within 6.71 units in the last place, silu within 2.98 where z > -86, gelu-tanh within 2^-21 of
 * the larger of 1 and |z|. The derivatives are within 2^-18 of the exact ones. gelu is that of
 * Hendrycks and Gimpel (2016); gelu-tanh is their z (1 + tanh(v / 2)) / 2 = z sigmoid(v), v = 2
 * sqrt(2/pi) (z + 0.044715 z^3), with z clamped to +-12 in v = z fma(c, z^2, b) and v' = fma(3c,
 * z^2, b).
 *
 * Threads: any, on rows of their own. All levels give the same bits.
 */
#pragma once

#include <stdint.h>

#include "base/level.h"
#include "net/mlp.h"

struct activation {
    /* z = z + bias, bias [n] */
    void (*bias)(float *z, const float *bias, int64_t rows, int64_t n);
    /* z = relu(z + bias): 0 where the sum is <= 0; a NaN stays a NaN, so that divergence shows */
    void (*bias_relu)(float *z, const float *bias, int64_t rows, int64_t n);
    /* The other activations: slope = f'(z + bias), unless slope is NULL; z = f(z + bias). */
    void (*bias_curve)(enum activation_kind kind, float leaky_slope, float *z, float *slope,
        const float *bias, int64_t rows, int64_t n);
    /* dy = scale dy where y > 0, else 0 (the derivative of relu at 0 is 0, as in PyTorch); scale is
     * dropout's factor, or 1 */
    void (*relu_backward)(float *dy, const float *y, float scale, int64_t count);
    /* dy = slope dy */
    void (*curve_backward)(float *dy, const float *slope, int64_t count);
    /* sum[j] = block sum over rows of dz[r][j], a chain of additions that starts at +0 and follows
     * the order of the rows */
    void (*column_sums)(float *sum, const float *dz, int64_t rows, int64_t n, int64_t stride);
};

LEVEL_TABLE(const struct activation, activation)
