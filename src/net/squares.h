/* squares.h: the squared length of every sample's own gradient, without that gradient.
 *
 * Of a layer z = x W^T + b one sample's gradient is the outer product of d = d loss / d z and x, and
 * d for the bias; so with |v|^2 = the sum of squares of a vector (Goodfellow, "Efficient Per-Example
 * Gradient Computations", 2015, arXiv:1510.01799)
 *
 *     |g|^2 = sum over layers l, the first one first, of |d_l|^2 (|x_l|^2 + 1)           in double
 *
 * x_l as forward saw it, activation and dropout included, and d_l as backward left it: of the
 * sample's own loss, not divided by anything.
 *
 * |v|^2 has one order of sums on every kernel: unit u is squared and added to accumulator u mod 16,
 * in the order of units, each operation rounded to float32 once; the 16 are joined as halves, i with
 * i + 8, then with i + 4, 2 and 1. Overflow makes it infinite.
 *
 * Threads: any, on rows of their own. All levels give the same bits. Subnormal numbers count as 0
 * where the thread flushes them (floatmode.h).
 */
#ifndef NET_SQUARES_H
#define NET_SQUARES_H

#include "net/workspace.h"

/* |x|^2 of rows x [n x units], row-major without gaps. */
void squares_of_rows(enum level level, float *square, const float *x, int64_t n, int64_t units);

/* Row panels that have gone forward and backward: square[r] of row r of the workspace is |x_0|^2 as
 * a float, and becomes |g|^2. It has room for whole row panels. */
void squares_of_gradients(const struct panels *panels, const struct workspace *workspace,
    struct range row_panels, double *square);

#endif
