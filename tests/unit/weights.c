/* weights.c: weights of samples, by identities: whole numbers are repetitions, powers of two for all
 * are none, 0 is absence; in training, evaluation and the baseline. PyTorch's and scikit-learn's
 * numbers are in golden_net.c and metric_sums.c, the bits in tests/ranks/same_bits.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comm/threads.h"
#include "data/encoding_fit.h"
#include "model/baseline.h"
#include "model/evaluate.h"
#include "step/noise.h"
#include "step/step_memory.h"
#include "support/fill.h"
#include "support/net.h"
#include "support/training.h"
#include "support/unit.h"

enum { SAMPLES = 90, MOST = 4 * SAMPLES, IN = 5, OUT = 3, STEPS = 8, PARAMETERS = 6 * 7 + 8 * OUT };

/* The samples, and the same with each repeated as often as its weight is. */
static float x[SAMPLES * IN], target[SAMPLES * OUT], weight[SAMPLES];
static int32_t label[SAMPLES];
static float many_x[MOST * IN], many_target[MOST * OUT];
static int32_t many_label[MOST];
static int64_t many;

static const float class_weight[OUT] = {0.5f, 2, 1};

/* A weight between 0 and 3 for each sample. */
static void fill(void)
{
    fill_uniform(x, SAMPLES * IN, 1);
    fill_uniform(target, SAMPLES * OUT, 2);
    fill_labels(label, SAMPLES, OUT, 3);
    many = 0;
    for (int i = 0; i < SAMPLES; i++) {
        weight[i] = (float)(i * 7 % 11 % 4);
        for (int o = 0; o < OUT; o++) /* also as labels of yes and no */
            target[i * OUT + o] = target[i * OUT + o] > 0.3f;
        target[i * OUT] += (float)(i % 5) / 8;
        target[i * OUT] = fminf(target[i * OUT], 1);
        for (int k = 0; k < (int)weight[i]; k++, many++) {
            memcpy(many_x + many * IN, x + i * IN, IN * sizeof *x);
            memcpy(many_target + many * OUT, target + i * OUT, OUT * sizeof *target);
            many_label[many] = label[i];
        }
    }
}

static struct reference_problem problem_of(enum loss_kind loss, bool of_classes)
{
    fill();
    return (struct reference_problem){.layers = 2,
        .width = {IN, 7, OUT},
        .loss = loss,
        .huber_delta = 0.25f,
        .class_weight = of_classes ? class_weight : NULL,
        .label_smoothing = of_classes ? 0.1f : 0,
        .x = x,
        .label = label,
        .target = target,
        .samples = SAMPLES,
        .batch = 32,
        .steps = STEPS,
        .shuffle = true,
        .seed = 3,
        .lr = 0.1,
        .momentum = 0.9,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .eps = 1e-8};
}

static void repeat(struct reference_problem *problem)
{
    problem->x = many_x;
    problem->label = many_label;
    problem->target = many_target;
    problem->samples = problem->batch = many;
    problem->weight = NULL;
}

static struct result train(
    const struct reference_problem *problem, float *parameters, double losses[STEPS])
{
    struct result result;
    struct error error = {.text = ""};
    struct way way = {.threads = 1, .noise_scale = NOISE_SCALE_ON};
    assert_int_equal(reference_parameters(problem), PARAMETERS);
    if (training_run(problem, &way, comm_self(), parameters, losses, &result, &error))
        fail_msg("%s", error.text);
    return result;
}

static bool near(double got, double want, double tolerance)
{
    return (isnan(got) && isnan(want)) || fabs(got - want) <= tolerance * fmax(1, fabs(want));
}

