/* evaluate.c: loss and metrics of a held-out set, against plain loops in double, and as the same
 * bits on any number of threads. tests/ranks/evaluate.c does the same for ranks.
 */
#include "model/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comm/threads.h"
#include "data/encoding_fit.h"
#include "support/fill.h"
#include "support/net.h"
#include "support/reference.h"
#include "support/unit.h"

enum { THREADS_MAX = TEAMS_HAVE_THREADS ? 3 : 1 };
static const int64_t set_sizes[] = {1, 2, 255, 256, 257, 512, 1000};
enum { N_SIZES = sizeof set_sizes / sizeof set_sizes[0] };

/* --- one evaluation ------------------------------------------------------------------------ */

struct evaluation {
    struct evaluator *evaluator;
    struct metrics metrics, again;
};

/* Twice: the second run finds the sums of the first in its memory. */
static void work(const struct worker *worker, void *argument)
{
    struct evaluation *evaluation = argument;
    struct metrics first = evaluator_run(evaluation->evaluator, worker, NULL);
    team_barrier(worker);
    struct metrics second = evaluator_run(evaluation->evaluator, worker, NULL);
    if (!worker_leads(worker))
        return;
    evaluation->metrics = first;
    evaluation->again = second;
}

static void assert_same_bits(const struct metrics *got, const struct metrics *want)
{
    assert_memory_equal(got, want, sizeof *got); /* it has no padding */
}

/* The metrics of a problem's network on those of its samples that `subset` names; of every
 * number of threads, which must not differ. */
static struct metrics evaluate_subset(
    const struct reference_problem *problem, const struct subset *subset, const float *parameters)
{
    int64_t outputs = problem->width[problem->layers];
    bool classes = problem->loss == LOSS_CROSS_ENTROPY;
    struct dataset dataset = {.name = "test",
        .samples = problem->samples,
        .features = problem->width[0],
        .type = VALUE_F32,
        .values = (void *)(uintptr_t)problem->x,
        .classes = classes ? outputs : 0,
        .labels = (int32_t *)(uintptr_t)problem->label,
        .outputs = classes ? 0 : outputs,
        .targets = (float *)(uintptr_t)problem->target};
    struct criterion criterion = {.kind = problem->loss};
    struct kernel kernel;
    struct mlp mlp;
    struct encoding encoding;
    struct metrics metrics = {0};
    struct error error = {0};
    assert_int_equal(encoding_fit(&encoding, &(struct encoding_choice){.scale = SCALE_NONE},
                         &dataset, subset, &error),
        STATUS_OK);
    assert_int_equal(kernel_choose("auto", &kernel, &error), STATUS_OK);
    assert_int_equal(
        mlp_init(&mlp, problem->width[0], problem->width + 1, problem->layers - 1, outputs, &error),
        STATUS_OK);
    struct loader loader = {&dataset, subset, &encoding, vector_of(kernel.level), NULL};
    struct net net;
    net_make(&net, &mlp, &kernel);
    net_set(&net, parameters);
    for (int threads = 1; threads <= THREADS_MAX; threads++) {
        struct evaluation evaluation = {0};
        enum status status = evaluator_create(&evaluation.evaluator, &criterion, &loader,
            &net.panels, &net.weights, threads, comm_self(), NULL, &error);
        if (status)
            fail_msg("%s", error.text);
        assert_int_equal(threads_run(threads, work, &evaluation, &error), STATUS_OK);
        evaluator_destroy(evaluation.evaluator);
        assert_same_bits(&evaluation.again, &evaluation.metrics);
        if (threads > 1)
            assert_same_bits(&evaluation.metrics, &metrics);
        metrics = evaluation.metrics;
    }
    net_clear(&net);
    encoding_clear(&encoding);
    return metrics;
}

static struct metrics evaluate(const struct reference_problem *problem, const float *parameters)
{
    return evaluate_subset(problem, &(struct subset){.size = problem->samples}, parameters);
}

