/* noise.c: the estimate of the noise scale on problems whose gradients are known in closed form. */
#include "step/noise.h"

#include <math.h>

#include "support/fill.h"
#include "support/unit.h"
#include "step/settings.h"

/* --- one step --------------------------------------------------------------------------------- */

enum { POPULATION = 7, DIMENSIONS = 3 };

/* The mean of both figures over all batches that there are of `size`. */
static void mean_over_all_batches(
    double g[POPULATION][DIMENSIONS], int size, double *trace, double *square)
{
    int batches = 0;
    *trace = *square = 0;
    for (unsigned set = 0; set < 1u << POPULATION; set++) {
        if (__builtin_popcount(set) != size)
            continue;
        struct noise_sample sample = {.population = POPULATION, .size = size};
        double one_trace, one_square;
        for (int d = 0; d < DIMENSIONS; d++) {
            double sum = 0;
            for (int i = 0; i < POPULATION; i++)
                if (set >> i & 1) {
                    sum += g[i][d];
                    sample.each += g[i][d] * g[i][d] / size;
                }
            sample.mean += sum * sum / size / size;
        }
        assert_true(noise_of_step(&sample, &one_trace, &one_square));
        *trace += one_trace;
        *square += one_square;
        batches++;
    }
    *trace /= batches;
    *square /= batches;
}

/* Unbiased for batches of a population that is not large: all of them together have it exactly. */
TEST(finite_populations)
{
    double g[POPULATION][DIMENSIONS], trace = 0, square = 0;
    float any[POPULATION * DIMENSIONS];
    fill_uniform(any, POPULATION * DIMENSIONS, 1);
    for (int d = 0; d < DIMENSIONS; d++) {
        double mean = 0;
        for (int i = 0; i < POPULATION; i++) {
            g[i][d] = (double)any[i * DIMENSIONS + d] + 0.25;
            mean += g[i][d] / POPULATION;
        }
        square += mean * mean;
        for (int i = 0; i < POPULATION; i++)
            trace += (g[i][d] - mean) * (g[i][d] - mean) / POPULATION;
    }
    for (int size = 2; size <= POPULATION; size++) {
        double got_trace, got_square;
        mean_over_all_batches(g, size, &got_trace, &got_square);
        assert_true(fabs(got_trace - trace) < 1e-13);
        assert_true(fabs(got_square - square) < 1e-13);
    }
}

/* --- averages --------------------------------------------------------------------------------- */

/* Linear regression by least squares: x of D signs, t = x w + e with e of variance E^2, and weights
 * off by u. g = 2 (x u - e) x, so G = 2 u, and |g|^2 has the mean 4 D (|u|^2 + E^2). */
enum { D = 10, STEPS = 300 };
static const double off_by = 0.3, stats = 1.0;

static struct noise_sample regression_step(const float *random, int64_t size)
{
    struct noise_sample sample = {
        .population = INT64_C(1) << 50, .size = size, .window = 1000.0 * (double)size};
    double sum[D] = {0};
    for (int64_t i = 0; i < size; i++, random += D + 1) {
        double r = random[D] < 0 ? stats : -stats;
        for (int d = 0; d < D; d++)
            r += random[d] < 0 ? -off_by : off_by;
        sample.each += 4 * r * r * D / (double)size;
        for (int d = 0; d < D; d++)
            sum[d] += 2 * (random[d] < 0 ? -r : r) / (double)size;
    }
    for (int d = 0; d < D; d++)
        sample.mean += sum[d] * sum[d];
    return sample;
}

/* Within its own standard error: over many runs the deviations in its units have mean 0, square 1.
 */
TEST(linear_regression)
{
    enum { RUNS = 300, MOST = 64 };
    static float random[STEPS * MOST * (D + 1)];
    const double u2 = D * off_by * off_by, square = 4 * u2;
    const double trace = 4 * D * (u2 + stats * stats) - square, scale = trace / square;
    for (int64_t size = 4; size <= MOST; size *= 4) {
        double mean = 0, scatter = 0;
        for (int run = 0; run < RUNS; run++) {
            struct noise_state noise = {0};
            fill_uniform(random, STEPS * size * (D + 1), (uint64_t)(run + 1000 * size));
            for (int64_t s = 0; s < STEPS; s++) {
                struct noise_sample sample = regression_step(random + s * size * (D + 1), size);
                noise_add(&noise, &sample);
            }
            struct noise_estimate estimate = noise_estimate(&noise);
            assert_int_equal(estimate.steps, STEPS);
            assert_true(estimate.scale == estimate.trace / estimate.square);
            double off = (estimate.scale - scale) / estimate.error;
            mean += off / RUNS;
            scatter += off * off / RUNS;
        }
        /* 300 of variance 1: 0.058 and 0.082; the quotient is skewed at small batches */
        if (!(fabs(mean) < 0.3) || !(scatter > 0.7 && scatter < 1.4))
            fail_msg("batches of %lld: mean %g, square %g", (long long)size, mean, scatter);
    }
}

