/* whole_batch.c: accumulated = whole batch. A batch too large for memory is taken in passes whose
 * gradients are accumulated (--pass-rows); the weights after training are, byte for byte, those of
 * whole batches taken at once, and so is every step's loss. On any ranks and threads, with tails,
 * slices that a pass does not cut and slices that it does.
 *
 * same_bits.c compares with the scalar reference over many shapes; here ways to take one batch are
 * compared with each other, by batches that are sure to be many passes, and then with the
 * reference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/threads.h"
#include "support/fill.h"
#include "support/ranks.h"
#include "support/training.h"
#include "step/pass.h"

enum { INPUTS = 6, OUTPUTS = 3, SAMPLES = 4500, STEPS = 4, PARAMETERS = 7 * 13 + 14 * OUTPUTS };

/* Two whole batches and their tail an epoch, then the next. */
struct shape {
    const char *what;
    enum loss_kind loss;
    int64_t batch, slices; /* 0: the default */
};

static const struct shape shapes[] = {
    {"one slice", LOSS_CROSS_ENTROPY, 1800, 1},
    {"a slice of several blocks", LOSS_MSE, 1900, 3},
    {"slices of a block and a bit", LOSS_CROSS_ENTROPY, 1900, 7},
    {"many slices to a pass", LOSS_CROSS_ENTROPY, 2048, 0},
    {"a tail of one block", LOSS_MSE, 2122, 1},
    {"a tail with empty slices", LOSS_CROSS_ENTROPY, 2245, 16},
};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

/* What --pass-rows may say: one block, as also anything less; a few blocks; all; nothing. */
static const int64_t pass_rows[] = {1, 256, 512, 700, 1024, INT64_MAX, 0};
enum { N_PASSES = sizeof pass_rows / sizeof pass_rows[0] };

static float x[SAMPLES * INPUTS], target[SAMPLES * OUTPUTS];
static int32_t label[SAMPLES];

/* What a run leaves. */
struct outcome {
    float weights[PARAMETERS];
    double loss[STEPS];
};

static struct reference_problem make_problem(const struct shape *shape)
{
    fill_uniform(x, SAMPLES * INPUTS, 1);
    fill_uniform(target, SAMPLES * OUTPUTS, 2);
    fill_labels(label, SAMPLES, OUTPUTS, 3);
    return (struct reference_problem){.layers = 2,
        .width = {INPUTS, 13, OUTPUTS},
        .loss = shape->loss,
        .x = x,
        .label = label,
        .target = target,
        .samples = SAMPLES,
        .batch = shape->batch,
        .steps = STEPS,
        .slices = shape->slices,
        .shuffle = true,
        .seed = 7,
        .lr = 0.1,
        .momentum = 0.9,
        .weight_decay = 1e-3};
}

static struct outcome train(
    const struct reference_problem *problem, const struct shape *shape, int threads, int64_t rows)
{
    struct outcome outcome = {0};
    struct way way = {.threads = threads, .pass_rows = rows};
    struct result result;
    struct error error = {0};
    enum status status =
        training_run(problem, &way, world, outcome.weights, outcome.loss, &result, &error);
    assert_ranks(status == STATUS_OK, "%s: %s", shape->what, error.text);
    return outcome;
}

static void assert_same(const struct outcome *got, const struct outcome *want,
    const struct shape *shape, int threads, int64_t rows, const char *whose)
{
    char why[COMPARE_TEXT] = "";
    bool same = compare_bits(got->weights, want->weights, PARAMETERS, why);
    assert_ranks(same, "%s, %d threads, --pass-rows %lld: weights are not %s: %s", shape->what,
        threads, (long long)rows, whose, why);
    bool losses = world->rank > 0 || memcmp(got->loss, want->loss, sizeof got->loss) == 0;
    assert_ranks(losses, "%s, %d threads, --pass-rows %lld: losses are not %s", shape->what,
        threads, (long long)rows, whose);
}

TEST(test_accumulated_is_whole_batch)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct reference_problem problem = make_problem(&shapes[s]);
        struct outcome reference;
        assert_ranks(reference_parameters(&problem) == PARAMETERS, "parameters");
        reference_train(&problem, reference.weights, reference.loss);
        for (int threads = 1; threads <= (TEAMS_HAVE_THREADS ? 2 : 1); threads++) {
            struct outcome whole = train(&problem, &shapes[s], threads, INT64_MAX);
            assert_same(
                &whole, &reference, &shapes[s], threads, INT64_MAX, "the scalar reference's");
            for (int p = 0; p < N_PASSES; p++) {
                struct outcome accumulated = train(&problem, &shapes[s], threads, pass_rows[p]);
                assert_same(&accumulated, &whole, &shapes[s], threads, pass_rows[p],
                    "those of whole batches");
            }
        }
    }
}

static int count_passes(const struct plan *plan, int64_t batch, int64_t rows)
{
    struct walk walk = walk_begin(plan->stage, batch, world->rank), end;
    int n = 0;
    for (; walk_pass(&walk, rows, &end); walk = end)
        n++;
    return n;
}

/* So that the test above compares what it says: one pass for `all`, several of one block. A rank of
 * many has only some of the slices, and perhaps none. */
TEST(test_batches_are_many_passes)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct plan plan;
        struct error error = {0};
        struct plan_request request = {.samples = SAMPLES,
            .batch = shapes[s].batch,
            .max_steps = STEPS,
            .slices = shapes[s].slices,
            .teams = world->size,
            .threads = 1};
        enum status status = plan_make(&plan, &request, &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        assert_ranks(plan.stage[0].steps_per_epoch == 3 &&
                         plan.stage[0].last_batch == SAMPLES - 2 * plan.stage[0].batch,
            "%s: two batches and a tail", shapes[s].what);
        int all = count_passes(&plan, plan.stage[0].batch, INT64_MAX);
        int few = count_passes(&plan, plan.stage[0].batch, 700),
            many = count_passes(&plan, plan.stage[0].batch, 1);
        bool alone = world->size == 1;
        assert_ranks(all <= 1 && few <= many, "%s: %d, %d", shapes[s].what, all, many);
        assert_ranks(!alone || (all == 1 && few > 1 && many > few), "%s: %d, %d, %d passes",
            shapes[s].what, all, few, many);
    }
}
