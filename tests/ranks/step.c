/* step.c: steps at the limit of floats, against the scalar reference byte for byte, by one team and by
 * several.
 *
 * A team that is alone steps each tile while it is in cache, if bounds of the gradient and of the
 * weights already say that nothing will overflow; otherwise it goes the long way, by the gradient
 * itself. Which way a run went shows in its phases: only the long one has seconds in "reduce", and
 * only one that then took its step has seconds in "update". Several teams, which may update a bucket
 * before the next has come, take and refuse the same steps.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "comm/comm.h"
#include "comm/threads.h"
#include "support/fill.h"
#include "support/training.h"
#include "support/ranks.h"

enum { MOST_SAMPLES = 1200, MOST_WIDTH = 128, MOST_PARAMETERS = 40000, MOST_STEPS = 1500 };

static float x[MOST_SAMPLES * MOST_WIDTH], target[MOST_SAMPLES * MOST_WIDTH];
static float initial[MOST_PARAMETERS], want[MOST_PARAMETERS], got[MOST_PARAMETERS];
static double want_losses[MOST_STEPS], got_losses[MOST_STEPS];
static float weight[MOST_SAMPLES];
static int32_t label[MOST_SAMPLES];

/* An ordinary problem of these widths; inputs, targets, first weights are there to be changed. */
static struct reference_problem make_problem(
    enum loss_kind loss, int layers, const int64_t *width, int64_t samples, int64_t batch)
{
    struct reference_problem problem = {.layers = layers,
        .loss = loss,
        .x = x,
        .label = label,
        .target = target,
        .samples = samples,
        .batch = batch,
        .steps = 1,
        .slices = 3,
        .seed = 5,
        .lr = 0.1};
    memcpy(problem.width, width, (size_t)(layers + 1) * sizeof *width);
    fill_uniform(x, samples * width[0], 1);
    fill_uniform(target, samples * width[layers], 2);
    fill_labels(label, samples, width[layers], 3);
    assert_true(reference_parameters(&problem) <= MOST_PARAMETERS);
    reference_initial(&problem, initial);
    problem.initial = initial;
    return problem;
}

/* --- runs ---------------------------------------------------------------------------------- */

enum course {
    SHORT_WAY,         /* all steps */
    LONG_WAY,          /* at least one, and all were taken */
    IDLE,              /* all steps the short way, but for those that change nothing */
    REFUSED,           /* the last one, the long way; those before it, if any, the short way */
    LONG_THEN_REFUSED, /* one that was taken the long way, and then one that was not */
};

static const char *const course_name[] = {"the short way", "the long way", "the short way or idle",
    "refused", "the long way, then refused"};

static bool took(enum course course, const struct result *result)
{
    if (world->size > 1)
        return true;
    bool reduced = result->phases[PHASE_REDUCE].most > 0;
    bool updated = result->phases[PHASE_UPDATE].most > 0;
    if (course == SHORT_WAY)
        return !reduced && !updated;
    return reduced && updated == (course != REFUSED && course != IDLE);
}

static void check_run(const struct reference_problem *problem, const struct way *way,
    enum course course, int64_t steps_done)
{
    struct result result;
    struct error error = {.text = ""};
    char why[COMPARE_TEXT];
    int64_t n = reference_parameters(problem);
    enum status status = training_run(problem, way, world, got, got_losses, &result, &error);
    assert_ranks(status == (course >= REFUSED ? STATUS_DIVERGED : STATUS_OK) &&
                     result.steps_done == steps_done,
        "status %d after %d steps: %s", (int)status, (int)result.steps_done, error.text);
    assert_ranks(took(course, &result), "%d threads, pass %lld, kernel %s: not %s", way->threads,
        (long long)way->pass_rows, way->kernel.name, course_name[course]);
    assert_ranks(compare_bits(got, want, n, why), "%d threads, pass %lld, kernel %s, %s: %s",
        way->threads, (long long)way->pass_rows, way->kernel.name, course_name[course], why);
    assert_ranks(world->rank > 0 ||
                     memcmp(got_losses, want_losses, (size_t)steps_done * sizeof(double)) == 0,
        "the losses differ from the reference's");
}

/* One rank: on every kernel, on threads and in passes. Several: in teams of one or two, with one or
 * several buckets. `steps_done`: those that are to be taken. */
