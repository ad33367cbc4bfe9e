/* same_bits.c: the weights after training are, byte for byte, those of the scalar reference
 * (tests/support/reference.h), on any number of ranks and threads, for any pass size, on every
 * kernel this CPU can run and at every level of the elementwise code.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/ranks.h"
#include "support/training.h"

struct shape {
    const char *what;
    int layers;
    int64_t width[5];
    enum loss_kind loss;
    int64_t samples, batch, steps, slices;
    bool drop_last, shuffle;
    /* relu, and nothing dropped out, if not said */
    enum activation_kind activation[3];
    float dropout_input, dropout_hidden, label_smoothing;
    bool weighted;         /* by class */
    bool weighted_samples; /* a fifth of them by 0 */
    int64_t grows_to[2];   /* the batch after one epoch, and after two; 0: it does not */
};

/* Of very different sizes, so that the small ones are rounded where they are counted. */
static const float class_weight[] = {0.3f, 7.0f, 0.001f, 1.0f};

static const struct shape shapes[] = {
    {.what = "a tail of 4", 2, {5, 7, 3}, LOSS_CROSS_ENTROPY, 100, 32, 9, 0, false, true},
    {.what = "a tail of 1, fewer than ranks",
        3,
        {9, 33, 17, 4},
        LOSS_CROSS_ENTROPY,
        33,
        16,
        7,
        4,
        false,
        true},
    {.what = "drop-last", 2, {3, 5, 2}, LOSS_MSE, 50, 16, 8, 2, true, true},
    {.what = "B=1", 2, {4, 6, 2}, LOSS_CROSS_ENTROPY, 5, 1, 11, 0, false, true},
    {.what = "B=N", 2, {4, 6, 2}, LOSS_CROSS_ENTROPY, 61, 61, 4, 3, false, false},
    {.what = "a linear model", 1, {10, 1}, LOSS_MSE, 90, 20, 12, 0, false, true},
    {.what = "two blocks a slice",
        2,
        {6, 11, 3},
        LOSS_CROSS_ENTROPY,
        1700,
        1000,
        4,
        2,
        false,
        true},
    {.what = "many slices by default",
        2,
        {6, 13, 3},
        LOSS_CROSS_ENTROPY,
        1500,
        1024,
        4,
        0,
        false,
        true},
    {.what = "3 slices of several blocks", 2, {6, 9, 3}, LOSS_MSE, 2100, 2000, 3, 3, false, true},
    {.what = "8 slices, empty ones in the tail",
        2,
        {6, 9, 3},
        LOSS_CROSS_ENTROPY,
        37,
        32,
        6,
        8,
        false,
        true},
    {.what = "inputs and units beyond a block",
        3,
        {300, 270, 12, 3},
        LOSS_CROSS_ENTROPY,
        70,
        50,
        3,
        0,
        false,
        true},
    {.what = "dropout, relu, many slices and passes",
        3,
        {6, 13, 9, 3},
        LOSS_CROSS_ENTROPY,
        1501,
        1101,
        4,
        5,
        false,
        true,
        .dropout_input = 0.2f,
        .dropout_hidden = 0.5f},
    {.what = "dropout behind other activations",
        4,
        {9, 33, 17, 5, 4},
        LOSS_BCE,
        133,
        50,
        7,
        4,
        false,
        true,
        .activation = {ACTIVATION_SIGMOID, ACTIVATION_TANH, ACTIVATION_GELU},
        .dropout_hidden = 0.25f},
    {.what = "mixed activations, inputs dropped",
        4,
        {5, 11, 34, 8, 2},
        LOSS_HUBER,
        700,
        600,
        4,
        2,
        false,
        true,
        .activation = {ACTIVATION_LEAKY_RELU, ACTIVATION_SILU, ACTIVATION_GELU_TANH},
        .dropout_input = 0.75f},
    {.what = "class weights, a tail, empty slices",
        2,
        {6, 9, 4},
        LOSS_CROSS_ENTROPY,
        37,
        32,
        6,
        8,
        false,
        true,
        .weighted = true},
    {.what = "class weights and smoothing",
        2,
        {6, 9, 3},
        LOSS_CROSS_ENTROPY,
        700,
        300,
        5,
        0,
        false,
        true,
        .activation = {ACTIVATION_ELU},
        .weighted = true,
        .label_smoothing = 0.1f},
    {.what = "a batch that grows, by one slice to several",
        2,
        {6, 9, 3},
        LOSS_CROSS_ENTROPY,
        700,
        100,
        13,
        0,
        false,
        true,
        .grows_to = {300, 650}},
    {.what = "a batch that shrinks, without tails",
        3,
        {6, 11, 5, 3},
        LOSS_CROSS_ENTROPY,
        600,
        550,
        10,
        3,
        true,
        true,
        .dropout_hidden = 0.25f,
        .grows_to = {256, 70}},
    {.what = "absolute errors of many outputs",
        2,
        {6, 9, 35},
        LOSS_MAE,
        300,
        128,
        5,
        0,
        false,
        true},
    {.what = "weights of samples, a tail, empty slices",
        2,
        {6, 9, 4},
        LOSS_CROSS_ENTROPY,
        37,
        32,
        6,
        8,
        false,
        true,
        .weighted_samples = true},
    {.what = "weights of samples and classes, smoothing, many slices and passes",
        3,
        {6, 13, 9, 3},
        LOSS_CROSS_ENTROPY,
        1501,
        1101,
        4,
        5,
        false,
        true,
        .dropout_hidden = 0.25f,
        .label_smoothing = 0.1f,
        .weighted = true,
        .weighted_samples = true},
    {.what = "batches of one sample, some of weight 0",
        2,
        {4, 6, 2},
        LOSS_HUBER,
        9,
        1,
        14,
        0,
        false,
        true,
        .weighted_samples = true},
    {.what = "weights of samples, a batch that grows",
        2,
        {6, 9, 3},
        LOSS_BCE,
        700,
        100,
        13,
        0,
        false,
        true,
        .weighted_samples = true,
        .grows_to = {300, 650}},
};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

