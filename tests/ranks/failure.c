/* failure.c: what goes wrong on one rank ends all of them, with one message and no hang. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "support/fill.h"
#include "support/ranks.h"
#include "support/training.h"

enum { SAMPLES = 100, FEATURES = 5, CLASSES = 3 };

static float x[SAMPLES * FEATURES];
static int32_t label[SAMPLES];
static float parameters[1000];

static struct reference_problem make_problem(void)
{
    fill_uniform(x, SAMPLES * FEATURES, 1);
    fill_labels(label, SAMPLES, CLASSES, 2);
    return (struct reference_problem){.layers = 2,
        .width = {FEATURES, 7, CLASSES},
        .loss = LOSS_CROSS_ENTROPY,
        .x = x,
        .label = label,
        .samples = SAMPLES,
        .batch = 30,
        .slices = 4,
        .steps = 6,
        .lr = 0.1,
        .momentum = 0.5};
}

/* What the last rank says of itself, on all. */
static int told_by_last(int value)
{
    int all[64];
    comm_gather_all(world, &value, sizeof value, all);
    return all[world->size - 1];
}

/* Every allocation of the last rank fails in its turn. The others must hear of it, whichever it is.
 * Only a team's first shared block can be done without: then every rank is its own team. */
TEST(test_no_memory_on_one_rank)
{
    struct reference_problem problem = make_problem();
    struct way way = {.threads = 2};
    struct result result;
    bool failing = world->rank == world->size - 1;
    int failures = 0, did_without = 0, left = 0;
    for (int nth = 1; left == 0 && nth < 100; nth++) {
        struct error error = {0};
        memory_inject_failure(failing ? nth : 0);
        enum status status = training_run(&problem, &way, world, parameters, NULL, &result, &error);
        left = told_by_last(memory_inject_failure(0));
        assert_ranks(status == STATUS_OK || status == STATUS_NO_RESOURCE, "status %d: %s",
            (int)status, error.text);
        assert_ranks(!status || strstr(error.text, "memory"), "message: %s", error.text);
        assert_ranks(!status || left == 0, "no allocation failed, and yet: %s", error.text);
        failures += status != STATUS_OK;
        did_without += !status && left == 0;
    }
    assert_ranks(left > 0 && failures > 10, "only %d allocations could fail", failures);
    assert_ranks(did_without <= (world->size > 1), "%d failures were not told", did_without);
}

/* A rank whose data are others' is found out before the first step. */
TEST(test_other_data_on_one_rank)
{
    struct reference_problem problem = make_problem();
    struct way way = {.threads = 1};
    struct result result;
    struct error error = {0};
    int last = world->size - 1;
    if (world->rank == last)
        label[50] = (label[50] + 1) % CLASSES;
    enum status status = training_run(&problem, &way, world, parameters, NULL, &result, &error);
    char wanted[32];
    snprintf(wanted, sizeof wanted, "of rank %d", last);
    if (last == 0)
        assert_ranks(status == STATUS_OK, "%s", error.text);
    else
        assert_ranks(status == STATUS_BAD_DATA && strstr(error.text, "training data") &&
                         strstr(error.text, wanted),
            "status %d: %s", (int)status, error.text);
}

/* Panels are shared within a team and sent between teams, so one kernel must serve all. */
TEST(test_another_kernel_on_one_rank)
{
    struct reference_problem problem = make_problem();
    struct kernel kernels[KERNELS_MAX];
    struct way way = {.threads = 1};
    struct result result;
    struct error error = {0};
    int n = kernel_list(kernels), last = world->size - 1;
    bool same = kernels[0].lanes == kernels[n - 1].lanes && kernels[0].rows == kernels[n - 1].rows;
    way.kernel = kernels[world->rank == last ? n - 1 : 0];
    enum status status = training_run(&problem, &way, world, parameters, NULL, &result, &error);
    if (last == 0 || same)
        assert_ranks(status == STATUS_OK, "%s", error.text);
    else
        assert_ranks(status == STATUS_BUG && strstr(error.text, "matrix kernel"), "status %d: %s",
            (int)status, error.text);
}

/* Ranks that would lay out the memory they share for caches of different sizes. */
TEST(test_other_caches)
{
    struct reference_problem problem = make_problem();
    struct way way = {.threads = 1, .cache_bytes = world->rank == 0 ? 1 << 20 : 1 << 16};
    struct result result;
    struct error error = {0};
    enum status status = training_run(&problem, &way, world, parameters, NULL, &result, &error);
    if (world->size == 1)
        assert_ranks(status == STATUS_OK, "%s", error.text);
    else
        assert_ranks(status == STATUS_BUG && strstr(error.text, "settings"), "status %d: %s",
            (int)status, error.text);
}