static void check(const struct reference_problem *problem, enum course course, int64_t steps_done)
{
    struct kernel kernels[KERNELS_MAX];
    struct reference_problem taken = *problem;
    int n_kernels = world->size > 1 ? 1 : kernel_list(kernels);
    kernel_list(kernels);
    taken.steps = steps_done;
    reference_train(&taken, want, want_losses);
    for (int k = 0; k < n_kernels; k++)
        for (int threads = 1; threads <= (TEAMS_HAVE_THREADS ? 3 : 1); threads++)
            for (int p = 0; p < 2; p++) {
                struct way way = {.threads = threads,
                    .pass_rows = p ? 1 : INT64_MAX,
                    .kernel = kernels[k],
                    .team = {TEAM_RANKS, 1 + threads / 2},
                    .buckets = p ? 1 : 5};
                check_run(problem, &way, course, steps_done);
            }
}

/* What makes a step that is refused wrong: some number of it is not finite. */
static void assert_next_step_overflows(const struct reference_problem *problem)
{
    bool finite = true;
    reference_train(problem, got, NULL);
    for (int64_t p = 0; p < reference_parameters(problem); p++)
        finite &= isfinite(got[p]) != 0;
    assert_false(finite);
}

/* --- the short way ------------------------------------------------------------------------- */

TEST(ordinary_steps_go_the_short_way)
{
    for (int variant = 0; variant < 4; variant++) {
        struct reference_problem problem = make_problem(variant & 1 ? LOSS_MSE : LOSS_CROSS_ENTROPY,
            3, (const int64_t[]){9, 33, 13, 4}, 700, 600);
        problem.momentum = variant & 2 ? 0.9 : 0;
        problem.weight_decay = variant & 2 ? 1e-3 : 0;
        problem.steps = 4;
        check(&problem, SHORT_WAY, 4);
    }
}

/* What PyTorch defaults to, and decay where it is no more than decay. */
static void use(struct reference_problem *problem, enum optimizer_kind kind)
{
    problem->optimizer = kind;
    problem->lr = kind == OPTIMIZER_SGD ? 0.1 : 0.01;
    problem->momentum = kind == OPTIMIZER_SGD || kind == OPTIMIZER_RMSPROP ? 0.5 : 0;
    problem->nesterov = kind == OPTIMIZER_SGD;
    problem->weight_decay = kind == OPTIMIZER_ADAMW ? 0.1 : 0;
    problem->beta1 = 0.9;
    problem->beta2 = 0.999;
    problem->alpha = 0.99;
    problem->eps = 1e-8;
}

/* Every optimizer, under a rate that changes, clipped by value or not. */
TEST(every_optimizer_goes_the_short_way)
{
    const struct schedule schedule = {
        .kind = SCHEDULE_STEP, .lr = 0.02, .step_size = 2, .gamma = 0.5};
    for (enum optimizer_kind kind = OPTIMIZER_SGD; kind < N_OPTIMIZERS; kind++)
        for (int clipped = 0; clipped < 2; clipped++) {
            struct reference_problem problem =
                make_problem(LOSS_CROSS_ENTROPY, 3, (const int64_t[]){9, 33, 13, 4}, 700, 600);
            use(&problem, kind);
            problem.schedule = &schedule;
            problem.clip_value = clipped ? 1e-3 : 0;
            problem.steps = 4;
            check(&problem, SHORT_WAY, 4);
        }
}

/* --- weights of samples -------------------------------------------------------------------- */

static struct reference_problem weigh(struct reference_problem problem)
{
    fill_uniform(weight, problem.samples, 4);
    for (int64_t i = 0; i < problem.samples; i++)
        weight[i] += 1;
    problem.weight = weight;
    problem.momentum = 0.9;
    problem.weight_decay = 1e-2;
    return problem;
}

/* The third of seven batches has no weight: its step counts, but not even decay and momentum move
 * anything. Clipped by norm, all steps go the long way. */
TEST(a_batch_of_weight_0)
{
    for (int variant = 0; variant < 4; variant++) {
        struct reference_problem problem =
            weigh(make_problem(variant & 1 ? LOSS_MSE : LOSS_CROSS_ENTROPY, 3,
                (const int64_t[]){9, 33, 13, 4}, 700, 100));
        memset(weight + 200, 0, 100 * sizeof *weight);
        problem.steps = 12;
        problem.clip_norm = variant & 2 ? 0.1 : 0;
        check(&problem, problem.clip_norm > 0 ? LONG_WAY : IDLE, 12);
        assert_ranks(
            world->rank > 0 || (got_losses[2] == 0 && got_losses[9] == 0 && got_losses[1] > 0),
            "the loss of a batch without weight is not 0");
    }
}