/* How a step is taken from its gradient; PyTorch's defaults elsewhere. */
struct update {
    enum optimizer_kind optimizer;
    bool nesterov;
    double dampening, clip_value, clip_norm;
    int64_t half_life; /* of an average of the weights, which is then compared; 0: none */
};

static const struct update plainly = {.optimizer = OPTIMIZER_SGD};
static const struct update updates[] = {
    {OPTIMIZER_SGD, true, 0, 0, 0, 0},
    {OPTIMIZER_SGD, false, 0.125, 0, 0.3, 0},
    {OPTIMIZER_ADAM, false, 0, 0, 0, 0},
    {OPTIMIZER_ADAM, false, 0, 0, 0.2, 0},
    {OPTIMIZER_ADAMW, false, 0, 0.02, 0, 0},
    {OPTIMIZER_RMSPROP, false, 0, 0, 0, 0},
    {OPTIMIZER_RMSPROP, false, 0, 0.02, 0.2, 0},
    {OPTIMIZER_ADAGRAD, false, 0, 0, 0, 0},
    {OPTIMIZER_ADAGRAD, false, 0, 0.05, 0.25, 0},
    {OPTIMIZER_LION, false, 0, 0, 0, 0},
    {OPTIMIZER_LION, false, 0, 0.05, 0.2, 0},
};
enum { N_UPDATES = sizeof updates / sizeof updates[0] };

static const struct update averaged[] = {
    {OPTIMIZER_SGD, false, 0, 0, 0, .half_life = 2},
    {OPTIMIZER_ADAMW, false, 0, 0, 0.2, .half_life = 5},
};
enum { N_AVERAGED = sizeof averaged / sizeof averaged[0] };

/* The rate halves after every three steps. */
static const struct schedule schedule = {
    .kind = SCHEDULE_STEP, .lr = 0.1, .step_size = 3, .gamma = 0.5};

/* A shape with its data, and what the reference makes of it. */
struct problem {
    struct reference_problem reference;
    float *x, *target, *weight, *parameters, *got;
    int32_t *label;
    double *losses, *got_losses;
    int64_t n;
};

