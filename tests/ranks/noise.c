/* noise.c: the noise scale of a run, trailing and frozen. Its figures are the same bits for any
 * ranks, threads, passes, kernels and levels, the short way and the long way, and the weights do not know of it; they are
 * those of a regression in closed form; and the variance of a batch's gradient, which all of it is
 * about, falls as 1/B.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/order.h"
#include "step/step.h"
#include "support/fill.h"
#include "support/ranks.h"
#include "support/training.h"

/* --- what a run told ------------------------------------------------------------------------- */

struct figures {
    double norm, trace, square, scale, error;
};

struct told {
    struct figures *step;
    int64_t n;
};

static enum status keep_figures(
    void *context, const struct step_record *record, struct error *error)
{
    struct told *told = context;
    const struct noise_estimate *noise = &record->noise;
    (void)error;
    told->step[told->n++] = (struct figures){
        record->gradient_norm, noise->trace, noise->square, noise->scale, noise->error};
    return STATUS_OK;
}

/* On rank 0 the figures of each step; weights on all. */
static struct noise_estimate run(const struct reference_problem *problem, const struct way *way,
    float *parameters, struct figures *figures)
{
    struct told told = {figures, 0};
    struct observer observer = {.context = &told, .on_step = keep_figures};
    struct result result;
    struct error error = {0};
    enum status status =
        training_observe(problem, way, world, parameters, &observer, &result, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    return result.noise;
}

/* --- the same bits --------------------------------------------------------------------------- */

enum { STEPS = 5, SAMPLES = 1501, FEATURES = 70, OUTPUTS = 4 };

static const struct reference_problem shapes[] = {
    {.layers = 3,
        .width = {6, 13, 9, 3},
        .batch = 1101,
        .slices = 5,
        .dropout_hidden = 0.5f,
        .dropout_input = 0.2f},
    {.layers = 1, .width = {10, 3}, .batch = 64},
    {.layers = 2, .width = {70, 40, 4}, .batch = 1024},
    {.layers = 4,
        .width = {9, 33, 17, 5, 4},
        .batch = 50,
        .slices = 4,
        .activation = {ACTIVATION_SIGMOID, ACTIVATION_TANH, ACTIVATION_GELU}},
    {.layers = 2, .width = {4, 6, 2}, .batch = 750, .slices = 8}, /* a tail of one sample */
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static struct reference_problem problem_of(const struct reference_problem *shape)
{
    static float x[SAMPLES * FEATURES];
    static int32_t label[SAMPLES];
    struct reference_problem problem = *shape;
    fill_uniform(x, SAMPLES * FEATURES, 1);
    fill_labels(label, SAMPLES, problem.width[problem.layers], 2);
    problem.x = x;
    problem.label = label;
    problem.samples = SAMPLES;
    problem.steps = STEPS;
    problem.shuffle = true;
    problem.seed = 4;
    problem.lr = 0.05;
    problem.momentum = 0.9;
    problem.init = INIT_PYTORCH;
    return problem;
}

struct expected {
    struct reference_problem problem;
    struct figures figures[STEPS];
    float *parameters, *got;
    int64_t n;
};

static void expected_make(struct expected *expected, const struct reference_problem *shape)
{
    expected->problem = problem_of(shape);
    expected->n = reference_parameters(&expected->problem);
    expected->parameters = malloc((size_t)expected->n * sizeof(float));
    expected->got = malloc((size_t)expected->n * sizeof(float));
    reference_train(&expected->problem, expected->parameters, NULL);
    memset(expected->figures, 0, sizeof expected->figures);
    run(&expected->problem, &(struct way){.threads = 1, .noise_scale = NOISE_SCALE_TRAILING},
        expected->got, expected->figures);
}

static void expected_clear(struct expected *expected)
{
    free(expected->parameters);
    free(expected->got);
}

/* NaNs have the same bits here: all are made in one place. */
static void check(struct expected *expected, const struct way *way, bool by_norm)
{
    struct figures figures[STEPS] = {{0}};
    struct reference_problem problem = expected->problem;
    struct way measured = *way;
    int wrong = -1;
    char why[COMPARE_TEXT] = "";
    measured.noise_scale = NOISE_SCALE_TRAILING;
    problem.clip_norm = by_norm ? 1e9 : 0; /* the long way, with a factor of 1 */
    run(&problem, &measured, expected->got, figures);
    for (int s = 0; s < STEPS && by_norm; s++) /* that norm is an exact sum's, of every step */
        if (!noise_is_due(s + 1, problem.batch) ||
            fabs(figures[s].norm / expected->figures[s].norm - 1) < 1e-6)
            figures[s].norm = expected->figures[s].norm;
    for (int s = STEPS - 1; s >= 0; s--)
        if (memcmp(&figures[s], &expected->figures[s], sizeof *figures) != 0)
            wrong = s;
    bool same = compare_bits(expected->got, expected->parameters, expected->n, why);
    assert_ranks(wrong < 0 && same,
        "%lld layers, B %lld, %d threads, team %d/%d, pass %lld, kernel %s, level %d, step %d: %s",
        (long long)problem.layers, (long long)problem.batch, way->threads, (int)way->team.kind,
        way->team.ranks, (long long)way->pass_rows, way->kernel.name ? way->kernel.name : "auto",
        (int)way->kernel.level, wrong + 1, why);
}

TEST(the_same_bits)
{
    static const int64_t pass_rows[] = {0, 1, INT64_MAX};
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    for (int s = 0; s < N_SHAPES; s++) {
        struct expected expected;
        expected_make(&expected, &shapes[s]);
        for (int threads = 1; threads <= 3; threads++)
            for (int p = 0; p < 3; p++)
                check(&expected,
                    &(struct way){
                        .threads = threads, .pass_rows = pass_rows[p], .cache_bytes = p == 1},
                    false);
        for (int ranks = 1; ranks <= 3 && ranks <= world->size; ranks++)
            for (int norm = 0; norm < 2; norm++)
                check(&expected, &(struct way){.threads = 1 + s % 2, .team = {TEAM_RANKS, ranks}},
                    norm);
        for (int k = 0; k < n; k++)
            for (int level = 0; level < N_LEVELS; level++) {
                struct way way = {.threads = 2, .kernel = kernels[k], .team = {TEAM_RANKS, 2}};
                way.kernel.level = (enum level)level;
                if (level_runs(way.kernel.level))
                    check(&expected, &way, false);
            }
        expected_clear(&expected);
    }
}

/* --- the right figures ----------------------------------------------------------------------- */

/* Every combination of D signs, twice, as x; t = x w + b + e, e = +-E; and weights that are 0 and
 * stay so. Then g = 2 r (x, 1), r = -(x w + b) - e, and over these samples G = -2 (w, b) and the
 * mean of |g|^2 is 4 (D + 1) (|w|^2 + b^2 + E^2), exactly. */
enum { D = 9, N = 2 << D };

static void signs_regression(float *x, float *target, int d, double w, double b, double e)
{
    for (int i = 0; i < 2 << d; i++) {
        double t = b + (i % 2 ? e : -e);
        for (int j = 0; j < d; j++) {
            x[i * d + j] = i >> (j + 1) & 1 ? 1 : -1;
            t += w * (double)x[i * d + j];
        }
        target[i] = (float)t;
    }
}

TEST(a_regression_in_closed_form)
{
    enum { RUNS = 60, BATCH = 32, EPOCHS = 3 };
    static float x[N * D], target[N], initial[D + 1], got[D + 1];
    static struct figures figures[EPOCHS * N / BATCH];
    const double w = 0.25, b = 0.125, e = 0.5, w2 = D * w * w + b * b;
    const double square = 4 * w2, trace = 4 * (D + 1) * (w2 + e * e) - square;
    double mean = 0, scatter = 0;
    signs_regression(x, target, D, w, b, e);
    struct reference_problem problem = {.layers = 1,
        .width = {D, 1},
        .loss = LOSS_MSE,
        .x = x,
        .target = target,
        .samples = N,
        .batch = N,
        .steps = 1,
        .shuffle = true,
        .lr = 1e-30,
        .initial = initial};
    const struct way way = {.threads = 2, .noise_scale = NOISE_SCALE_TRAILING};
    struct noise_estimate whole = run(&problem, &way, got, figures);
    assert_ranks(fabs(whole.trace / trace - 1) < 1e-6 && fabs(whole.square / square - 1) < 1e-6,
        "all samples at once: %.9g and %.9g, not %.9g and %.9g", whole.trace, whole.square, trace,
        square);
    problem.batch = BATCH;
    problem.steps = EPOCHS * N / BATCH;
    for (int i = 0; i < RUNS; i++) {
        problem.seed = (uint64_t)i;
        struct noise_estimate noise = run(&problem, &way, got, figures);
        double off = (noise.scale - trace / square) / noise.error;
        mean += off / RUNS;
        scatter += off * off / RUNS;
    }
    /* of 60 runs: 0.13 and 0.18, as if all steps were independent; the steps of an epoch are less
     * apart, since together they see every sample once */
    assert_ranks(fabs(mean) < 0.6 && scatter > 0.2 && scatter < 1.7,
        "in standard errors: mean %g, square %g", mean, scatter);
}

/* Adds the gradient -2 t (x, 1) of a row at weights 0. */
static void add_gradient(
    struct step_measurement *sums, double *sum, const float *x, double t, int d)
{
    sums->rows++;
    sums->each += 4 * t * t * (d + 1);
    for (int j = 0; j <= d; j++)
        sum[j] -= 2 * t * (j < d ? (double)x[j] : 1);
}

/* The frozen figure by brute force: from the gradients of the rows that the seed draws. */
static struct frozen_noise brute_force(
    const float *x, const float *target, int d, int64_t samples, uint64_t seed)
{
    enum { MOST = 16 };
    struct step_measurement all = {0}, rest[FROZEN_GROUPS] = {{0}};
    double sum[MOST] = {0}, of_group[FROZEN_GROUPS][MOST] = {{0}};
    struct order order;
    order_init(&order, samples, true, seed, RANDOM_ORDER, 0);
    for (int64_t i = 0; i < frozen_noise_rows(samples); i++) {
        int64_t row = order_at(&order, i), k = i / FROZEN_GROUP;
        add_gradient(&all, sum, x + row * d, (double)target[row], d);
        add_gradient(&rest[k], of_group[k], x + row * d, (double)target[row], d);
    }
    for (int k = 0; k < FROZEN_GROUPS; k++) {
        rest[k] = (struct step_measurement){
            .rows = all.rows - rest[k].rows, .each = all.each - rest[k].each};
        for (int j = 0; j <= d; j++)
            rest[k].whole += (sum[j] - of_group[k][j]) * (sum[j] - of_group[k][j]);
    }
    for (int j = 0; j <= d; j++)
        all.whole += sum[j] * sum[j];
    return frozen_noise_estimate(samples, &all, rest);
}

static bool near(double a, double b)
{
    return fabs(a / b - 1) < 1e-5;
}

/* The same regression at the end of a run, with weights that are still 0: exact over all samples,
 * and with an interval from some of them. */
TEST(the_frozen_figure)
{
    enum { RUNS = 3, MANY_D = 12, MANY = 2 << MANY_D };
    static float x[MANY * MANY_D], target[MANY], initial[MANY_D + 1], got[MANY_D + 1];
    const struct way way = {.threads = 2, .noise_scale = NOISE_SCALE_ON};
    for (int i = 0; i < 2 * RUNS; i++) {
        int d = i < RUNS ? 9 : MANY_D;
        const double w = 0.05, e = 0.5, w2 = d * w * w, scale = (d + 1) * (w2 + e * e) / w2 - 1;
        struct reference_problem problem = {.layers = 1,
            .width = {d, 1},
            .loss = LOSS_MSE,
            .x = x,
            .target = target,
            .samples = 2 << d,
            .batch = 512,
            .steps = 2 * FROZEN_SHARE * (2 << d) / 512,
            .shuffle = true,
            .seed = (uint64_t)i,
            .lr = 1e-30,
            .initial = initial};
        struct result result;
        struct error error = {0};
        signs_regression(x, target, d, w, 0, e);
        enum status status = training_run(&problem, &way, world, got, NULL, &result, &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        const struct frozen_noise *noise = &result.frozen;
        struct frozen_noise wanted = brute_force(x, target, d, problem.samples, problem.seed);
        bool good = near(noise->scale, wanted.scale) && near(noise->low, wanted.low) &&
                    near(noise->high, wanted.high) && noise->exact == (i < RUNS) &&
                    (!noise->exact || near(noise->scale, scale));
        assert_ranks(good, "%d dimensions: %g (%g to %g), not %g (%g to %g)", d, noise->scale,
            noise->low, noise->high, wanted.scale, wanted.low, wanted.high);
    }
}

/* The textbook's claim. A fixed network, many batches of each size: |G_B|^2 is |G|^2 and the
 * variance, which falls as 1/B but for what is drawn without replacement. */
TEST(the_variance_falls_as_one_over_b)
{
    enum { MANY = 12000, IN = 10, EPOCHS = 3, LEAST = 16, SIZES = 6 };
    static float x[MANY * IN], got[IN * 16 + 16 + 16 * 4 + 4];
    static int32_t label[MANY];
    static struct figures figures[16 * EPOCHS * MANY / LEAST]; /* one in sixteen is measured */
    struct reference_problem problem = {.layers = 2,
        .width = {IN, 16, 4},
        .x = x,
        .label = label,
        .samples = MANY,
        .shuffle = true,
        .drop_last = true,
        .seed = 11,
        .lr = 1e-30,
        .init = INIT_PYTORCH};
    const struct way way = {.threads = 1, .noise_scale = NOISE_SCALE_TRAILING};
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    fill_uniform(x, MANY * IN, 1);
    fill_labels(label, MANY, 4, 2);
    problem.batch = MANY;
    problem.steps = 1;
    struct noise_estimate whole = run(&problem, &way, got, figures);
    for (int i = 0; i < SIZES; i++) {
        int64_t batch = LEAST << i;
        double variance = 0, size = (double)batch;
        problem.batch = batch;
        problem.steps = EPOCHS * (batch < 256 ? 256 / batch : 1) * (MANY / batch);
        run(&problem, &way, got, figures);
        int64_t measured = 0;
        for (int64_t s = 0; s < problem.steps; s++) {
            if (!noise_is_due(s + 1, batch))
                continue;
            variance += figures[s].norm * figures[s].norm - whole.square;
            measured++;
        }
        variance *= (MANY - 1) / (MANY - size) / (double)measured;
        bool leads = world->rank == 0;
        assert_ranks(!leads || fabs(variance * size / whole.trace - 1) < 0.15,
            "B %lld: the variance times B is %g, of one sample %g", (long long)batch,
            variance * size, whole.trace);
        double lx = log2(size), ly = leads ? log2(variance) : 0;
        sx += lx / SIZES;
        sy += ly / SIZES;
        sxx += lx * lx / SIZES;
        sxy += lx * ly / SIZES;
    }
    double slope = (sxy - sx * sy) / (sxx - sx * sx);
    assert_ranks(world->rank > 0 || fabs(slope + 1) < 0.04, "the slope is %g", slope);
}
