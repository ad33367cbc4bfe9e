/* Compiled once per level (base/level.h). */
#include "net/squares.h"

#include <string.h>

#include "base/sums/fixed_sum.h"
#include "base/split.h"
#include "net/kernel.h"

enum { SUMS = 16 }; /* accumulators, and floats per vector */
_Static_assert((int)KERNEL_LANES_UNIT == (int)SUMS, "a block is one vector wide");

/* Sums in lanes, written with vector types because gcc does not vectorize the loops. */
typedef float quad __attribute__((vector_size(16)));
typedef float oct __attribute__((vector_size(32)));
typedef float vec __attribute__((vector_size(64)));
typedef double wide __attribute__((vector_size(32))); /* as many elements as a quad */
_Static_assert(sizeof(wide) == FIXED_SUM_LANES * sizeof(double), "a fixed sum is one vector");

#define INLINE static inline __attribute__((always_inline))

INLINE void add_square(vec *sum, const float *from)
{
    vec x;
    memcpy(&x, from, sizeof x);
    *sum += x * x;
}

/* Joins lanes i and i + 8, then i and i + 4. */
INLINE void join_quarters(quad *four, const vec *sum)
{
    oct half = __builtin_shufflevector(*sum, *sum, 0, 1, 2, 3, 4, 5, 6, 7) +
               __builtin_shufflevector(*sum, *sum, 8, 9, 10, 11, 12, 13, 14, 15);
    *four = __builtin_shufflevector(half, half, 0, 1, 2, 3) +
            __builtin_shufflevector(half, half, 4, 5, 6, 7);
}

/* --- of vectors --------------------------------------------------------------------------- */

INLINE float join(const vec *sum)
{
    quad four;
    join_quarters(&four, sum);
    return (four[0] + four[2]) + (four[1] + four[3]);
}

static void of_rows(
    float *square, const float *x, int64_t rows, int64_t units, int64_t lanes, int64_t panel)
{
    for (int64_t r = 0; r < rows; r++) {
        vec sum = {0};
        const float *at = x + r * lanes;
        for (int64_t first = 0; first < units; first += lanes, at += panel)
            for (int64_t u = 0; u < least(lanes, units - first); u += SUMS) /* pads are 0 */
                add_square(&sum, at + u);
        square[r] = join(&sum);
    }
}

/* The accumulators of all columns are arranged like 16 units of the panel, so for any number of
 * columns consecutive floats are added to consecutive accumulators. Inlined where `rows` is a
 * constant. */
INLINE void columns_of(float *square, const float *restrict x, int64_t rows, int64_t units)
{
    _Alignas(64) float sum[SUMS * KERNEL_ROWS_MAX];
    memset(sum, 0, (size_t)(SUMS * rows) * sizeof *sum);
    for (; units >= SUMS; units -= SUMS, x += SUMS * rows)
        for (int64_t i = 0; i < SUMS * rows; i++)
            sum[i] += x[i] * x[i];
    for (int64_t i = 0; i < units * rows; i++)
        sum[i] += x[i] * x[i];
    for (int64_t half = SUMS / 2 * rows; half >= rows; half /= 2)
        for (int64_t i = 0; i < half; i++)
            sum[i] += sum[i + half];
    memcpy(square, sum, (size_t)rows * sizeof *square);
}

static void of_columns(float *square, const float *x, int64_t rows, int64_t units)
{
    if (rows == 12)
        columns_of(square, x, 12, units);
    else if (rows == 6)
        columns_of(square, x, 6, units);
    else
        columns_of(square, x, rows, units);
}

/* --- of tiles ------------------------------------------------------------------------------- */

INLINE void add_block(wide *units, const float *x, int64_t stride, double per_unit)
{
    vec sum = {0};
    quad four;
    for (int r = 0; r < KERNEL_ROWS_UNIT; r++)
        add_square(&sum, x + r * stride);
    join_quarters(&four, &sum);
    *units += (__builtin_convertvector(four, wide) * per_unit + FIXED_SUM_SHIFT) - FIXED_SUM_SHIFT;
}

INLINE void tile_of(struct fixed_sum *sum, const float *x, int64_t rows, int64_t lanes)
{
    wide units;
    memcpy(&units, sum->units, sizeof units);
    for (int64_t r = 0; r < rows; r += KERNEL_ROWS_UNIT)
        for (int64_t j = 0; j < lanes; j += KERNEL_LANES_UNIT)
            add_block(&units, x + r * lanes + j, lanes, sum->per_unit);
    memcpy(sum->units, &units, sizeof units);
}

static void of_tile(struct fixed_sum *sum, const float *x, int64_t rows, int64_t lanes)
{
    if (rows == 12 && lanes == 32)
        tile_of(sum, x, 12, 32); /* constant sizes, which the compiler unrolls */
    else
        tile_of(sum, x, rows, lanes);
}

static void of_each(struct fixed_sum *sum, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sum->units[0] += fixed_units((double)(x[i] * x[i]), sum->per_unit);
}

const struct squares LEVEL_NAME(squares) = {
    .of_rows = of_rows, .of_columns = of_columns, .of_tile = of_tile, .of_each = of_each};