static void problem_make(
    struct problem *problem, const struct shape *shape, const struct update *update)
{
    int64_t outputs = shape->width[shape->layers];
    problem->x = malloc((size_t)(shape->samples * shape->width[0]) * sizeof(float));
    problem->target = malloc((size_t)(shape->samples * outputs) * sizeof(float));
    problem->label = malloc((size_t)shape->samples * sizeof(int32_t));
    problem->losses = malloc((size_t)shape->steps * sizeof(double));
    problem->got_losses = malloc((size_t)shape->steps * sizeof(double));
    fill_uniform(problem->x, shape->samples * shape->width[0], 1);
    fill_uniform(problem->target, shape->samples * outputs, 2);
    fill_labels(problem->label, shape->samples, outputs, 3);
    problem->weight = malloc((size_t)shape->samples * sizeof(float));
    fill_uniform(problem->weight, shape->samples, 4);
    for (int64_t i = 0; i < shape->samples; i++)
        problem->weight[i] = problem->weight[i] < -0.6f ? 0 : 3 * (problem->weight[i] + 0.6f);
    problem->reference = (struct reference_problem){.layers = shape->layers,
        .leaky_slope = 0.01f,
        .dropout_input = shape->dropout_input,
        .dropout_hidden = shape->dropout_hidden,
        .loss = shape->loss,
        .label_smoothing = shape->label_smoothing,
        .huber_delta = 0.5f,
        .class_weight = shape->weighted ? class_weight : NULL,
        .weight = shape->weighted_samples ? problem->weight : NULL,
        .x = problem->x,
        .label = problem->label,
        .target = problem->target,
        .samples = shape->samples,
        .batch = shape->batch,
        .steps = shape->steps,
        .drop_last = shape->drop_last,
        .slices = shape->slices,
        .shuffle = shape->shuffle,
        .seed = 20260131,
        .optimizer = update->optimizer,
        .schedule = &schedule,
        .momentum = 0.9,
        .weight_decay = 1e-3,
        .nesterov = update->nesterov,
        .dampening = update->dampening,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .alpha = 0.99,
        .eps = 1e-8,
        .half_life = update->half_life,
        .clip_value = update->clip_value,
        .clip_norm = update->clip_norm,
        .init = INIT_PYTORCH};
    for (int i = 0; i < 2 && shape->grows_to[i] > 0; i++) {
        problem->reference.change[i].batch = shape->grows_to[i];
        problem->reference.change[i].after_epochs = i + 1;
        problem->reference.changes = i + 1;
    }
    memcpy(problem->reference.width, shape->width, sizeof shape->width);
    memcpy(problem->reference.activation, shape->activation, sizeof shape->activation);
    for (int64_t i = 0; i < shape->samples * outputs && shape->loss == LOSS_BCE; i++)
        problem->target[i] = 0.5f * (problem->target[i] + 1);
    problem->n = reference_parameters(&problem->reference);
    problem->parameters = malloc((size_t)problem->n * sizeof(float));
    problem->got = malloc((size_t)problem->n * sizeof(float));
    reference_train(&problem->reference, problem->parameters, problem->losses);
}

static void problem_clear(struct problem *problem)
{
    free(problem->x);
    free(problem->target);
    free(problem->weight);
    free(problem->label);
    free(problem->losses);
    free(problem->got_losses);
    free(problem->parameters);
    free(problem->got);
}

static void check(struct problem *problem, const struct shape *shape, const struct way *way)
{
    struct result result;
    struct error error = {0};
    char why[COMPARE_TEXT] = "";
    enum status status = training_run(
        &problem->reference, way, world, problem->got, problem->got_losses, &result, &error);
    assert_ranks(status == STATUS_OK, "%s: %s", shape->what, error.text);
    bool same = compare_bits(problem->got, problem->parameters, problem->n, why);
    assert_ranks(same, "%s, %d threads, team %d/%d, pass %lld, kernel %s, level %d: %s",
        shape->what, way->threads, (int)way->team.kind, way->team.ranks, (long long)way->pass_rows,
        way->kernel.name ? way->kernel.name : "auto", (int)way->kernel.level, why);
    bool losses = world->rank > 0 || memcmp(problem->got_losses, problem->losses,
                                         (size_t)shape->steps * sizeof(double)) == 0;
    assert_ranks(losses, "%s: the losses differ from the reference's", shape->what);
}

TEST(test_threads_and_passes)
{
    static const int64_t pass_rows[] = {0, 1, 512, INT64_MAX};
    for (int s = 0; s < N_SHAPES; s++) {
        struct problem problem;
        problem_make(&problem, &shapes[s], &plainly);
        for (int threads = 1; threads <= 3; threads++)
            for (int p = 0; p < 4; p++)
                check(&problem, &shapes[s],
                    &(struct way){
                        .threads = threads, .pass_rows = pass_rows[p], .cache_bytes = p == 2});
        problem_clear(&problem);
    }
}

/* Teams of all sizes, even ones and not. With one rank they are all the same. */
TEST(test_teams)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct problem problem;
        problem_make(&problem, &shapes[s], &plainly);
        for (int ranks = 1; ranks <= 3 && ranks <= world->size; ranks++)
            for (int threads = 1; threads <= 2; threads++)
                for (int p = 0; p < 2; p++)
                    check(&problem, &shapes[s],
                        &(struct way){.threads = threads,
                            .pass_rows = p,
                            .team = {TEAM_RANKS, ranks},
                            .buckets = 1 + 3 * p + 2 * (threads - 1)});
        problem_clear(&problem);
    }
}

/* Where windows cannot be had, every rank works for itself. */
TEST(test_without_windows)
{
    struct problem problem;
    problem_make(&problem, &shapes[0], &plainly);
    teams_inject_fault(TEAMS_FAULT_WINDOW);
    check(&problem, &shapes[0], &(struct way){.threads = 2});
    teams_inject_fault(TEAMS_NO_FAULT);
    problem_clear(&problem);
}

