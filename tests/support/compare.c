#include "support/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool differ(char *why, int64_t at, double got, double want, double bound)
{
    if (why)
        snprintf(why, COMPARE_TEXT, "[%lld] is %.9g (%a), not %.9g (%a); bound %.3g", (long long)at,
            got, got, want, want, bound);
    return false;
}

float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

bool compare_bits(const float *got, const float *want, int64_t n, char *why)
{
    for (int64_t i = 0; i < n; i++)
        if (bits_of(got[i]) != bits_of(want[i]) || isnan(got[i]))
            return differ(why, i, (double)got[i], (double)want[i], 0);
    return true;
}

bool compare_within(const float *got, const double *want, int64_t n, double bound, char *why)
{
    for (int64_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - want[i]) <= bound))
            return differ(why, i, (double)got[i], want[i], bound);
    return true;
}

bool compare_each(const float *got, const double *want, int64_t n, const double *bound, char *why)
{
    for (int64_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - want[i]) <= bound[i]))
            return differ(why, i, (double)got[i], want[i], bound[i]);
    return true;
}

bool compare_norm(const float *got, const double *want, int64_t n, double bound, char *why)
{
    double difference = 0, size = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = (double)got[i] - want[i];
        difference += d * d;
        size += want[i] * want[i];
    }
    if (size > 0 && sqrt(difference) <= bound * sqrt(size))
        return true;
    if (why)
        snprintf(why, COMPARE_TEXT, "differs by %.3g of its norm %.6g; bound %.3g",
            sqrt(difference / size), sqrt(size), bound);
    return false;
}
