/* The fit of steps to S_min + E_min / B: exact curves, simulated sweeps whose S_min and E_min are
 * known, what is rejected, regimes. */
#include "study/critical_batch.h"

#include <math.h>
#include <string.h>

#include "support/simulation.h"
#include "support/unit.h"

static const double S_MIN = 400, E_MIN = 2e5; /* critical batch 500 */

enum { RUNS_MAX = 128 };

static double steps_at(double batch)
{
    return S_MIN + E_MIN / batch;
}

static int doubling(struct critical_point *point, double first, double last)
{
    int n = 0;
    for (double batch = first; batch <= last; batch *= 2)
        point[n++] = (struct critical_point){batch, steps_at(batch), CRITICAL_EXACT};
    return n;
}

/* Fits points that omit no run. */
static bool make_fit(
    struct critical_fit *fit, const struct critical_point *point, int n, char why[CRITICAL_WHY_MAX])
{
    struct critical_sizes range = {.most = INFINITY};
    for (int i = 0; i < n; i++)
        range.tried = fmax(range.tried, point[i].batch);
    return critical_fit_make(fit, point, n, &range, why);
}

TEST(exact)
{
    struct critical_point point[16];
    struct critical_fit fit;
    char why[CRITICAL_WHY_MAX];
    int n = doubling(point, 32, 8192);
    assert_true(make_fit(&fit, point, n, why));
    assert_string_equal(why, "");
    assert_int_equal(fit.points, 9);
    assert_int_equal(fit.missed, 0);
    assert_near(fit.least_batch, 32, 0);
    assert_near(fit.min_steps.value, S_MIN, 1e-6 * S_MIN);
    assert_near(fit.min_samples.value, E_MIN, 1e-6 * E_MIN);
    assert_near(fit.critical_batch.value, 500, 1e-3);
    assert_near(fit.critical_batch.low, 500, 1e-3);
    assert_near(fit.critical_batch.high, 500, 1e-3);
    for (int i = 0; i < n; i++) { /* (S / S_min - 1) (E / E_min - 1) = 1 */
        double steps = fit.min_steps.value + fit.min_samples.value / point[i].batch,
               samples = steps * point[i].batch;
        assert_near(steps, point[i].steps, 1e-6 * steps);
        assert_near(
            (steps / fit.min_steps.value - 1) * (samples / fit.min_samples.value - 1), 1, 1e-3);
    }
}

/* Runs that missed the target, exactly where the curve reaches it, leave the curve almost as it is;
 * those that stopped long before say nothing. */
TEST(exact_with_missed_runs)
{
    struct critical_point point[16];
    struct critical_fit fit;
    char why[CRITICAL_WHY_MAX];
    int n = doubling(point, 32, 8192);
    for (int i = 0; i < n; i++)
        point[i].steps *= i % 2 ? 1.05 : 1 / 1.05;
    point[n - 1].bound = CRITICAL_MORE;
    point[n - 1].steps /= 4;
    assert_true(make_fit(&fit, point, n, why));
    assert_int_equal(fit.points, 8);
    assert_int_equal(fit.missed, 1);
    struct critical_estimate without = fit.critical_batch;
    assert_true(make_fit(&fit, point, n - 1, why));
    assert_near(fit.critical_batch.value, without.value, 1e-3 * without.value);
}

/* --- simulated sweeps ------------------------------------------------------------------------- */

/* Sweeps from batch size `first` to `last`, doubling. */
struct design {
    double first, last;
    int seeds;
    double scatter;
    double budget;  /* samples after which a run stops; 0: none */
    double outlier; /* one run in each sweep takes so many times its scatter longer; 0: none */
    double first_evaluation; /* in samples; 0: at once */
};

static int simulate(
    struct critical_point point[RUNS_MAX], const struct design *design, uint64_t draw)
{
    int n = 0;
    for (double batch = design->first; batch <= design->last; batch *= 2)
        for (int s = 0; s < design->seeds; s++, n++) {
            double off = simulation_normal(draw, (uint32_t)n);
            if (design->outlier > 0 && (uint64_t)n == draw % (uint64_t)(4 * design->seeds))
                off += design->outlier;
            point[n] =
                (struct critical_point){batch, steps_at(batch) * exp(design->scatter * off), 0};
            double limit = design->budget / batch;
            if (limit > 0 && point[n].steps > limit)
                point[n] = (struct critical_point){batch, limit, CRITICAL_MORE};
            if (point[n].steps < design->first_evaluation / batch)
                point[n] = (struct critical_point){
                    batch, design->first_evaluation / batch, CRITICAL_FEWER};
        }
    return n;
}

static bool covers(const struct critical_estimate *estimate, double truth)
{
    return estimate->low <= truth && truth <= estimate->high;
}

enum { DRAWS = 1000 };