/* --- plain loops --------------------------------------------------------------------------- */

/* The outputs of all samples, by the scalar reference. */
static float *outputs_of(const struct reference_problem *problem, const float *parameters)
{
    int64_t n = problem->width[problem->layers];
    float *z = malloc((size_t)(problem->samples * n) * sizeof *z);
    for (int64_t i = 0; i < problem->samples; i++)
        reference_outputs(problem, parameters, problem->x + i * problem->width[0], z + i * n);
    return z;
}

/* The mean of F1 over classes that occur, from precision and recall. */
static double plain_f1(const struct reference_problem *problem, const int64_t *answer)
{
    int64_t n = problem->width[problem->layers];
    double sum = 0, occurring = 0;
    for (int64_t c = 0; c < n; c++) {
        double labelled = 0, answered = 0, both = 0;
        for (int64_t i = 0; i < problem->samples; i++) {
            labelled += problem->label[i] == c;
            answered += answer[i] == c;
            both += problem->label[i] == c && answer[i] == c;
        }
        if (labelled + answered == 0)
            continue;
        occurring++;
        if (both > 0)
            sum += 2 / (answered / both + labelled / both);
    }
    return sum / occurring;
}

/* Whether fewer than 5 others are at least as large; no two are equal here. */
static bool plain_top5(const float *row, int64_t n, int32_t label)
{
    int larger = 0;
    for (int64_t j = 0; j < n; j++)
        larger += row[j] > row[label];
    return larger < 5;
}

static struct metrics plain_classes(const struct reference_problem *problem, const float *z)
{
    int64_t n = problem->width[problem->layers], *answer = malloc((size_t)problem->samples * 8);
    struct metrics plain = metrics_none();
    plain.samples = problem->samples;
    plain.loss = plain.accuracy = 0;
    plain.top5 = n > 5 ? 0 : NAN;
    for (int64_t i = 0; i < problem->samples; i++) {
        const float *row = z + i * n;
        double sum = 0;
        int64_t best = n;
        for (int64_t j = n - 1; j >= 0; j--) {
            sum += exp((double)row[j]);
            if (best == n || row[j] >= row[best])
                best = j;
        }
        answer[i] = best;
        plain.loss += log(sum) - (double)row[problem->label[i]];
        plain.accuracy += best == problem->label[i];
        plain.top5 += plain_top5(row, n, problem->label[i]);
    }
    plain.loss /= (double)problem->samples;
    plain.accuracy /= (double)problem->samples;
    plain.top5 /= (double)problem->samples;
    plain.f1 = plain_f1(problem, answer);
    free(answer);
    return plain;
}

static double plain_r2(const struct reference_problem *problem, const float *z)
{
    int64_t n = problem->width[problem->layers], samples = problem->samples;
    double r2 = 0;
    for (int64_t o = 0; o < n; o++) {
        double mean = 0, errors = 0, all = 0;
        for (int64_t i = 0; i < samples; i++)
            mean += (double)problem->target[i * n + o] / (double)samples;
        for (int64_t i = 0; i < samples; i++) {
            double t = (double)problem->target[i * n + o], y = (double)z[i * n + o];
            errors += (y - t) * (y - t);
            all += (t - mean) * (t - mean);
        }
        r2 += all > 1e-20 ? 1 - errors / all : errors == 0;
    }
    return r2 / (double)n;
}

static struct metrics plain_values(const struct reference_problem *problem, const float *z)
{
    int64_t n = problem->width[problem->layers], all = problem->samples * n;
    struct metrics plain = metrics_none();
    plain.samples = problem->samples;
    plain.mse = plain.mae = 0;
    for (int64_t i = 0; i < all; i++) {
        double d = (double)z[i] - (double)problem->target[i];
        plain.mse += d * d / (double)all;
        plain.mae += fabs(d) / (double)all;
    }
    plain.loss = plain.mse;
    plain.rmse = sqrt(plain.mse);
    plain.r2 = plain_r2(problem, z);
    return plain;
}

