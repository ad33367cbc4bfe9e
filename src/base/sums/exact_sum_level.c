/* Compiled once per level (base/level.h). */
#include "base/sums/exact_sum.h"

enum { LANES = 16 };

/* Returns the nearest integer, for magnitudes up to 2^51. */
static inline double nearest(double x)
{
    const double shift = 0x1.8p52;
    return (x + shift) - shift;
}

static inline void add_lanes(double *restrict high, double *restrict middle, double *restrict low,
    const float *x, double unit)
{
    for (int j = 0; j < LANES; j++) {
        double y = (double)x[j] * unit, rest = y * y;
        double part = nearest(rest);
        high[j] += part;
        rest = (rest - part) * 0x1p32;
        part = nearest(rest);
        middle[j] += part;
        low[j] += nearest((rest - part) * 0x1p32);
    }
}

/* All sums here are exact sums of integers. */
void LEVEL_NAME(exact_squares)(double bin[EXACT_SUM_BINS], const float *x, int64_t n, double unit)
{
    double high[LANES] = {0}, middle[LANES] = {0}, low[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        add_lanes(high, middle, low, x + i, unit);
    float last[LANES] = {0};
    for (int64_t j = i; j < n; j++)
        last[j - i] = x[j];
    add_lanes(high, middle, low, last, unit);
    bin[0] = bin[1] = bin[2] = 0;
    for (int j = 0; j < LANES; j++) {
        bin[0] += high[j];
        bin[1] += middle[j];
        bin[2] += low[j];
    }
}
