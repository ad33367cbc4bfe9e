/* squares_level.h: sums of squares of panels and tiles, one table per level. For squares.c
 * alone. */
#ifndef NET_SQUARES_LEVEL_H
#define NET_SQUARES_LEVEL_H

#include <stdint.h>

#include "base/sums/fixed_sum.h"
#include "base/level.h"

struct squares {
    /* square[r] of rows over `units`: XL, one row panel, rows `lanes` apart; lane panels are
     * `panel` floats apart */
    void (*of_rows)(
        float *square, const float *x, int64_t rows, int64_t units, int64_t lanes, int64_t panel);
    /* square[r] of the columns of x [units x rows]: XR, one row panel */
    void (*of_columns)(float *square, const float *x, int64_t rows, int64_t units);
    /* squares added to a fixed sum: those of a tile [rows x lanes]; those of x [n] */
    void (*of_tile)(struct fixed_sum *sum, const float *x, int64_t rows, int64_t lanes);
    void (*of_each)(struct fixed_sum *sum, const float *x, int64_t n);
};

extern const struct squares squares_base, squares_v3, squares_v4;

#endif
