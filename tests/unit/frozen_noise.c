/* frozen_noise.c: the interval of the frozen noise scale covers the figure of the whole population;
 * and where there is no figure.
 */
#include "step/frozen_noise.h"

#include <math.h>
#include <string.h>

#include "support/fill.h"
#include "support/unit.h"
#include "step/step.h"

enum { N = 6000, D = 12, DRAWS = 1000 };

/* Gradients of unequal length and scatter per direction, with the mean `shift` in each. */
static void make_population(double g[N][D], double shift)
{
    static float random[N * (D + 1)];
    fill_uniform(random, N * (D + 1), 5);
    for (int i = 0; i < N; i++)
        for (int d = 0; d < D; d++)
            g[i][d] = (double)random[i * (D + 1) + d] / sqrt(1 + d) *
                      exp((double)random[i * (D + 1) + D]);
    for (int d = 0; d < D; d++) {
        double mean = 0;
        for (int i = 0; i < N; i++)
            mean += g[i][d] / N;
        for (int i = 0; i < N; i++)
            g[i][d] += shift - mean;
    }
}

static void add_row(struct step_measurement *sums, double whole[D], const double g[D])
{
    sums->rows++;
    for (int d = 0; d < D; d++) {
        sums->each += g[d] * g[d];
        whole[d] += g[d];
    }
}

static double square_of(const double *a, const double *b)
{
    double sum = 0;
    for (int d = 0; d < D; d++)
        sum += (a[d] - b[d]) * (a[d] - b[d]);
    return sum;
}

/* Measures the rows order[0 ... n - 1]. */
static struct frozen_noise measure(double g[N][D], const int *order, int n)
{
    static const double zero[D];
    struct step_measurement all = {0}, group[FROZEN_GROUPS] = {{0}};
    double whole[D] = {0}, of_group[FROZEN_GROUPS][D] = {{0}};
    for (int i = 0; i < n; i++) {
        int k = i / FROZEN_GROUP % FROZEN_GROUPS;
        add_row(&all, whole, g[order[i]]);
        add_row(&group[k], of_group[k], g[order[i]]);
    }
    all.whole = square_of(whole, zero);
    for (int k = 0; k < FROZEN_GROUPS; k++)
        group[k] = (struct step_measurement){.rows = all.rows - group[k].rows,
            .each = all.each - group[k].each,
            .whole = square_of(whole, of_group[k])};
    return frozen_noise_estimate(N, &all, group);
}

/* Draws rows without replacement: the first of a shuffled list. */
static void shuffle(int order[N], int n, uint64_t seed)
{
    static float random[N];
    fill_uniform(random, n, seed);
    for (int i = 0; i < n; i++) {
        int other = i + (int)((double)(N - i) * (0.5 + 0.4999 * (double)random[i]));
        int kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

/* Returns the share of the draws that have a figure; *covered: of these, the share whose interval
 * covers the truth. */
static double share_determined(double g[N][D], double truth, double *covered)
{
    static int order[N];
    int known = 0, good = 0;
    for (int i = 0; i < N; i++)
        order[i] = i;
    for (int draw = 0; draw < DRAWS; draw++) {
        shuffle(order, FROZEN_ROWS, (uint64_t)draw + 100);
        struct frozen_noise noise = measure(g, order, FROZEN_ROWS);
        known += !noise.why;
        good += !noise.why && noise.low <= truth && truth <= noise.high;
        assert_true(
            noise.why ? isnan(noise.scale) : noise.low <= noise.scale && noise.scale <= noise.high);
        assert_true(noise.rows == FROZEN_ROWS && !noise.exact);
    }
    *covered = (double)good / known;
    return (double)known / DRAWS;
}

TEST(intervals_cover_the_truth)
{
    static double g[N][D];
    static int order[N];
    const double shift[] = {0.3, 0.05, 0.02};
    for (int i = 0; i < N; i++)
        order[i] = i;
    for (int s = 0; s < 3; s++) {
        double covered, square = D * shift[s] * shift[s], trace = 0;
        make_population(g, shift[s]);
        for (int i = 0; i < N; i++)
            for (int d = 0; d < D; d++)
                trace += (g[i][d] - shift[s]) * (g[i][d] - shift[s]) / N;
        struct frozen_noise whole = measure(g, order, N);
        assert_true(!whole.why && whole.exact);
        assert_true(fabs(whole.scale * square / trace - 1) < 1e-9);
        assert_true(whole.low == whole.scale && whole.high == whole.scale);
        double known = share_determined(g, trace / square, &covered);
        if (!(covered >= 0.93 && covered <= 0.98) || known < 0.98)
            fail_msg("scale %g: %g determined, %g covered", trace / square, known, covered);
    }
}

TEST(no_gradient_no_figure)
{
    static double g[N][D];
    double ignored;
    make_population(g, 0);
    double known = share_determined(g, INFINITY, &ignored);
    if (known > 0.04) /* a test of |G|^2 > 0 at 2.5 % */
        fail_msg("%g of the draws have a figure", known);
    memset(g, 0, sizeof g);
    assert_true(share_determined(g, 0, &ignored) == 0);
    const struct step_measurement lost = {.rows = 100, .each = (double)NAN, .whole = 1},
                                  rounding = {.rows = 100, .each = 100, .whole = 1e-15};
    assert_non_null(frozen_noise_estimate(100, &lost, NULL).why);
    assert_non_null(frozen_noise_estimate(100, &rounding, NULL).why);
}

TEST(runs_that_are_too_short)
{
    assert_int_equal(frozen_noise_rows(100), 100);
    assert_int_equal(frozen_noise_rows(60000), 4096);
    assert_non_null(frozen_noise_refused(31, 1000000));
    assert_null(frozen_noise_refused(32, 128));
    assert_non_null(frozen_noise_refused(32, 127));
    assert_null(frozen_noise_refused(4096, 4 * 4096)); /* one pass */
    assert_null(frozen_noise_refused(4097, 8 * 4096)); /* two passes */
    assert_non_null(frozen_noise_refused(4097, 8 * 4096 - 1));
}
