/* squares.h: computes the squared norm of every sample's own gradient, without forming that
 * gradient, and the squared norm of a batch's gradient.
 *
 * For a layer z = x W^T + b one sample's gradient is the outer product of d = d loss / d z and x,
 * and its gradient for the bias is d itself; so with |v|^2 = the sum of squares of a vector
 * (Goodfellow, "Efficient Per-Example Gradient Computations", 2015, arXiv:1510.01799)
 *
 *     |g|^2 = sum over layers l, the first one first, of |d_l|^2 (|x_l|^2 + 1)           in double
 *
 * with x_l as forward used it, including activation and dropout, and d_l as backward computed it,
 * that is, for the sample's own loss before any division for the mean.
 *
 * |v|^2 is summed in the same order on every kernel: unit u is squared and added to accumulator u
 * mod 16, in the order of units, each operation rounded to float32 once; the 16 are joined in
 * halves: i with i + 8, then with i + 4, i + 2 and i + 1. If it overflows, |v|^2 is infinite.
 *
 * The batch's gradient is split into tiles of the kernel's shape, and each worker adds the squares
 * of its tiles to a sum of its own; so the total must not depend on the order of addition
 * (base/sums/fixed_sum.h). To save time, a tile is divided into blocks of 16 lanes x 6 rows. In
 * each block, the squares of a lane are added in the order of rows, in float32; then lanes j and j
 * + 8 are added, then j and j + 4, and the remaining 4 numbers are added to the fixed sum. For a
 * bias, every single square is added to the fixed sum. The relative error is that of the fixed sum
 * plus 2^-21.
 *
 * Threads: any, on rows and sums of their own. All levels give the same bits. Subnormal numbers
 * count as 0 if the thread flushes them (floatmode.h).
 */
#pragma once

#include "base/sums/fixed_sum.h"
#include "net/workspace.h"

/* Computes |g|^2 of the rows of some row panels after forward and backward: square[r] is that of
 * row r of the workspace. `square` has room for whole row panels. */
void squares_of_gradients(const struct panels *panels, const struct workspace *workspace,
    struct range row_panels, double *square);

/* Add squares of a gradient to `sum`: those of one tile of a weight or, if `bias`, of n values of a
 * bias; and those of the range `part` of the block of parameters (whole tiles;
 * x [range_size(part)]). */
void squares_of_run(
    const struct panels *panels, struct fixed_sum *sum, bool bias, const float *x, int64_t n);
void squares_of_part(
    const struct panels *panels, struct fixed_sum *sum, const float *x, struct range part);

/* --- the loops, one table per level; for squares.c ------------------------------------------- */

struct squares {
    /* Computes square[r] over `units` for the rows of one row panel in the layout XL: rows are
     * `lanes` floats apart, lane panels `panel` floats. */
    void (*of_rows)(
        float *square, const float *x, int64_t rows, int64_t units, int64_t lanes, int64_t panel);
    /* Computes square[r] of the columns of x [units x rows]: one row panel in the layout XR. */
    void (*of_columns)(float *square, const float *x, int64_t rows, int64_t units);
    /* Add squares to a fixed sum: those of a tile [rows x lanes], and those of x [n]. */
    void (*of_tile)(struct fixed_sum *sum, const float *x, int64_t rows, int64_t lanes);
    void (*of_each)(struct fixed_sum *sum, const float *x, int64_t n);
};

LEVEL_TABLE(const struct squares, squares)