static void add(struct noise_state *noise, int64_t size, double each, double mean)
{
    const struct noise_sample sample = {
        .population = INT64_C(1) << 60, .size = size, .window = 900, .each = each, .mean = mean};
    noise_add(noise, &sample);
}

/* The first step counts as itself; then what was before fades by window / (window + size). */
TEST(averages)
{
    struct noise_state noise = {0};
    assert_true(isnan(noise_estimate(&noise).scale) && isnan(noise_estimate(&noise).trace));
    add(&noise, 100, 12, 2.1); /* trace 10, square 2 */
    struct noise_estimate estimate = noise_estimate(&noise);
    assert_true(fabs(estimate.trace - 10) < 1e-12 && fabs(estimate.square - 2) < 1e-12);
    assert_true(fabs(estimate.scale - 5) < 1e-12 && isnan(estimate.error));
    add(&noise, 100, 20, 0.2); /* trace 20, square 0 */
    estimate = noise_estimate(&noise);
    assert_true(fabs(estimate.trace - (0.9 * 10 + 20) / 1.9) < 1e-12);
    assert_true(fabs(estimate.square - 0.9 * 2 / 1.9) < 1e-12);
    assert_true(estimate.error > 0);
    add(&noise, 2, 1e3, 5e2); /* a tail of two counts little: trace 1000, square 0 */
    double before = estimate.trace, keep = 900.0 / 902, weight = 190 * keep;
    estimate = noise_estimate(&noise);
    assert_true(fabs(estimate.trace - (weight * before + 2 * 1000) / (weight + 2)) < 1e-9);
    assert_int_equal(estimate.steps, 3);
}

TEST(what_is_passed_over)
{
    struct noise_state noise = {0};
    add(&noise, 1, 5, 5);
    add(&noise, 8, (double)NAN, 1);
    add(&noise, 8, 1, (double)INFINITY);
    assert_int_equal(noise.steps, 0);
    add(&noise, 2, 4, 1); /* trace 6, square -2 */
    struct noise_estimate estimate = noise_estimate(&noise);
    assert_int_equal(estimate.steps, 1);
    assert_true(fabs(estimate.square + 2) < 1e-12);
    assert_true(isnan(estimate.scale) && isnan(estimate.error));
}

/* The share of runs whose estimate is called moving: of a scale that is constant, and of one that
 * doubles in three windows. */
TEST(still_moving)
{
    enum { RUNS = 300 };
    static float random[STEPS];
    for (int moves = 0; moves < 2; moves++) {
        double share = 0;
        for (int run = 0; run < RUNS; run++) {
            struct noise_state noise = {0};
            fill_uniform(random, STEPS, (uint64_t)run);
            for (int s = 0; s < STEPS; s++) { /* window: 9 steps of 100 */
                double square = moves ? pow(2, -(double)s / 27) : 1;
                square *= 1 + 0.2 * (double)random[s];
                add(&noise, 100, square + 10, square + 0.1); /* trace 10 */
            }
            share += noise_estimate(&noise).moving / (double)RUNS;
        }
        if (moves ? share < 0.99 : share > 0.15)
            fail_msg("moving: %g of the runs whose scale %s", share, moves ? "moves" : "rests");
    }
}

TEST(windows)
{
    assert_true(noise_window(60000, 128) == 15000);
    assert_true(noise_window(60000, 8192) == 81920);
    assert_true(noise_window(60000, 16) == 8000);
}

TEST(whether_a_run_can_tell)
{
    const float weight[2] = {1, 2};
    struct settings settings = {
        .plan = {.stages = 1, .stage[0].batch = 32, .samples = 100}, .shuffle = true};
    assert_int_equal(noise_validity(&settings), NOISE_OFF);
    settings.noise_scale = NOISE_SCALE_TRAILING;
    assert_int_equal(noise_validity(&settings), NOISE_VALID);
    assert_null(noise_validity_text(NOISE_VALID));
    settings.shuffle = false;
    assert_int_equal(noise_validity(&settings), NOISE_ORDERED);
    settings.plan.stage[0].batch = 100; /* all of them */
    assert_int_equal(noise_validity(&settings), NOISE_VALID);
    settings.criterion.class_weight = weight;
    assert_int_equal(noise_validity(&settings), NOISE_WEIGHTED);
    settings.criterion.class_weight = NULL;
    settings.plan.stage[0].batch = 1;
    assert_int_equal(noise_validity(&settings), NOISE_SINGLE);
}
