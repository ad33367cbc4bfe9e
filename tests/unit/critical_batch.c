/* The fit of steps against 1/B: exact and noisy curves whose S_min and E_min are known, what is
 * refused, regimes. */
#include "study/critical_batch.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "support/unit.h"

static const double S_MIN = 400, E_MIN = 2e5; /* critical batch 500 */

static double steps_at(double batch)
{
    return S_MIN + E_MIN / batch;
}

static int doubling(struct critical_point *point, double first, double last)
{
    int n = 0;
    for (double batch = first; batch <= last; batch *= 2)
        point[n++] = (struct critical_point){batch, steps_at(batch), 1, 0};
    return n;
}

static void assert_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance))
        fail_msg("%.17g, not %.17g +- %g", value, wanted, tolerance);
}

TEST(exact)
{
    struct critical_point point[16];
    struct critical_fit fit;
    char why[CRITICAL_WHY_MAX];
    int n = doubling(point, 32, 8192);
    assert_true(critical_fit_make(&fit, point, n, why));
    assert_string_equal(why, "");
    assert_int_equal(fit.points, 9);
    assert_near(fit.min_steps, S_MIN, 1e-9 * S_MIN);
    assert_near(fit.min_samples, E_MIN, 1e-9 * E_MIN);
    assert_near(fit.critical_batch, 500, 1e-6);
    assert_near(fit.r_squared, 1, 1e-12);
    assert_near(fit.critical_batch_error, 0, 1e-4);
    for (int i = 0; i < n; i++) { /* (S / S_min - 1) (E / E_min - 1) = 1 */
        double steps = fit.min_steps + fit.min_samples / point[i].batch,
               samples = steps * point[i].batch;
        assert_near(steps, point[i].steps, 1e-9 * steps);
        assert_near((steps / fit.min_steps - 1) * (samples / fit.min_samples - 1), 1, 1e-6);
    }
}

/* A number of mean 0 and variance 1, uniform. */
static double noise(uint64_t seed, uint32_t i)
{
    struct random_stream stream = {seed, RANDOM_NOISE, 0};
    return sqrt(3.0) * (double)random_symmetric(random_word(stream, 0, i));
}

/* Relative errors alike at all B: over many draws the fit is right on average, scatters as its
 * standard errors say, and these are the smaller the more runs there are. */
TEST(noisy)
{
    enum { DRAWS = 2000, SEEDS = 3 };
    const double relative = 0.05;
    double sum = 0, squares = 0, error = 0;
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        struct critical_point point[16];
        struct critical_fit fit;
        char why[CRITICAL_WHY_MAX];
        int n = doubling(point, 32, 8192);
        for (int i = 0; i < n; i++) {
            double run[SEEDS], mean = 0, off = 0;
            for (int s = 0; s < SEEDS; s++) {
                run[s] = point[i].steps * (1 + relative * noise(draw, (uint32_t)(i * SEEDS + s)));
                mean += run[s] / SEEDS;
            }
            for (int s = 0; s < SEEDS; s++)
                off += (run[s] - mean) * (run[s] - mean) / (SEEDS - 1) / (mean * mean);
            point[i] = (struct critical_point){point[i].batch, mean, SEEDS, off};
        }
        assert_true(critical_fit_make(&fit, point, n, why));
        sum += fit.critical_batch;
        squares += (fit.critical_batch - 500) * (fit.critical_batch - 500);
        error += fit.critical_batch_error;
    }
    double scatter = sqrt(squares / DRAWS);
    assert_near(sum / DRAWS, 500, 5);
    assert_near(error / DRAWS / scatter, 1.15, 0.15); /* the larger of two estimates */
    assert_true(scatter > 5 && scatter < 50);
}

/* With one run each the scatter about the line is all that is known. */
TEST(errors_of_residuals)
{
    struct critical_point point[16];
    struct critical_fit fit, wider;
    char why[CRITICAL_WHY_MAX];
    int n = doubling(point, 32, 8192);
    for (int i = 0; i < n; i++)
        point[i].steps *= i % 2 ? 1.02 : 0.98;
    assert_true(critical_fit_make(&fit, point, n, why));
    n = doubling(point, 32, 8192);
    for (int i = 0; i < n; i++)
        point[i].steps *= i % 2 ? 1.04 : 0.96;
    assert_true(critical_fit_make(&wider, point, n, why));
    assert_near(wider.min_steps_error / fit.min_steps_error, 2, 0.1);
    assert_true(fabs(fit.min_steps - S_MIN) < 2 * fit.min_steps_error);
    assert_true(fabs(fit.min_samples - E_MIN) < 2 * fit.min_samples_error);
    assert_true(fit.r_squared > wider.r_squared && fit.r_squared < 1);
}

static void refused(const struct critical_point *point, int n, const char *what)
{
    struct critical_fit fit;
    char why[CRITICAL_WHY_MAX];
    assert_false(critical_fit_make(&fit, point, n, why));
    if (!strstr(why, what))
        fail_msg("\"%s\" is not in \"%s\"", what, why);
}

TEST(nonsense)
{
    const struct critical_point few[] = {{32, 100, 1, 0}, {64, 60, 1, 0}, {64, 61, 1, 0}};
    const struct critical_point flat[] = {{32, 100, 1, 0}, {64, 100, 1, 0}, {128, 100, 1, 0}};
    const struct critical_point rising[] = {{32, 100, 1, 0}, {64, 120, 1, 0}, {128, 130, 1, 0}};
    const struct critical_point steep[] = {{32, 1000, 1, 0}, {64, 480, 1, 0}, {128, 220, 1, 0}};
    refused(few, 0, "there are 0");
    refused(few, 1, "there is 1");
    refused(few, 3, "there are 2");
    refused(flat, 3, "do not fall");
    refused(rising, 3, "do not fall");
    refused(steep, 3, "use larger ones");
}

TEST(regimes)
{
    /* By doubling itself: the part of the steps that it saves. */
    for (double batch = 1; batch < 1e5; batch *= 1.7) {
        double saved = 1 - steps_at(2 * batch) / steps_at(batch);
        assert_near(critical_saving(500, batch), saved, 1e-12);
        assert_int_equal(critical_regime(500, batch), saved >= 0.4  ? REGIME_PERFECT
                                                      : saved < 0.1 ? REGIME_NO_GAIN
                                                                    : REGIME_DIMINISHING);
    }
    assert_int_equal(critical_regime(500, 124), REGIME_PERFECT);
    assert_int_equal(critical_regime(500, 126), REGIME_DIMINISHING);
    assert_int_equal(critical_regime(500, 1999), REGIME_DIMINISHING);
    assert_int_equal(critical_regime(500, 2001), REGIME_NO_GAIN);
    assert_int_equal(critical_regime((double)NAN, 64), REGIME_UNKNOWN);
    assert_null(regime_name(REGIME_UNKNOWN));
    assert_string_equal(regime_name(REGIME_NO_GAIN), "no gain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact),
        cmocka_unit_test(noisy),
        cmocka_unit_test(errors_of_residuals),
        cmocka_unit_test(nonsense),
        cmocka_unit_test(regimes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
