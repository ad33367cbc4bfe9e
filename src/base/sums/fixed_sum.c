#include "base/sums/fixed_sum.h"

#include <math.h>

enum { BITS = 51 };

struct fixed_sum fixed_sum_begin(double bound)
{
    int exponent; /* bound < 2^exponent <= 2 bound */
    if (!isfinite(bound))
        return (struct fixed_sum){.per_unit = (double)NAN};
    if (!(bound > 0))
        return (struct fixed_sum){.per_unit = 0};
    frexp(bound, &exponent);
    return (struct fixed_sum){.per_unit = ldexp(1, BITS - exponent)};
}

void fixed_sum_merge(struct fixed_sum *sum, const struct fixed_sum *other)
{
    for (int i = 0; i < FIXED_SUM_LANES; i++)
        sum->units[i] += other->units[i];
}

double fixed_sum_value(const struct fixed_sum *sum)
{
    if (sum->per_unit == 0)
        return 0;
    double units = (sum->units[0] + sum->units[2]) + (sum->units[1] + sum->units[3]);
    if (isnan(sum->per_unit) || isnan(units))
        return (double)NAN;
    return units < 0x1p53 ? units / sum->per_unit : (double)INFINITY;
}
