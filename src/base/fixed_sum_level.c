/* Compiled once a level (base/level.h), and free to contract: what is rounded here is a multiple of
 * a power of two or an integer that a double holds, so a fused multiply-add gives the same bits. */
#include <stdint.h>

#include "base/level.h"

double LEVEL_NAME(fixed_squares)(const float *x, int64_t n, double per_unit);

enum { LANES = 16 };

/* To the nearest integer, for magnitudes up to 2^51. */
static inline double nearest(double x)
{
    const double shift = 0x1.8p52;
    return (x + shift) - shift;
}

static inline void add_lanes(double *restrict sum, const float *x, double per_unit)
{
    for (int j = 0; j < LANES; j++) {
        double units = nearest((double)x[j] * per_unit);
        sum[j] += units * units;
    }
}

/* The sum of squares of x [n] in units, rounded to whole ones. */
double LEVEL_NAME(fixed_squares)(const float *x, int64_t n, double per_unit)
{
    double sum[LANES] = {0}, total = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        add_lanes(sum, x + i, per_unit);
    if (i < n) {
        float last[LANES] = {0};
        for (int64_t j = i; j < n; j++)
            last[j - i] = x[j];
        add_lanes(sum, last, per_unit);
    }
    for (int j = 0; j < LANES; j++)
        total += sum[j];
    return total;
}
