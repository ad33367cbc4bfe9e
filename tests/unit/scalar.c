/* scalar.c: against libm in long double, in ulp of a double. */
#include "optim/scalar.h"

#include <float.h>
#include <math.h>

#include "support/unit.h"

static double ulps(double got, long double want)
{
    if (want == 0)
        return got == 0 ? 0 : (double)INFINITY;
    int exponent;
    frexpl(want, &exponent);
    return (double)(fabsl((long double)got - want) / ldexpl(1, exponent - DBL_MANT_DIG));
}

TEST(whole_powers)
{
    static const double base[] = {0.999, 0.9, 0.1, 0.5, 0.99999, 1.01, 3, 0.97, 1e-3};
    double most = 0;
    for (size_t b = 0; b < sizeof base / sizeof *base; b++)
        for (int64_t n = 0; n < 2000000; n += 1 + n / 3) {
            long double want = powl((long double)base[b], (long double)n);
            if (want < (long double)DBL_MIN * 0x1p60L || want > (long double)DBL_MAX)
                break;
            most = fmax(most, ulps(scalar_power_int(base[b], n), want));
        }
    if (!(most <= 1))
        fail_msg("off by %g ulp", most);
    assert_true(scalar_power_int(0, 0) == 1 && scalar_power_int(0, 3) == 0);
    assert_true(scalar_power_int(0.5, 1) == 0.5 && scalar_power_int(0.5, 1000) == 0x1p-1000);
    assert_true(scalar_power_int(0.9, INT64_MAX) == 0);
}

TEST(real_powers)
{
    double most = 0;
    for (int i = 0; i <= 1000; i++)
        for (int j = 0; j <= 200; j++) {
            double x = i / 1000.0, y = j / 37.0;
            most = fmax(most, ulps(scalar_power(x, y), powl((long double)x, (long double)y)));
        }
    if (!(most <= 1))
        fail_msg("off by %g ulp", most);
    assert_true(scalar_power(0, 0.5) == 0 && scalar_power(0, 0) == 1 && scalar_power(0.3, 0) == 1);
    assert_true(scalar_power(0.3, 1) == 0.3 && scalar_power(0.25, 0.5) == 0.5);
    assert_true(scalar_power(1, 0.123) == 1 && scalar_power(0.0625, 1.75) == 0x1p-7);
}

TEST(cosines)
{
    const long double pi = acosl(-1);
    double most = 0;
    for (int i = -40000; i <= 40000; i++) {
        double x = i / 9973.0, got = scalar_cos_pi(x);
        long double r = fmodl(fabsl((long double)x), 2), want = cosl(pi * r);
        if (fabsl(want) > 1e-3L)
            most = fmax(most, ulps(got, want));
        assert_true(fabsl((long double)got - want) < 2e-16L);
    }
    if (!(most <= 2))
        fail_msg("off by %g ulp", most);
    for (int i = -8; i <= 8; i++) {
        static const double exact[] = {1, 0, -1, 0};
        assert_true(scalar_cos_pi(i / 2.0) == exact[(i + 8) % 4]);
    }
    assert_true(scalar_cos_pi(1e300) == 1);
}