static const struct {
    enum loss_kind loss;
    bool of_classes; /* class weights and smoothing */
} kinds[] = {{LOSS_CROSS_ENTROPY, false}, {LOSS_CROSS_ENTROPY, true}, {LOSS_MSE, false},
    {LOSS_BCE, false}, {LOSS_MAE, false}, {LOSS_HUBER, false}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* --- training ------------------------------------------------------------------------------ */

/* Sums are multiplied by a power of two, and their divisor too: not a bit changes. */
TEST(equal_weights_change_nothing)
{
    static const float powers[] = {1, 0.125f, 64};
    const struct {
        enum optimizer_kind optimizer;
        double clip_norm;
    } updates[] = {{OPTIMIZER_SGD, 0}, {OPTIMIZER_ADAMW, 0}, {OPTIMIZER_SGD, 0.1}};
    float plain[PARAMETERS], weighted[PARAMETERS];
    double plain_loss[STEPS], weighted_loss[STEPS];
    for (int k = 0; k < N_KINDS; k++)
        for (int u = 0; u < 3; u++)
            for (int p = 0; p < 3; p++) {
                struct reference_problem problem = problem_of(kinds[k].loss, kinds[k].of_classes);
                problem.optimizer = updates[u].optimizer;
                problem.clip_norm = updates[u].clip_norm;
                train(&problem, plain, plain_loss);
                for (int i = 0; i < SAMPLES; i++)
                    weight[i] = powers[p];
                problem.weight = weight;
                train(&problem, weighted, weighted_loss);
                assert_compare(compare_bits(weighted, plain, PARAMETERS, why));
                assert_memory_equal(weighted_loss, plain_loss, sizeof plain_loss);
            }
}

/* One batch of all samples, so that the same ones are in it. */
TEST(whole_numbers_are_repetitions)
{
    float weighted[PARAMETERS], repeated[PARAMETERS];
    double weighted_loss[STEPS], repeated_loss[STEPS], wide[PARAMETERS];
    for (int k = 0; k < N_KINDS; k++) {
        struct reference_problem problem = problem_of(kinds[k].loss, kinds[k].of_classes);
        problem.batch = SAMPLES;
        problem.weight = weight;
        train(&problem, weighted, weighted_loss);
        repeat(&problem);
        train(&problem, repeated, repeated_loss);
        for (int i = 0; i < PARAMETERS; i++)
            wide[i] = (double)repeated[i];
        assert_compare(compare_norm(weighted, wide, PARAMETERS, 2e-6, why));
        for (int s = 0; s < STEPS; s++)
            assert_true(near(weighted_loss[s], repeated_loss[s], 2e-6));
    }
}

/* The training loss of an epoch is the mean over its weight, to which a batch of weight 0 adds
 * nothing. */
TEST(the_mean_of_an_epoch)
{
    float parameters[PARAMETERS];
    double losses[STEPS], sum = 0, weights = 0;
    struct reference_problem problem = problem_of(LOSS_MSE, false);
    problem.shuffle = false;
    problem.batch = 30;
    problem.steps = 3;
    problem.weight = weight;
    memset(weight + 30, 0, 30 * sizeof *weight);
    struct result result = train(&problem, parameters, losses);
    for (int i = 0; i < SAMPLES; i++) {
        sum += losses[i / 30] * (double)weight[i];
        weights += (double)weight[i];
    }
    assert_true(losses[0] > 0 && losses[1] == 0 && losses[2] > 0);
    assert_true(near(result.train_loss, sum / weights, 1e-12));
}

/* An epoch may have no weight where its other samples are dropped. */
TEST(an_epoch_of_weight_0)
{
    float parameters[PARAMETERS], before[PARAMETERS];
    double losses[STEPS];
    struct reference_problem problem = problem_of(LOSS_CROSS_ENTROPY, false);
    problem.shuffle = false;
    problem.drop_last = true;
    problem.batch = 80;
    problem.steps = 2;
    problem.weight = weight;
    memset(weight, 0, 80 * sizeof *weight);
    struct result result = train(&problem, parameters, losses);
    reference_initial(&problem, before);
    assert_true(result.steps_done == 2 && result.train_loss == 0);
    assert_compare(compare_bits(parameters, before, PARAMETERS, why));
}

TEST(no_noise_scale)
{
    float parameters[PARAMETERS];
    double losses[STEPS];
    struct reference_problem problem = problem_of(LOSS_MSE, false);
    problem.weight = weight;
    struct result result = train(&problem, parameters, losses);
    assert_int_equal(result.noise.steps, 0);
    assert_int_equal(result.frozen.rows, 0);
    assert_string_equal(result.frozen.why, "samples have unequal weights");
    assert_int_equal(
        noise_validity(&(struct settings){.weighted = true, .noise_scale = NOISE_SCALE_ON}),
        NOISE_WEIGHTED);
}

/* --- evaluation ---------------------------------------------------------------------------- */

struct set {
    struct dataset dataset;
    struct subset subset;
    struct encoding encoding;
    struct loader loader;
};

static void set_make(struct set *set, const struct reference_problem *problem)
{
    struct error error;
    bool classes = problem->loss == LOSS_CROSS_ENTROPY;
    set->dataset = (struct dataset){.samples = problem->samples,
        .features = IN,
        .type = VALUE_F32,
        .values = (void *)(uintptr_t)problem->x,
        .classes = classes ? OUT : 0,
        .outputs = classes ? 0 : OUT,
        .labels = classes ? (int32_t *)(uintptr_t)problem->label : NULL,
        .targets = classes ? NULL : (float *)(uintptr_t)problem->target,
        .weight = (float *)(uintptr_t)problem->weight};
    set->subset = (struct subset){.size = problem->samples};
    assert_int_equal(encoding_fit(&set->encoding, &(struct encoding_choice){.scale = SCALE_NONE},
                         &set->dataset, &set->subset, &error),
        STATUS_OK);
    set->loader =
        (struct loader){&set->dataset, &set->subset, &set->encoding, vector_of(LEVEL_BASE), NULL};
}

struct evaluation {
    struct evaluator *evaluator;
    struct metrics metrics;
    struct class_metrics class_metrics;
};

static void work(const struct worker *worker, void *argument)
{
    struct evaluation *evaluation = argument;
    evaluation->metrics = evaluator_run(evaluation->evaluator, worker, NULL);
}

static void evaluate(
    struct evaluation *evaluation, const struct reference_problem *problem, const float *parameters)
{
    struct error error = {.text = ""};
    struct kernel kernel;
    struct mlp mlp;
    struct net net;
    struct set set;
    struct criterion criterion;
    assert_int_equal(kernel_choose("auto", &kernel, &error), STATUS_OK);
    assert_int_equal(mlp_init(&mlp, IN, &(int64_t){7}, 1, OUT, &error), STATUS_OK);
    reference_describe(problem, &mlp, &criterion);
    net_make(&net, &mlp, &kernel);
    net_set(&net, parameters);
    set_make(&set, problem);
    assert_int_equal(class_metrics_create(&evaluation->class_metrics,
                         prediction_kind_of(problem->loss), OUT, 2, &error),
        STATUS_OK);
    if (evaluator_create(&evaluation->evaluator, &criterion, &set.loader, &net.panels, &net.weights,
            1, comm_self(), &evaluation->class_metrics, &error))
        fail_msg("%s", error.text);
    assert_int_equal(threads_run(1, work, evaluation, &error), STATUS_OK);
    evaluator_destroy(evaluation->evaluator);
    encoding_clear(&set.encoding);
    net_clear(&net);
}

static void assert_same_metrics(const struct metrics *got, const struct metrics *want)
{
    for (int m = 0; m < N_METRICS; m++)
        if (!near(metric_of((enum metric)m, got), metric_of((enum metric)m, want), 1e-12))
            fail_msg("%s is %.17g, not %.17g", metric_name((enum metric)m),
                metric_of((enum metric)m, got), metric_of((enum metric)m, want));
}

static void assert_same_classes(const struct class_metrics *got, const struct class_metrics *want)
{
    assert_true(near(got->auc, want->auc, 0));
    assert_true(near(got->top_k_accuracy, want->top_k_accuracy, 1e-12));
    assert_true(near(got->macro.f1, want->macro.f1, 1e-12));
    assert_true(near(got->weighted.precision, want->weighted.precision, 1e-12));
    for (int o = 0; o < OUT; o++) {
        const struct detail *a = &got->of[o], *b = &want->of[o];
        assert_true(
            a->labelled == b->labelled && a->answered == b->answered && a->right == b->right);
        assert_true(near(a->auc, b->auc, 0) && near(a->r2, b->r2, 1e-12));
    }
    for (int i = 0; want->confusion && i < OUT * OUT; i++)
        assert_true(got->confusion[i] == want->confusion[i]);
}

TEST(metrics_of_repetitions)
{
    float parameters[PARAMETERS];
    fill_uniform(parameters, PARAMETERS, 5);
    for (int k = 0; k < N_KINDS; k++) {
        struct evaluation weighted, repeated;
        struct reference_problem problem = problem_of(kinds[k].loss, kinds[k].of_classes);
        problem.weight = weight;
        evaluate(&weighted, &problem, parameters);
        repeat(&problem);
        evaluate(&repeated, &problem, parameters);
        assert_int_equal(weighted.metrics.samples, SAMPLES);
        assert_same_metrics(&weighted.metrics, &repeated.metrics);
        assert_same_classes(&weighted.class_metrics, &repeated.class_metrics);
        class_metrics_clear(&weighted.class_metrics);
        class_metrics_clear(&repeated.class_metrics);
    }
}

/* --- the baseline -------------------------------------------------------------------------- */

static struct metrics find_baseline(const struct reference_problem *problem, float baseline[OUT])
{
    struct error error;
    struct mlp mlp;
    struct set set;
    struct metrics metrics;
    struct criterion criterion;
    reference_describe(problem, &mlp, &criterion);
    set_make(&set, problem);
    assert_int_equal(baseline_fit(baseline, &criterion, &set.loader, &error), STATUS_OK);
    assert_int_equal(
        baseline_evaluate(&metrics, baseline, &criterion, &set.loader, &error), STATUS_OK);
    encoding_clear(&set.encoding);
    return metrics;
}

TEST(baseline_of_repetitions)
{
    for (int k = 0; k < N_KINDS; k++) {
        float weighted[OUT], repeated[OUT];
        struct reference_problem problem = problem_of(kinds[k].loss, kinds[k].of_classes);
        problem.weight = weight;
        struct metrics of_weighted = find_baseline(&problem, weighted);
        repeat(&problem);
        struct metrics of_repeated = find_baseline(&problem, repeated);
        for (int o = 0; o < OUT; o++)
            assert_true(near((double)weighted[o], (double)repeated[o], 1e-7));
        for (int m = 0; m < N_METRICS; m++)
            assert_true(near(metric_of((enum metric)m, &of_weighted),
                metric_of((enum metric)m, &of_repeated), 1e-6));
    }
}

/* Half of the weight on either side, or between two targets. */
TEST(weighted_median)
{
    static const struct {
        float target[4], weight[4], median;
    } cases[] = {{{4, 1, 3, 2}, {1, 1, 1, 1}, 2.5f}, {{4, 1, 3, 2}, {1, 1, 1, 0}, 3},
        {{1, 2, 3, 4}, {3, 0, 0, 3}, 2.5f}, {{1, 2, 3, 4}, {0.5f, 0.25f, 0.125f, 0.125f}, 1.5f},
        {{1, 2, 3, 4}, {1, 1, 1, 9}, 4}, {{1, 2, 3, 4}, {0, 0, 2, 0}, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float baseline[OUT];
        for (int s = 0; s < 4; s++) {
            weight[s] = cases[i].weight[s];
            for (int o = 0; o < OUT; o++)
                target[s * OUT + o] = cases[i].target[s];
        }
        struct reference_problem problem = {.layers = 1,
            .width = {IN, OUT},
            .loss = LOSS_MAE,
            .x = x,
            .target = target,
            .weight = weight,
            .samples = 4};
        find_baseline(&problem, baseline);
        assert_true(baseline[0] == cases[i].median && baseline[2] == cases[i].median);
    }
}

/* --- memory -------------------------------------------------------------------------------- */

/* A float and a double for each row of a pass. */
TEST(memory_is_counted)
{
    struct error error;
    struct settings settings = {.criterion.kind = LOSS_MSE};
    struct plan_request request = {
        .samples = 3000, .batch = 3000, .epochs = 1, .teams = 1, .threads = 1};
    assert_int_equal(kernel_choose("auto", &settings.kernel, &error), STATUS_OK);
    assert_int_equal(mlp_init(&settings.mlp, IN, &(int64_t){7}, 1, OUT, &error), STATUS_OK);
    assert_int_equal(plan_make(&settings.plan, &request, &error), STATUS_OK);
    struct step_memory without = step_memory_of(&settings, 0, 1);
    settings.weighted = true;
    struct step_memory with = step_memory_of(&settings, 0, 1);
    int64_t bytes = with.activations - without.activations;
    assert_true(bytes >= 12 * with.pass_rows && bytes < 12 * with.pass_rows + 1000);
}
