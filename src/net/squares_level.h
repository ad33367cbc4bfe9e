/* squares_level.h: sums of squares of vectors that lie in panels, one table a level. For squares.c
 * alone. */
#ifndef NET_SQUARES_LEVEL_H
#define NET_SQUARES_LEVEL_H

#include <stdint.h>

#include "base/level.h"

/* Where the units of a row lie: in runs of so many, `panel` floats from run to run, and rows
 * `row` floats apart. */
struct runs {
    int64_t length, panel, row;
};

struct squares {
    void (*rows)(float *square, const float *x, int64_t rows, int64_t units, struct runs runs);
    /* of the columns of x [units x rows], rows <= KERNEL_ROWS_MAX */
    void (*columns)(float *square, const float *x, int64_t rows, int64_t units);
};

extern const struct squares squares_base, squares_v3, squares_v4;

#endif
