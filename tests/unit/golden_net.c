/* golden_net.c: activations and losses, end to end, against PyTorch's numbers,
 * tests/golden/net-*.json, which tests/golden/net writes. The bound is golden.c's: four times
 * what PyTorch's own float32 run is away from its float64 run, and four roundings.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "comm/comm.h"
#include "net/mlp.h"
#include "support/golden.h"
#include "support/training.h"
#include "support/unit.h"

enum { STEPS_MAX = 100 };

/* One network with its data, as it trains here. */
struct trial {
    const struct json *test;
    struct reference_problem problem;
    float *x, *target, *initial, *class_weight, *weight;
    int32_t *label;
    int64_t parameters;
};

static enum activation_kind activation_named(const char *name)
{
    int kind = 0;
    while (strcmp(activation_words[kind], name) != 0)
        assert_in_range(++kind, 0, N_ACTIVATIONS - 1);
    return (enum activation_kind)kind;
}

static enum loss_kind loss_named(const char *name)
{
    int kind = 0;
    while (strcmp(loss_words[kind], name) != 0)
        assert_in_range(++kind, 0, N_LOSSES - 1);
    return (enum loss_kind)kind;
}

static void read_network(struct trial *trial)
{
    struct reference_problem *problem = &trial->problem;
    const struct json *widths = js_get(trial->test, "widths");
    const struct json *activations = js_get(trial->test, "activations");
    problem->layers = (int)js_size(widths) - 1;
    assert_in_range(problem->layers, 1, REFERENCE_LAYERS_MAX);
    for (size_t i = 0; i < js_size(widths); i++)
        assert_true(js_as_int(js_item(widths, i), &problem->width[i]));
    for (size_t i = 0; i < js_size(activations); i++)
        problem->activation[i] = activation_named(js_as_text(js_item(activations, i)));
    trial->parameters = reference_parameters(problem);
    problem->initial = trial->initial = golden_floats(trial->test, "initial", trial->parameters);
}

static void trial_read(struct trial *trial, const struct json *root, const struct json *test)
{
    const struct json *run = js_get(test, "run");
    *trial = (struct trial){.test = test,
        .problem = {.leaky_slope = (float)golden_real(root, "leaky_slope"),
            .loss = loss_named(golden_text(test, "loss")),
            .label_smoothing = (float)golden_real_or(test, "label_smoothing", 0),
            .huber_delta = (float)golden_real_or(test, "huber_delta", 0),
            .samples = golden_int(test, "samples"),
            .batch = golden_int(test, "batch"),
            .steps = golden_int(root, "steps"),
            .lr = golden_real(run, "lr"),
            .momentum = golden_real(run, "momentum"),
            .weight_decay = golden_real(run, "weight_decay")}};
    read_network(trial);
    struct reference_problem *problem = &trial->problem;
    int64_t outputs = problem->width[problem->layers];
    problem->x = trial->x = golden_floats(test, "inputs", problem->samples * problem->width[0]);
    if (problem->loss == LOSS_CROSS_ENTROPY)
        problem->label = trial->label = golden_labels(test, "labels", problem->samples);
    else
        problem->target = trial->target =
            golden_floats(test, "targets", problem->samples * outputs);
    if (js_get(test, "class_weight"))
        problem->class_weight = trial->class_weight = golden_floats(test, "class_weight", outputs);
    if (js_get(test, "sample_weight"))
        problem->weight = trial->weight = golden_floats(test, "sample_weight", problem->samples);
}

static void trial_clear(struct trial *trial)
{
    free(trial->x);
    free(trial->target);
    free(trial->initial);
    free(trial->class_weight);
    free(trial->weight);
    free(trial->label);
}

