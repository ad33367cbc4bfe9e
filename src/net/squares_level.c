/* Compiled once a level (base/level.h). */
#include "net/squares_level.h"

#include <string.h>

#include "base/fixed_sum.h"
#include "base/split.h"
#include "net/kernel.h"

enum { SUMS = 16 }; /* accumulators, and floats of a vector */
_Static_assert((int)KERNEL_LANES_UNIT == (int)SUMS, "a block is a vector wide");

/* Sums in lanes: said as vectors, since what gcc makes of the loops has none. */
typedef float quad __attribute__((vector_size(16)));
typedef float oct __attribute__((vector_size(32)));
typedef float vec __attribute__((vector_size(64)));
typedef double wide __attribute__((vector_size(32))); /* as many as a quad */
_Static_assert(sizeof(wide) == FIXED_SUM_LANES * sizeof(double), "a fixed sum is a vector");

#define INLINE static inline __attribute__((always_inline))

INLINE void add_square(vec *sum, const float *from)
{
    vec x;
    memcpy(&x, from, sizeof x);
    *sum += x * x;
}

/* Lanes i and i + 8, then i and i + 4. */
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

enum { TWELVE = 12 };

/* The last unit of a panel, behind which nothing may be read; 0 fills it up. */
INLINE void load_last(vec *last, const float *x, int64_t unit)
{
    const vec none = {0};
    *last = none;
    if (unit == 0) {
        memcpy(last, x, TWELVE * sizeof *x);
        return;
    }
    memcpy(last, x + unit * TWELVE - 4, sizeof *last);
    *last = __builtin_shufflevector(
        *last, none, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
}

/* Twelve columns as a vector, which takes four of the next unit along, to be forgotten. */
static void of_columns12(float *square, const float *x, int64_t units)
{
    vec sum[SUMS] = {{0}}, last;
    int64_t u = 0;
    for (; u + SUMS < units; u += SUMS)
        for (int j = 0; j < SUMS; j++)
            add_square(&sum[j], x + (u + j) * TWELVE);
    for (int j = 0; u + j < units - 1; j++)
        add_square(&sum[j], x + (u + j) * TWELVE);
    load_last(&last, x, units - 1);
    sum[(units - 1) % SUMS] += last * last;
    for (int half = SUMS / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            sum[j] += sum[j + half];
    memcpy(square, &sum[0], TWELVE * sizeof *square);
}

static void of_columns_any(float *square, const float *x, int64_t rows, int64_t units)
{
    float sum[SUMS][KERNEL_ROWS_MAX] = {{0}};
    for (int64_t u = 0; u < units; u++)
        for (int64_t r = 0; r < rows; r++)
            sum[u % SUMS][r] += x[u * rows + r] * x[u * rows + r];
    for (int half = SUMS / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            for (int64_t r = 0; r < rows; r++)
                sum[j][r] += sum[j + half][r];
    memcpy(square, sum[0], (size_t)rows * sizeof *square);
}

static void of_columns(float *square, const float *x, int64_t rows, int64_t units)
{
    if (rows == TWELVE)
        of_columns12(square, x, units);
    else
        of_columns_any(square, x, rows, units);
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
        tile_of(sum, x, 12, 32); /* the compiler unrolls it */
    else
        tile_of(sum, x, rows, lanes);
}

static void of_each(struct fixed_sum *sum, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sum->units[0] += fixed_units((double)(x[i] * x[i]), sum->per_unit);
}

extern const struct squares LEVEL_NAME(squares);
const struct squares LEVEL_NAME(squares) = {
    .of_rows = of_rows, .of_columns = of_columns, .of_tile = of_tile, .of_each = of_each};