/* A rank that would step otherwise, if only in what its optimizer does not read. */
TEST(test_another_update_on_one_rank)
{
    for (int member = 0; member < 4; member++) {
        struct reference_problem problem = make_problem();
        struct schedule schedule = {.kind = SCHEDULE_STEP, .lr = 0.1, .step_size = 7, .gamma = 0.5};
        struct result result;
        struct error error = {0};
        problem.schedule = &schedule;
        if (world->rank == world->size - 1) {
            problem.eps = member == 0 ? 1e-8 : 0;
            problem.clip_norm = member == 1 ? 1e-3 : 0;
            schedule.step_size += member == 2;
            schedule.milestone[SCHEDULE_MILESTONES_MAX - 1] = member == 3;
        }
        enum status status = training_run(
            &problem, &(struct way){.threads = 1}, world, parameters, NULL, &result, &error);
        if (world->size == 1)
            assert_ranks(status == STATUS_OK, "%s", error.text);
        else
            assert_ranks(status == STATUS_BUG && strstr(error.text, "settings"),
                "member %d: status %d: %s", member, (int)status, error.text);
    }
}

/* A loss that is not finite leaves the weights as they were, everywhere. */
TEST(test_divergence)
{
    struct reference_problem problem = make_problem();
    struct way way = {.threads = 2};
    struct result result;
    struct error error = {0};
    float before[1000];
    /* The bad sample lies in the last epoch position that step 3 takes; it is on some rank only. */
    x[75 * FEATURES] = 3e38f;
    x[75 * FEATURES + 1] = 3e38f;
    problem.steps = 2;
    enum status status = training_run(&problem, &way, world, before, NULL, &result, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    problem.steps = 6;
    problem.momentum = 0.5;
    for (int i = 0; i < 1000; i++)
        parameters[i] = 0;
    status = training_run(&problem, &way, world, parameters, NULL, &result, &error);
    assert_ranks(status == STATUS_DIVERGED, "status %d: %s", (int)status, error.text);
    assert_ranks(strstr(error.text, "step 3"), "%s", error.text);
    assert_ranks(result.steps_done == 2 && result.stopped_by == STOP_DIVERGED, "%lld steps",
        (long long)result.steps_done);
    size_t bytes = (size_t)reference_parameters(&problem) * sizeof(float);
    assert_ranks(memcmp(before, parameters, bytes) == 0, "the bad step touched the weights");
}

/* Weight decay makes the bounds on the weights grow though the weights shrink; they must be renewed
 * from what is so. Once they were not, and healthy runs ended as diverged after some thousand
 * steps. */
TEST(test_weight_decay_is_no_divergence)
{
    struct reference_problem problem = make_problem();
    struct result result;
    struct error error = {0};
    problem.weight_decay = 0.5;
    problem.lr = 0.2;
    problem.steps = 1500;
    enum status status = training_run(
        &problem, &(struct way){.threads = 1}, world, parameters, NULL, &result, &error);
    assert_ranks(status == STATUS_OK, "status %d: %s", (int)status, error.text);
    assert_ranks(result.steps_done == 1500, "%lld steps", (long long)result.steps_done);
    /* adam, whose states belong to several owners */
    problem.optimizer = OPTIMIZER_ADAM;
    problem.beta1 = 0.9;
    problem.beta2 = 0.999;
    problem.eps = 1e-8;
    problem.lr = 0.01;
    problem.steps = 300;
    status = training_run(
        &problem, &(struct way){.threads = 1}, world, parameters, NULL, &result, &error);
    assert_ranks(status == STATUS_OK, "adam: status %d: %s", (int)status, error.text);
}

static enum status full_disk(void *context, const struct step_record *record, struct error *error)
{
    (void)context;
    if (record->batch.step < 3)
        return STATUS_OK;
    return (fail)(error, STATUS_IO, "cannot write to metrics.jsonl: no space");
}

/* The observer lives on rank 0; its failure ends the others too, before they step again. */
TEST(test_failing_observer)
{
    struct reference_problem problem = make_problem();
    struct result result;
    struct error error = {0};
    enum status status = training_observe(&problem, &(struct way){.threads = 2}, world, parameters,
        &(struct observer){.on_step = full_disk}, &result, &error);
    assert_ranks(status == STATUS_IO, "status %d: %s", (int)status, error.text);
    assert_ranks(strstr(error.text, "no space"), "%s", error.text);
    assert_ranks(result.steps_done == 3, "%lld steps", (long long)result.steps_done);
}