/* Whether x is what PyTorch says; `why` tells if not. */
static bool agrees(
    const struct trial *trial, const char *what, int64_t n, const float *x, char *why)
{
    char key[20];
    const struct json *run = js_get(trial->test, "run");
    snprintf(key, sizeof key, "%s_f32", what);
    double *f32 = golden_reals(run, key, n), apart = 0, largest = 0;
    snprintf(key, sizeof key, "%s_f64", what);
    double *f64 = golden_reals(run, key, n);
    for (int64_t i = 0; i < n; i++) {
        apart = fmax(apart, fabs(f32[i] - f64[i]));
        largest = fmax(largest, fabs(f64[i]));
    }
    bool same = compare_within(x, f64, n, 4 * apart + 4 * (double)FLT_EPSILON * largest, why);
    free(f32);
    free(f64);
    return same;
}

/* Trains; whether losses and weights are PyTorch's. */
static bool trains_alike(const struct trial *trial, struct way way, char *why)
{
    double losses[STEPS_MAX];
    float rounded[STEPS_MAX], *weights = malloc((size_t)trial->parameters * sizeof *weights);
    struct result result;
    struct error error = {.text = ""};
    assert_non_null(weights);
    assert_in_range(trial->problem.steps, 1, STEPS_MAX);
    if (training_run(&trial->problem, &way, comm_self(), weights, losses, &result, &error))
        fail_msg("%s", error.text);
    for (int64_t i = 0; i < trial->problem.steps; i++)
        rounded[i] = (float)losses[i];
    bool same = agrees(trial, "losses", trial->problem.steps, rounded, why) &&
                agrees(trial, "weights", trial->parameters, weights, why);
    free(weights);
    return same;
}

static void for_each_trial(void (*check)(struct trial *trial))
{
    const char *const files[] = {"net-activations.json", "net-losses.json", "net-weights.json"};
    int tried = 0;
    for (int f = 0; f < 3; f++) {
        char path[FILE_PATH_MAX];
        struct error error;
        assert_int_equal(file_path(path, golden_directory(), files[f], &error), STATUS_OK);
        struct json *root = golden_parse(path);
        const struct json *cases = js_get(root, "cases");
        for (size_t i = 0; i < js_size(cases); i++, tried++) {
            struct trial trial;
            trial_read(&trial, root, js_item(cases, i));
            check(&trial);
            trial_clear(&trial);
        }
        js_destroy(root);
    }
    assert_int_equal(tried, 22);
}

static void check_alike(struct trial *trial)
{
    for (int64_t slices = 0; slices <= 3; slices += 3) {
        char why[COMPARE_TEXT] = "";
        trial->problem.slices = slices;
        if (!trains_alike(trial, (struct way){.threads = 1}, why))
            fail_msg("%s, %s, %lld slices: %s", golden_text(trial->test, "sequential"),
                golden_text(trial->test, "loss"), (long long)slices, why);
    }
}

TEST(trains_as_pytorch_does)
{
    for_each_trial(check_alike);
}

/* The net catches a slope, a smoothing, a border and weights that are wrong by a hundredth, and
 * another activation of the same kind. */
static void check_wrong(struct trial *trial)
{
    struct reference_problem *problem = &trial->problem, right = *problem;
    const struct way way = {.threads = 1};
    problem->lr *= 1.001;
    assert_false(trains_alike(trial, way, NULL));
    *problem = right;
    problem->leaky_slope *= 1.01f;
    problem->label_smoothing *= 1.01f;
    problem->huber_delta *= 1.01f;
    if (problem->class_weight)
        trial->class_weight[0] *= 1.01f;
    if (problem->weight)
        for (int64_t i = 0; i < problem->samples; i += 2)
            trial->weight[i] *= 1.01f;
    for (int l = 0; l + 1 < problem->layers; l++)
        problem->activation[l] = right.activation[l] == ACTIVATION_GELU ? ACTIVATION_GELU_TANH
                                 : right.activation[l] == ACTIVATION_GELU_TANH
                                     ? ACTIVATION_GELU
                                     : right.activation[l];
    bool changed = right.activation[0] == ACTIVATION_LEAKY_RELU || right.label_smoothing > 0 ||
                   right.class_weight || right.weight || right.huber_delta > 0 ||
                   memcmp(problem->activation, right.activation, sizeof right.activation) != 0;
    assert_int_equal(trains_alike(trial, way, NULL), !changed);
}

TEST(slight_errors_are_caught)
{
    for_each_trial(check_wrong);
}
