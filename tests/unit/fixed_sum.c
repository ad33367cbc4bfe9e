/* fixed_sum.c: a sum in whole units of a bound: the same for any order and division of the numbers,
 * as close as it says, and infinite in any order where the bound did not hold.
 */
#include "base/sums/fixed_sum.h"

#include <math.h>

#include "support/fill.h"
#include "support/unit.h"

enum { N = 3000 };

/* Numbers >= 0, many orders of magnitude apart; their sum in long double. */
static long double fill(double *x, uint64_t seed)
{
    static float mantissa[N], power[N];
    long double sum = 0;
    fill_uniform(mantissa, N, seed);
    fill_uniform(power, N, seed + 1000);
    for (int i = 0; i < N; i++) {
        x[i] = ldexp(fabs((double)mantissa[i]), (int)(30 * power[i]));
        sum += (long double)x[i];
    }
    return sum;
}

static void add(struct fixed_sum *sum, double x, int lane)
{
    sum->units[lane % FIXED_SUM_LANES] += fixed_units(x, sum->per_unit);
}

static double in_order(const double *x, double bound)
{
    struct fixed_sum sum = fixed_sum_begin(bound);
    for (int i = 0; i < N; i++)
        add(&sum, x[i], 0);
    return fixed_sum_value(&sum);
}

TEST(the_value_is_close)
{
    static double x[N];
    for (uint64_t seed = 0; seed < 30; seed++) {
        long double want = fill(x, seed);
        double bound = (double)want * (1 + (double)seed);
        double error = (double)fabsl((long double)in_order(x, bound) - want);
        assert_true(error <= N * 0x1p-51 * bound);
        assert_true(error > 0); /* rounded it is: else nothing has been tested */
    }
}

/* Backwards, from both ends, in lanes, in parts that are merged either way. */
TEST(no_order_and_no_division_shows)
{
    enum { PARTS = 7 };
    static double x[N];
    for (uint64_t seed = 0; seed < 30; seed++) {
        double bound = (double)fill(x, seed), want = in_order(x, bound), plain = 0;
        struct fixed_sum lanes = fixed_sum_begin(bound), part[PARTS], all = fixed_sum_begin(bound);
        for (int p = 0; p < PARTS; p++)
            part[p] = fixed_sum_begin(bound);
        for (int i = N - 1; i >= 0; i--) {
            add(&lanes, x[i], i);
            add(&part[i * 31 % PARTS], x[i], (int)seed);
            plain += x[i];
        }
        for (int p = 0; p < PARTS; p++)
            fixed_sum_merge(&all, &part[seed % 2 ? p : PARTS - 1 - p]);
        assert_true(fixed_sum_value(&lanes) == want);
        assert_true(fixed_sum_value(&all) == want);
        assert_true(plain != want); /* as order would show */
    }
}

/* Twice the bound does no harm; far beyond it the value is infinite, from wherever one adds. */
TEST(a_bound_that_does_not_hold)
{
    static double x[N];
    double sum = (double)fill(x, 1);
    assert_true(fabs(in_order(x, sum / 2) / sum - 1) < 1e-9);
    for (double factor = 0x1p-3; factor > 0x1p-60; factor /= 4) {
        struct fixed_sum back = fixed_sum_begin(sum * factor);
        for (int i = N - 1; i >= 0; i--)
            add(&back, x[i], i);
        assert_true(isinf(in_order(x, sum * factor)));
        assert_true(isinf(fixed_sum_value(&back)));
    }
}

TEST(edges)
{
    struct fixed_sum sum = fixed_sum_begin(0);
    assert_true(fixed_sum_value(&sum) == 0);
    add(&sum, 1e-30, 0);
    assert_true(fixed_sum_value(&sum) == 0);
    const double bad[] = {(double)NAN, (double)INFINITY};
    for (int i = 0; i < 2; i++) {
        sum = fixed_sum_begin(bad[i]);
        assert_true(isnan(fixed_sum_value(&sum)));
        add(&sum, 1, 1);
        assert_true(isnan(fixed_sum_value(&sum)));
    }
    sum = fixed_sum_begin(100);
    add(&sum, (double)INFINITY, 2);
    assert_true(isinf(fixed_sum_value(&sum)));
    for (int exponent = -200; exponent <= 250; exponent++) { /* one number, of the bound itself */
        double x = ldexp(1.5, exponent);
        sum = fixed_sum_begin(x);
        add(&sum, x, 3);
        assert_true(fixed_sum_value(&sum) == x);
    }
}