/* |got - want| <= bound * max(1, |want|); both NaN where there is no such figure. */
static void assert_near(const char *what, double got, double want, double bound)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= bound * fmax(1, fabs(want))))
        fail_msg("%s: %.17g, not %.17g", what, got, want);
}

/* A sum of n terms in double is off by n 2^-53; the loss takes float32 differences and
 * exponentials, each off by a few roundings of its size, here below 8. */
static void assert_metrics(const struct metrics *got, const struct metrics *want)
{
    double wide = (double)want->samples * 0x1p-50, narrow = 64 * COMPARE_EPS;
    assert_int_equal(got->samples, want->samples);
    assert_near("loss", got->loss, want->loss, narrow);
    assert_near("accuracy", got->accuracy, want->accuracy, 0x1p-52);
    assert_near("top5", got->top5, want->top5, 0x1p-52);
    assert_near("exact", got->exact, want->exact, 0);
    assert_near("f1", got->f1, want->f1, 0x1p-50);
    assert_near("mse", got->mse, want->mse, wide);
    assert_near("rmse", got->rmse, want->rmse, wide);
    assert_near("mae", got->mae, want->mae, wide);
    assert_near("r2", got->r2, want->r2, wide);
}

/* --- a problem ----------------------------------------------------------------------------- */

struct set {
    struct reference_problem problem;
    float *x, *target, *parameters;
    int32_t *label;
};

static struct set make_set(enum loss_kind loss, int64_t samples, int64_t inputs, int64_t outputs)
{
    struct set set;
    set.x = malloc((size_t)(samples * inputs) * sizeof *set.x);
    set.target = malloc((size_t)(samples * outputs) * sizeof *set.target);
    set.label = malloc((size_t)samples * sizeof *set.label);
    fill_uniform(set.x, samples * inputs, 1);
    fill_uniform(set.target, samples * outputs, 2);
    fill_labels(set.label, samples, outputs, 3);
    set.problem = (struct reference_problem){.layers = 2,
        .width = {inputs, 9, outputs},
        .loss = loss,
        .x = set.x,
        .label = set.label,
        .target = set.target,
        .samples = samples};
    int64_t n = reference_parameters(&set.problem);
    set.parameters = malloc((size_t)n * sizeof *set.parameters);
    fill_uniform(set.parameters, n, 4);
    return set;
}

static void clear_set(struct set *set)
{
    free(set->x);
    free(set->target);
    free(set->label);
    free(set->parameters);
}

/* y = x: no hidden layer, weights the identity, so that a test may choose the outputs. */
static struct set make_identity(enum loss_kind loss, int64_t samples, int64_t outputs)
{
    struct set set = make_set(loss, samples, outputs, outputs);
    set.problem.layers = 1;
    set.problem.width[1] = outputs;
    for (int64_t i = 0; i < outputs * outputs + outputs; i++)
        set.parameters[i] = i < outputs * outputs && i % (outputs + 1) == 0;
    return set;
}

/* --- the tests ----------------------------------------------------------------------------- */

TEST(classes_as_plain_loops_say)
{
    static const int64_t outputs[] = {2, 10};
    for (int s = 0; s < N_SIZES; s++)
        for (int o = 0; o < 2; o++) {
            struct set set = make_set(LOSS_CROSS_ENTROPY, set_sizes[s], 6, outputs[o]);
            float *z = outputs_of(&set.problem, set.parameters);
            struct metrics want = plain_classes(&set.problem, z);
            struct metrics got = evaluate(&set.problem, set.parameters);
            assert_metrics(&got, &want);
            free(z);
            clear_set(&set);
        }
}

TEST(values_as_plain_loops_say)
{
    static const int64_t outputs[] = {1, 3};
    for (int s = 0; s < N_SIZES; s++)
        for (int o = 0; o < 2; o++) {
            struct set set = make_set(LOSS_MSE, set_sizes[s], 6, outputs[o]);
            float *z = outputs_of(&set.problem, set.parameters);
            struct metrics want = plain_values(&set.problem, z);
            struct metrics got = evaluate(&set.problem, set.parameters);
            assert_metrics(&got, &want);
            free(z);
            clear_set(&set);
        }
}