/* The 95 % intervals of sweeps that determine the curve cover the truth in 93 to 97 % of them. */
TEST(intervals_cover_the_truth)
{
    static const struct design design[] = {
        {16, 2048, 3, 0.08, 0, 0, 0},      /* both sides of the critical batch */
        {16, 2048, 1, 0.08, 0, 0, 0},      /* one seed */
        {16, 2048, 5, 0.2, 0, 0, 0},       /* more scatter */
        {32, 512, 3, 0.08, 0, 0, 0},       /* mostly small batches */
        {16, 2048, 3, 0.08, 7e5, 0, 0},    /* the budget ends most runs of the largest size */
        {16, 2048, 5, 0.15, 5e5, 0, 0},    /* and those of the next one */
        {16, 2048, 3, 0.08, 0, 0, 2.1e5},  /* half of the runs of the smallest size are coarse */
        {16, 2048, 3, 0.08, 0, 0, 2.5e5},  /* almost all of the two smallest sizes */
        {16, 2048, 5, 0.1, 7e5, 0, 2.2e5}, /* bounds on both sides */
    };
    for (size_t d = 0; d < sizeof design / sizeof *design; d++) {
        int fits = 0, missed = 0, coarse = 0, steps = 0, samples = 0, critical = 0;
        for (uint64_t draw = 0; draw < DRAWS; draw++) {
            struct critical_point point[RUNS_MAX];
            struct critical_fit fit;
            char why[CRITICAL_WHY_MAX];
            int n = simulate(point, &design[d], draw);
            if (!make_fit(&fit, point, n, why))
                continue;
            fits++;
            missed += fit.missed;
            coarse += fit.coarse;
            steps += covers(&fit.min_steps, S_MIN);
            samples += covers(&fit.min_samples, E_MIN);
            critical += covers(&fit.critical_batch, 500);
        }
        assert_share("sweeps that determine the curve", fits, DRAWS, 0.95, 1);
        assert_true((missed > 0) == (design[d].budget > 0));
        assert_true((coarse > DRAWS) == (design[d].first_evaluation > 0));
        assert_share("S_min", steps, fits, 0.93, 0.97);
        assert_share("E_min", samples, fits, 0.93, 0.97);
        assert_share("the critical batch size", critical, fits, 0.93, 0.97);
    }
}

/* A run that takes much longer than its fellows widens the intervals, so that they still cover. */
TEST(an_outlier_widens_the_intervals)
{
    const struct design design = {16, 2048, 3, 0.08, 0, 5, 0};
    int covered = 0, fits = 0;
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        struct critical_point point[RUNS_MAX];
        struct critical_fit fit;
        char why[CRITICAL_WHY_MAX];
        int n = simulate(point, &design, draw);
        if (!make_fit(&fit, point, n, why))
            continue;
        fits++;
        covered += covers(&fit.critical_batch, 500);
    }
    assert_share("sweeps that determine the curve", fits, DRAWS, 0.95, 1);
    assert_share("the critical batch size", covered, fits, 0.93, 1);
}

/* Sweeps whose batch sizes lie on one side of the critical one do not determine it, and say where to
 * look. */