/* Everything is nothing before the first batch with a weight. */
TEST(weight_0_at_the_beginning)
{
    struct reference_problem problem =
        weigh(make_problem(LOSS_CROSS_ENTROPY, 2, (const int64_t[]){5, 7, 3}, 90, 30));
    use(&problem, OPTIMIZER_ADAM);
    memset(weight, 0, 60 * sizeof *weight);
    problem.steps = 2;
    check(&problem, IDLE, 2);
    problem.steps = 5;
    check(&problem, IDLE, 5);
}

/* The bound is that of weighted derivatives: a huge weight needs the long way, though the mean that
 * it is divided by is as huge, and one by which a sum overflows is refused. */
TEST(huge_weights)
{
    struct reference_problem problem =
        weigh(make_problem(LOSS_MSE, 1, (const int64_t[]){5, 3}, 300, 300));
    problem.momentum = problem.weight_decay = 0;
    for (int i = 0; i < 300; i++)
        weight[i] = i == 7 ? 1e37f : 0;
    check(&problem, LONG_WAY, 1);
    for (int i = 0; i < 300; i++)
        weight[i] = 1e37f;
    for (int64_t i = 0; i < 300 * 3; i++)
        target[i] = 10;
    check(&problem, REFUSED, 0);
}

/* Small weights do not lose the mean, until their derivatives are flushed to 0. */
TEST(small_weights)
{
    struct reference_problem problem =
        weigh(make_problem(LOSS_CROSS_ENTROPY, 2, (const int64_t[]){5, 7, 3}, 300, 100));
    for (int i = 0; i < 300; i++)
        weight[i] *= 1e-25f;
    problem.steps = 6;
    check(&problem, SHORT_WAY, 6);
}

/* --- the long way -------------------------------------------------------------------------- */

/* Some samples have huge inputs and others huge targets, so the largest input times the largest
 * derivative is beyond a float; no sample has both, so the gradient is not. */
TEST(huge_inputs_or_huge_targets)
{
    for (int variant = 0; variant < 8; variant++) {
        const int64_t deep[] = {9, 33, 13, 4}, flat[] = {9, 4};
        int layers = variant & 1 ? 3 : 1;
        struct reference_problem problem =
            make_problem(LOSS_MSE, layers, variant & 1 ? deep : flat, 700, 600);
        for (int64_t i = 0; i < 700 * 9; i++)
            x[i] *= i / 9 % 4 == 0 ? 1e18f : 1;
        for (int64_t i = 0; i < 700 * 4; i++)
            target[i] *= i / 4 % 4 == 2 ? 1e22f : 1;
        problem.momentum = variant & 2 ? 0.9 : 0;
        problem.weight_decay = variant & 4 ? 1e-3 : 0;
        problem.lr = 1e-37;
        problem.steps = 4;
        check(&problem, LONG_WAY, 4);
    }
}

/* An input near the end of floats, with a weight that hides it from the first step. */
TEST(an_input_near_the_limit)
{
    struct reference_problem problem =
        make_problem(LOSS_CROSS_ENTROPY, 2, (const int64_t[]){5, 7, 3}, 300, 300);
    for (int u = 0; u < 7; u++)
        initial[u * 5] = 0;
    x[0] = 3e38f;
    problem.lr = 1e-36;
    check(&problem, LONG_WAY, 1);
}

/* A weight near the limit, on an input that is 0, and a rate that could lift the others there. */
TEST(a_weight_near_the_limit)
{
    struct reference_problem problem = make_problem(LOSS_MSE, 1, (const int64_t[]){6, 2}, 400, 400);
    for (int64_t i = 0; i < 400; i++)
        x[i * 6] = 0;
    initial[0] = initial[6] = 8e37f;
    problem.lr = 1e37;
    check(&problem, LONG_WAY, 1);
}

/* Weight decay makes the bounds grow though the weights shrink. After some hundred steps the long
 * way renews them, and the short way goes on. */
TEST(to_the_long_way_and_back)
{
    struct kernel kernel;
    struct error error;
    struct reference_problem problem =
        make_problem(LOSS_CROSS_ENTROPY, 2, (const int64_t[]){5, 7, 3}, 40, 30);
    problem.momentum = 0.5;
    problem.weight_decay = 0.5;
    problem.lr = 0.2;
    problem.steps = MOST_STEPS;
    reference_train(&problem, want, want_losses);
    assert_int_equal(kernel_choose("auto", &kernel, &error), STATUS_OK);
    for (int threads = 1; threads <= (TEAMS_HAVE_THREADS ? 2 : 1); threads++) {
        struct way way = {.threads = threads, .kernel = kernel, .team = {TEAM_RANKS, 1}};
        check_run(&problem, &way, LONG_WAY, MOST_STEPS);
    }
    problem.steps = 100; /* that many are not enough to need it */
    check(&problem, SHORT_WAY, 100);
}