/* Whole numbers: the loss, sum of i^2 / N, is exact, and so shows one sample missing or counted
 * twice. */
TEST(each_sample_once)
{
    for (int s = 0; s < N_SIZES; s++) {
        int64_t n = set_sizes[s], squares = 0, sum = 0;
        struct set set = make_identity(LOSS_MSE, n, 1);
        for (int64_t i = 0; i < n; i++) {
            set.x[i] = (float)(i + 1);
            set.target[i] = 0;
            squares += (i + 1) * (i + 1);
            sum += i + 1;
        }
        struct metrics got = evaluate(&set.problem, set.parameters);
        assert_true(got.loss == (double)squares / (double)n);
        assert_true(got.mae == (double)sum / (double)n);
        clear_set(&set);
    }
}

/* A held-out part of a dataset: every third sample. */
TEST(the_samples_of_the_subset_alone)
{
    enum { N = 900, PART = N / 3 };
    int64_t number[PART], squares = 0;
    struct set set = make_identity(LOSS_MSE, N, 1);
    for (int64_t i = 0; i < N; i++) {
        set.x[i] = (float)i;
        set.target[i] = 0;
    }
    for (int64_t i = 0; i < PART; i++) {
        number[i] = 3 * i + 1;
        squares += number[i] * number[i];
    }
    struct metrics got =
        evaluate_subset(&set.problem, &(struct subset){PART, number}, set.parameters);
    assert_int_equal(got.samples, PART);
    assert_true(got.loss == (double)squares / PART);
    clear_set(&set);
}

/* Outputs in fours: (1 1 0), (0 1 1), (1 0 1), (1 1 1). The first of equals is the answer. */
TEST(the_first_of_equals_is_the_answer)
{
    static const float rows[4][3] = {{1, 1, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}};
    static const int answer[4] = {0, 1, 0, 0};
    enum { N = 300 };
    struct set set = make_identity(LOSS_CROSS_ENTROPY, N, 3);
    for (int label = 0; label < 3; label++) {
        int hits = 0;
        for (int i = 0; i < N; i++) {
            memcpy(set.x + 3 * i, rows[i % 4], sizeof rows[0]);
            set.label[i] = label;
            hits += answer[i % 4] == label;
        }
        struct metrics got = evaluate(&set.problem, set.parameters);
        assert_true(got.accuracy == (double)hits / N);
    }
    clear_set(&set);
}

/* A network that finds all samples equally likely: the loss is log(classes). */
TEST(all_equal_outputs)
{
    struct set set = make_identity(LOSS_CROSS_ENTROPY, 257, 5);
    memset(set.x, 0, 257 * 5 * sizeof *set.x);
    memset(set.label, 0, 257 * sizeof *set.label);
    struct metrics got = evaluate(&set.problem, set.parameters);
    assert_near("loss", got.loss, log(5), 257 * 0x1p-50);
    assert_true(got.accuracy == 1);
    clear_set(&set);
}

/* Three outputs: met exactly and constant; constant and missed; halfway to a target that varies. */
TEST(r2_of_constant_targets)
{
    enum { N = 1000 };
    struct set set = make_identity(LOSS_MSE, N, 3);
    for (int i = 0; i < N; i++) {
        float t = i % 2 ? 1 : -1;
        const float target[] = {0.1f, 0.1f, t}, output[] = {0.1f, 0.1f, t / 2};
        memcpy(set.target + 3 * i, target, sizeof target);
        memcpy(set.x + 3 * i, output, sizeof output);
    }
    set.x[3 * 777 + 1] = 0.2f;
    struct metrics got = evaluate(&set.problem, set.parameters);
    assert_near("r2", got.r2, (1 + 0 + 0.75) / 3, N * 0x1p-50);
    clear_set(&set);
}