/* Ranks of a team need not bring as many workers each. (Once the team's memory was counted by what
 * each rank had itself.) */
TEST(test_ranks_of_different_threads)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct problem problem;
        problem_make(&problem, &shapes[s], &plainly);
        check(&problem, &shapes[s], &(struct way){.threads = 1 + 2 * (world->rank % 2)});
        check(&problem, &shapes[s],
            &(struct way){.threads = 3 - world->rank % 3, .team = {TEAM_RANKS, 3}});
        problem_clear(&problem);
    }
}

/* BLIS's path for small matrices, which must be off, would show here on haswell and zen3. */
TEST(test_kernels_and_levels)
{
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    for (int s = 0; s < N_SHAPES; s++) {
        struct problem problem;
        problem_make(&problem, &shapes[s], &plainly);
        for (int k = 0; k < n; k++)
            for (int level = 0; level < N_LEVELS; level++) {
                struct way way = {.threads = 2, .kernel = kernels[k]};
                way.kernel.level = (enum level)level;
                if (level_runs(way.kernel.level))
                    check(&problem, &shapes[s], &way);
            }
        problem_clear(&problem);
    }
}

/* Every optimizer and way of clipping, on threads, in teams and on kernels. */
TEST(test_updates)
{
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    for (int u = 0; u < N_UPDATES; u++)
        for (int s = 0; s < 2; s++) {
            struct problem problem;
            problem_make(&problem, &shapes[s], &updates[u]);
            for (int ranks = 1; ranks <= 3 && ranks <= world->size; ranks++)
                for (int threads = 1; threads <= 3; threads++)
                    check(&problem, &shapes[s],
                        &(struct way){.threads = threads, .team = {TEAM_RANKS, ranks}});
            for (int k = 0; k < n; k++)
                for (int level = 0; level < N_LEVELS; level++) {
                    struct way way = {.threads = 2, .kernel = kernels[k]};
                    way.kernel.level = (enum level)level;
                    if (level_runs(way.kernel.level))
                        check(&problem, &shapes[s], &way);
                }
            problem_clear(&problem);
        }
}

/* The same for batches with a weight and batches without. */
TEST(test_updates_of_weighted_batches)
{
    const struct shape *shape = shapes;
    while (!shape->weighted_samples || shape->batch > 1)
        shape++;
    for (int u = 0; u < N_UPDATES; u++) {
        struct problem problem;
        problem_make(&problem, shape, &updates[u]);
        for (int ranks = 1; ranks <= 2 && ranks <= world->size; ranks++)
            for (int threads = 1; threads <= 2; threads++)
                check(&problem, shape,
                    &(struct way){.threads = threads, .team = {TEAM_RANKS, ranks}});
        problem_clear(&problem);
    }
}

/* The averaged weights, each part of which a team keeps for itself, on threads, in teams, in buckets
 * and in passes. */
TEST(test_averages)
{
    for (int u = 0; u < N_AVERAGED; u++)
        for (int s = 0; s < N_SHAPES; s++) {
            struct problem problem;
            problem_make(&problem, &shapes[s], &averaged[u]);
            for (int ranks = 1; ranks <= 3 && ranks <= world->size; ranks++)
                for (int p = 0; p < 2; p++)
                    check(&problem, &shapes[s],
                        &(struct way){.threads = 1 + (ranks + p) % 3,
                            .pass_rows = p,
                            .team = {TEAM_RANKS, ranks},
                            .buckets = 1 + 3 * p});
            problem_clear(&problem);
        }
}

/* With several ranks not the same bits, but equal up to rounding. */
TEST(test_allreduce)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct problem problem;
        struct result result;
        struct error error = {0};
        char why[COMPARE_TEXT] = "";
        problem_make(&problem, &shapes[s], &plainly);
        struct way way = {
            .threads = 2, .reduce = REDUCE_ALLREDUCE, .team = {TEAM_RANKS, 1 + s % 2}};
        enum status status =
            training_run(&problem.reference, &way, world, problem.got, NULL, &result, &error);
        assert_ranks(status == STATUS_OK, "%s: %s", shapes[s].what, error.text);
        double *wide = malloc((size_t)problem.n * sizeof *wide);
        for (int64_t i = 0; i < problem.n; i++)
            wide[i] = (double)problem.parameters[i];
        bool close = compare_norm(problem.got, wide, problem.n, 1e-5, why);
        assert_ranks(close, "%s: %s", shapes[s].what, why);
        free(wide);
        problem_clear(&problem);
    }
}