TEST(one_side)
{
    static const struct {
        struct design design;
        const char *why;
    } cases[] = {
        {{1, 16, 3, 0.1, 0, 0, 0}, "larger batch sizes or more seeds would determine it"},
        {{16384, 262144, 3, 0.1, 0, 0, 0}, "smaller batch sizes or more seeds would determine it"},
        {{1, 4096, 3, 0.1, 2.02e5, 0, 0},
            "usable runs at the larger sizes or more seeds would determine it"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int rejected = 0, advised = 0;
        for (uint64_t draw = 0; draw < DRAWS; draw++) {
            struct critical_point point[RUNS_MAX];
            struct critical_fit fit;
            char why[CRITICAL_WHY_MAX];
            int n = simulate(point, &cases[c].design, draw);
            if (make_fit(&fit, point, n, why))
                continue;
            rejected++;
            advised += strstr(why, cases[c].why) != NULL;
        }
        assert_share("sweeps that are rejected", rejected, DRAWS, 0.95, 1);
        assert_share(cases[c].why, advised, rejected, 0.8, 1);
    }
}

/* --- what is rejected ------------------------------------------------------------------------- */

static void refused(const struct critical_point *point, int n, const char *what)
{
    struct critical_fit fit;
    char why[CRITICAL_WHY_MAX];
    assert_false(make_fit(&fit, point, n, why));
    if (!strstr(why, what))
        fail_msg("\"%s\" is not in \"%s\"", what, why);
}

TEST(nonsense)
{
    const struct critical_point few[] = {{32, 100, 0}, {64, 60, 0}, {64, 61, 0}, {128, 50, 1}};
    const struct critical_point flat[] = {{32, 100, 0}, {64, 100, 0}, {128, 100, 0}};
    const struct critical_point rising[] = {{32, 100, 0}, {64, 120, 0}, {128, 130, 0}};
    const struct critical_point steep[] = {{32, 1000, 0}, {64, 480, 0}, {128, 220, 0}};
    refused(few, 0, "there are 0");
    refused(few, 1, "there is 1");
    refused(few, 4, "there are 2");
    refused(flat, 3, "smaller batch sizes or more seeds would determine it");
    refused(rising, 3, "smaller batch sizes or more seeds would determine it");
    refused(steep, 3, "larger batch sizes or more seeds would determine it");
}

/* Larger batch sizes were run, but none of their runs is a point: larger ones are not the remedy. */
TEST(larger_sizes_without_points)
{
    struct critical_point point[16];
    struct critical_fit fit;
    char why[CRITICAL_WHY_MAX];
    int n = doubling(point, 1, 16);
    for (int i = 0; i < n; i++)
        point[i].steps *= i % 2 ? 1.05 : 0.95;
    struct critical_sizes range = {16, 4096};
    assert_false(critical_fit_make(&fit, point, n, &range, why));
    assert_says(why, "; larger batch sizes or more seeds");
    range.tried = 4096;
    assert_false(critical_fit_make(&fit, point, n, &range, why));
    assert_says(why, "; usable runs at the larger sizes or more seeds");
    range.tried = range.most = 16; /* the whole training set */
    assert_false(critical_fit_make(&fit, point, n, &range, why));
    assert_says(why, "; more seeds would");
}

/* So much scatter that the interval, although it lies within the range, is too wide to be of use. */
TEST(too_much_scatter)
{
    const struct design design = {1, 1048576, 1, 1.3, 0, 0, 0};
    int rejected = 0;
    for (uint64_t draw = 0; draw < 100; draw++) {
        struct critical_point point[RUNS_MAX];
        struct critical_fit fit;
        char why[CRITICAL_WHY_MAX];
        int n = simulate(point, &design, draw);
        if (!make_fit(&fit, point, n, why))
            rejected += strstr(why, "its relative error is") != NULL;
    }
    assert_share("sweeps with too large an error", rejected, 100, 0.9, 1);
}

/* A size far below the curve: the steps do not follow it. */
TEST(fewer_steps_than_the_curve)
{
    struct critical_point point[RUNS_MAX];
    const struct design design = {8, 65536, 3, 0.02, 0, 0, 0};
    int n = simulate(point, &design, 1);
    for (int i = 0; i < n; i++)
        if (point[i].batch == 8192)
            point[i].steps *= 0.9;
    refused(point, n, "are more than those measured at B = 8192");
}

/* Quantiles as scipy.stats.t.ppf(1 - 0.025 / comparisons, freedom) gives them. */
TEST(quantiles_of_student)
{
    static const struct {
        int freedom, comparisons;
        double quantile;
    } known[] = {{1, 1, 12.7062047362}, {2, 1, 4.30265272975}, {3, 1, 3.18244630528},
        {4, 1, 2.7764451052}, {5, 1, 2.57058183564}, {6, 1, 2.44691185114}, {7, 1, 2.36462425159},
        {8, 1, 2.3060041352}, {10, 1, 2.22813885199}, {15, 1, 2.13144954556}, {30, 1, 2.0422724563},
        {100, 1, 1.98397151852}, {1000, 1, 1.96233908083}, {1, 29, 369.238565216},
        {4, 29, 7.46141188329}, {9, 99, 5.28306208223}, {2, 49, 31.2809887189},
        {5, 1000, 12.8928253156}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_near(critical_t_quantile(known[i].freedom, known[i].comparisons), known[i].quantile,
            1e-9 * known[i].quantile);
}

/* Runs at a large batch size that missed the target although the curve reaches it. */
TEST(missed_runs_contradict_the_curve)
{
    struct critical_point point[RUNS_MAX];
    const struct design design = {16, 1024, 3, 0.05, 0, 0, 0};
    int n = simulate(point, &design, 1);
    for (int s = 0; s < 3; s++)
        point[n++] = (struct critical_point){4096, 20 * steps_at(4096), CRITICAL_MORE};
    refused(point, n, "B = 4096 missed the target");
}

TEST(batch_of_20_percent)
{
    struct critical_point point[16];
    struct critical_fit fit;
    char why[CRITICAL_WHY_MAX];
    int n = doubling(point, 32, 8192);
    for (int i = 0; i < n; i++)
        point[i].steps *= i % 2 ? 1.02 : 0.98;
    assert_true(make_fit(&fit, point, n, why));
    double least = fit.min_samples.value, each = fit.min_steps.value;
    struct critical_estimate limit = critical_batch_20(&fit, 0), from = critical_batch_20(&fit, 32);
    assert_near(least + each * limit.value, 1.2 * least, 1e-6 * least);
    assert_near(least + each * from.value, 1.2 * (least + each * 32), 1e-6 * least);
    assert_true(from.low < from.value && from.value < from.high);
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
