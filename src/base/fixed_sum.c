#include "base/fixed_sum.h"

#include <math.h>

typedef double squares_function(const float *x, int64_t n, double per_unit);
extern squares_function fixed_squares_base, fixed_squares_v3, fixed_squares_v4;

enum { BITS = 26 };

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

void fixed_sum_add_squares(struct fixed_sum *sum, const float *x, int64_t n, enum level level)
{
    static squares_function *const table[N_LEVELS] = {
        fixed_squares_base, fixed_squares_v3, fixed_squares_v4};
    sum->units += table[level](x, n, sum->per_unit);
}

void fixed_sum_merge(struct fixed_sum *sum, const struct fixed_sum *other)
{
    sum->units += other->units;
}

double fixed_sum_value(const struct fixed_sum *sum)
{
    if (sum->per_unit == 0)
        return 0;
    if (!(sum->units < 0x1p53))
        return isnan(sum->units) ? (double)NAN : (double)INFINITY;
    return sum->units / sum->per_unit / sum->per_unit;
}
