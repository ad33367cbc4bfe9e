/* Compiled once a level (base/level.h). */
#include "net/squares_level.h"

#include "base/split.h"
#include "net/kernel.h"

enum { LANES = 16 };

static inline float join(float *sum)
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            sum[j] += sum[j + half];
    return sum[0];
}

static inline float square_of_row(const float *x, int64_t units, struct runs runs)
{
    float sum[LANES] = {0};
    for (int64_t first = 0; first < units; first += runs.length, x += runs.panel) {
        int64_t n = least(runs.length, units - first);
        int64_t whole = first % LANES == 0 ? n - n % LANES : 0;
        for (int64_t u = 0; u < whole; u += LANES)
            for (int j = 0; j < LANES; j++)
                sum[j] += x[u + j] * x[u + j];
        for (int64_t u = whole; u < n; u++)
            sum[(first + u) % LANES] += x[u] * x[u];
    }
    return join(sum);
}

static void rows(float *square, const float *x, int64_t n, int64_t units, struct runs runs)
{
    for (int64_t r = 0; r < n; r++)
        square[r] = square_of_row(x + r * runs.row, units, runs);
}

/* Inlined where `width` is a constant, so that each has a loop of its own. */
static inline __attribute__((always_inline)) void columns_of(
    float *square, const float *restrict x, int64_t width, int64_t units)
{
    float sum[LANES][KERNEL_ROWS_MAX] = {{0}};
    for (int64_t u = 0; u < units; u++)
        for (int64_t r = 0; r < width; r++)
            sum[u % LANES][r] += x[u * width + r] * x[u * width + r];
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            for (int64_t r = 0; r < width; r++)
                sum[j][r] += sum[j + half][r];
    for (int64_t r = 0; r < width; r++)
        square[r] = sum[0][r];
}

static void columns(float *square, const float *x, int64_t width, int64_t units)
{
    if (width == 12)
        columns_of(square, x, 12, units);
    else if (width == 6)
        columns_of(square, x, 6, units);
    else
        columns_of(square, x, width, units);
}

extern const struct squares LEVEL_NAME(squares);
const struct squares LEVEL_NAME(squares) = {.rows = rows, .columns = columns};