/* A norm is that of the whole gradient. Some steps exceed it, others do not. */
TEST(every_optimizer_clipped_by_norm)
{
    for (enum optimizer_kind kind = OPTIMIZER_SGD; kind < N_OPTIMIZERS; kind++)
        for (int both = 0; both < 2; both++) {
            struct reference_problem problem =
                make_problem(LOSS_CROSS_ENTROPY, 3, (const int64_t[]){9, 33, 13, 4}, 700, 600);
            use(&problem, kind);
            problem.clip_norm = 0.12;
            problem.clip_value = both ? 0.01 : 0;
            problem.steps = 5;
            check(&problem, LONG_WAY, 5);
        }
}

/* Decay of the gradient feeds the bound of adam's weights into its states. Every few steps the long
 * way renews all bounds, both states' too. The others' steps are bounded by the squares themselves.
 */
TEST(decay_and_squares)
{
    static const enum optimizer_kind kinds[] = {
        OPTIMIZER_ADAM, OPTIMIZER_RMSPROP, OPTIMIZER_ADAGRAD};
    struct kernel kernel;
    struct error error;
    assert_int_equal(kernel_choose("auto", &kernel, &error), STATUS_OK);
    for (int k = 0; k < 3; k++) {
        struct reference_problem problem =
            make_problem(LOSS_CROSS_ENTROPY, 2, (const int64_t[]){5, 7, 3}, 40, 30);
        use(&problem, kinds[k]);
        problem.weight_decay = 10;
        problem.steps = MOST_STEPS;
        reference_train(&problem, want, want_losses);
        struct way way = {.threads = 1, .kernel = kernel, .team = {TEAM_RANKS, 1}};
        check_run(&problem, &way, kinds[k] == OPTIMIZER_ADAM ? LONG_WAY : SHORT_WAY, MOST_STEPS);
    }
}

/* --- refused ------------------------------------------------------------------------------- */

TEST(a_step_that_would_overflow_a_weight)
{
    struct reference_problem problem =
        make_problem(LOSS_MSE, 2, (const int64_t[]){5, 7, 3}, 300, 300);
    for (int64_t i = 0; i < 300 * 3; i++)
        target[i] = 1e5f;
    problem.lr = 1e36;
    assert_next_step_overflows(&problem);
    check(&problem, REFUSED, 0);
}

/* Every derivative is a float and so is the mean gradient, but not the sum that it is the mean of.
 * The bound once was taken of the mean alone, and the weights became infinite. */
TEST(a_sum_that_overflows_though_its_mean_would_not)
{
    struct reference_problem problem =
        make_problem(LOSS_MSE, 1, (const int64_t[]){3, 2}, 1100, 1000);
    for (int64_t i = 0; i < 1100 * 3; i++)
        x[i] = 1e18f;
    for (int64_t i = 0; i < 1100 * 2; i++)
        target[i] = 1e18f;
    memset(initial, 0, sizeof initial);
    problem.lr = 1e-37;
    assert_next_step_overflows(&problem);
    check(&problem, REFUSED, 0);
}

/* Infinite activations that the next layer turns off: the loss is finite and no derivative comes
 * back, but the gradient is 0 * inf. Widths of whole panels, so that no pad tells. The bound once
 * passed over that product, and the weights became NaN. */
TEST(infinite_activations_that_are_turned_off)
{
    struct reference_problem problem =
        make_problem(LOSS_MSE, 3, (const int64_t[]){4, 64, 64, 2}, 300, 300);
    for (int64_t i = 0; i < 300 * 4; i++)
        x[i] = 1e20f;
    for (int64_t i = 0; i < 4 * 64; i++)
        initial[i] = 1e19f; /* x W = 4e39 */
    for (int64_t i = 4 * 64 + 64; i < 4 * 64 + 64 + 64 * 64; i++)
        initial[i] = -0.5f;
    assert_next_step_overflows(&problem);
    check(&problem, REFUSED, 0);
}

/* The second step has numbers that the first had not: what was bounded before must not stand. */
TEST(a_bad_step_after_a_good_one)
{
    struct reference_problem problem =
        make_problem(LOSS_CROSS_ENTROPY, 2, (const int64_t[]){5, 7, 3}, 600, 300);
    problem.steps = 2;
    for (int64_t i = 0; i < 5; i++)
        x[400 * 5 + i] = 3e38f;
    assert_next_step_overflows(&problem);
    check(&problem, REFUSED, 1);
}

/* The first step goes the long way: two samples with inputs of 4 whose derivatives cancel each
 * other spoil the bound. From then on every derivative is 0, but momentum carries a bias on, 10
 * times as far in the end, which is beyond a float. So the bounds must know of steps that went the
 * long way. */
TEST(momentum_after_the_long_way)
{
    struct reference_problem problem =
        make_problem(LOSS_CROSS_ENTROPY, 1, (const int64_t[]){1, 2}, 80, 4);
    memset(initial, 0, sizeof initial);
    memset(label, 0, sizeof label);
    memset(x, 0, sizeof x);
    x[0] = x[1] = 4;
    label[1] = 1;
    problem.momentum = 0.9;
    problem.lr = 2e38;
    problem.steps = 20;
    assert_next_step_overflows(&problem);
    check(&problem, LONG_THEN_REFUSED, 1);
}

/* After the first step every derivative is 0, but rmsprop's buffer carries a bias on, 10 times as
 * far in the end. So renewed bounds must know the second state too. */
TEST(a_buffer_that_goes_on)
{
    struct reference_problem problem =
        make_problem(LOSS_CROSS_ENTROPY, 1, (const int64_t[]){1, 2}, 80, 80);
    memset(initial, 0, sizeof initial);
    memset(label, 0, sizeof label);
    memset(x, 0, sizeof x);
    use(&problem, OPTIMIZER_RMSPROP);
    problem.alpha = 0;
    problem.momentum = 0.9;
    problem.lr = 8e37;
    problem.steps = 20;
    assert_next_step_overflows(&problem);
    check(&problem, REFUSED, 1);
}

/* The square of the gradient, which all but sgd and lion keep, is beyond a float: its weight would never move again. Clipped, the
 * same step is an ordinary one. */
TEST(a_square_that_overflows)
{
    for (enum optimizer_kind kind = OPTIMIZER_ADAM; kind <= OPTIMIZER_ADAGRAD; kind++) {
        struct reference_problem problem =
            make_problem(LOSS_MSE, 1, (const int64_t[]){3, 2}, 1100, 1000);
        for (int64_t i = 0; i < 1100 * 2; i++)
            target[i] = i % 2 == 0 ? 1e24f : 0;
        use(&problem, kind);
        check(&problem, REFUSED, 0);
        problem.clip_value = 1;
        check(&problem, SHORT_WAY, 1);
        problem.clip_value = 0;
        problem.clip_norm = 1;
        check(&problem, LONG_WAY, 1);
    }
}

/* The sum itself is beyond a float, so what it is clipped to is not known. */
TEST(clipping_does_not_hide_what_is_not_finite)
{
    for (int by_norm = 0; by_norm < 2; by_norm++) {
        struct reference_problem problem =
            make_problem(LOSS_MSE, 1, (const int64_t[]){3, 2}, 1100, 1000);
        for (int64_t i = 0; i < 1100 * 3; i++)
            x[i] = 1e18f;
        for (int64_t i = 0; i < 1100 * 2; i++)
            target[i] = 1e18f;
        memset(initial, 0, sizeof initial);
        problem.clip_norm = by_norm;
        problem.clip_value = 1 - by_norm;
        check(&problem, REFUSED, 0);
    }
}

/* --- memory -------------------------------------------------------------------------------- */

/* Each allocation of a run fails in its turn: an error that names it, and the options that help
 * where some do. */
TEST(no_memory)
{
    struct reference_problem problem =
        make_problem(LOSS_CROSS_ENTROPY, 3, (const int64_t[]){9, 33, 13, 4}, 700, 600);
    if (world->size > 1) /* failure.c has them */
        return;
    problem.momentum = 0.9;
    int failures = 0, passes = 0, slices = 0, states = 0;
    for (int nth = 1;; nth++) {
        struct way way = {.threads = 1};
        struct result result;
        struct error error = {.text = ""};
        memory_inject_failure(nth);
        enum status status = training_run(&problem, &way, world, got, NULL, &result, &error);
        memory_inject_failure(0);
        if (!status)
            break;
        assert_int_equal(status, STATUS_NO_RESOURCE);
        passes += strstr(error.text, "a smaller --pass-rows or --memory needs less") != NULL;
        slices += strstr(error.text, "a smaller --slices") != NULL;
        states += strstr(error.text, "the optimizer's state (--optimizer sgd") != NULL;
        failures++;
    }
    assert_true(failures > 10);
    assert_true(passes > 0 && slices > 0 && states == 1);
}
