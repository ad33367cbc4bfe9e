/* What a run comes to before it runs: epochs and samples by walking the run, stages as runs of
 * their own, and memory by the sizes of the arrays. */
#include "study/run_estimate.h"

#include <math.h>

#include "net/panel.h"
#include "support/unit.h"

static struct plan make(struct plan_request request)
{
    struct plan plan;
    struct error error;
    if (plan_make(&plan, &request, &error))
        fail_msg("%s", error.text);
    return plan;
}

static const struct plan_request staged = {.samples = 103,
    .batch = 10,
    .epochs = 7,
    .teams = 1,
    .threads = 1,
    .changes = 2,
    .change = {{25, 2}, {103, 5}}};

/* All that is counted, counted step by step; with and without the tail, ended anywhere. */
TEST(counted_by_walking)
{
    for (int drop = 0; drop < 2; drop++) {
        struct plan_request request = staged;
        request.drop_last = drop;
        struct plan plan = make(request);
        int64_t seen = 0;
        for (int64_t step = 1; step <= plan.total_steps; step++) {
            struct batch batch = plan_batch(&plan, step);
            double of_epoch = (double)plan_stage_of(&plan, &batch)->steps_per_epoch;
            seen += batch.size;
            assert_int_equal(plan_samples_of(&plan, step), seen);
            double epochs = (double)(batch.epoch - 1) + (double)batch.iteration / of_epoch;
            assert_true(fabs(plan_epochs_of(&plan, step) - epochs) < 1e-12);
        }
        assert_true(plan_epochs_of(&plan, plan.total_steps) == 7);
        assert_int_equal(plan_samples_of(&plan, 0), 0);
    }
}

TEST(beyond_64_bits)
{
    struct plan plan = make((struct plan_request){.samples = INT64_C(1) << 62,
        .batch = INT64_C(1) << 62,
        .epochs = 100,
        .teams = 1,
        .threads = 1});
    assert_int_equal(plan_samples_of(&plan, 100), INT64_MAX);
    assert_true(plan_epochs_of(&plan, 100) == 100);
}

TEST(stages_are_runs)
{
    for (int64_t most = 0; most < 48; most++) {
        struct plan_request request = staged;
        request.max_steps = most;
        struct plan plan = make(request);
        int64_t steps = 0, samples = 0;
        double epochs = 0;
        for (int s = 0; s < plan.stages; s++) {
            struct plan one = plan_of_stage(&plan, s);
            assert_int_equal(one.stages, 1);
            assert_int_equal(one.stage[0].batch, plan.stage[s].batch);
            for (int64_t step = 1; step <= one.total_steps; step++) {
                struct batch mine = plan_batch(&one, step), whole = plan_batch(&plan, steps + step);
                assert_true(mine.size == whole.size && mine.iteration == whole.iteration);
            }
            steps += one.total_steps;
            samples += plan_samples_of(&one, one.total_steps);
            epochs += plan_epochs_of(&one, one.total_steps);
        }
        assert_int_equal(steps, plan.total_steps);
        assert_int_equal(samples, plan_samples_of(&plan, plan.total_steps));
        assert_true(fabs(epochs - plan_epochs_of(&plan, plan.total_steps)) < 1e-9);
    }
}

/* --- memory ----------------------------------------------------------------------------------- */

static struct estimate_input subject_of(int64_t hidden)
{
    struct estimate_input input = {.network = true, .machines = 1};
    struct error error;
    if (mlp_init(&input.settings.mlp, 20, &hidden, 1, 3, &error) ||
        kernel_choose("portable", &input.settings.kernel, &error))
        fail_msg("%s", error.text);
    input.settings.criterion.kind = LOSS_CROSS_ENTROPY;
    input.settings.optimizer = (struct optimizer_settings){.kind = OPTIMIZER_ADAM};
    return input;
}

TEST(parts_by_their_arrays)
{
    struct estimate_input input = subject_of(16);
    const struct schedule schedule = {.lr = 0.1, .total_steps = 1};
    struct panels panels;
    panels_init(&panels, &input.settings.mlp, &input.settings.kernel, 0);
    struct plan plan = make((struct plan_request){.samples = 1000,
        .batch = 100,
        .epochs = 1,
        .teams = 2,
        .threads = 3,
        .ranks = 4,
        .team_ranks = 2});
    input.sets = (struct run_sets){.bytes = 12345, .numbers = 1000, .checkpoints = true};
    struct run_estimate estimate = run_estimate_make(&input, &plan, &schedule);
    const int64_t *part = estimate.memory.part;
    int64_t block = 4 * panels.parameters;
    assert_int_equal(
        part[MEMORY_WEIGHTS], 2 * (4 * (panels.parameters + panels.derived + 2 * PANEL_SLACK) +
                                      4 * input.settings.mlp.parameters));
    assert_int_equal(part[MEMORY_OPTIMIZER], 2 * block); /* each team its half */
    assert_int_equal(part[MEMORY_DATA], 2 * 12345 + 4 * 1000);
    assert_int_equal(part[MEMORY_CHECKPOINTS], (3 + 2) * block);
    assert_int_equal(estimate.memory.writing, 3 * 4 * input.settings.mlp.parameters);
    assert_int_equal(part[MEMORY_BEST], 0);
    assert_int_equal(part[MEMORY_EVALUATION], 0);
    assert_int_equal(estimate.memory.pass_rows, 100); /* one slice: the first team's */
    assert_int_equal(estimate.machine_ranks, 4);
    input.machines = 2;
    estimate = run_estimate_make(&input, &plan, &schedule);
    assert_int_equal(estimate.memory.part[MEMORY_DATA], 12345 + 2 * 1000);
    assert_int_equal(estimate.memory.part[MEMORY_CHECKPOINTS], 3 * block);
}

/* --- turns ------------------------------------------------------------------------------------ */

/* Wherever the list says that a rate falls it does, and nowhere else; with a rate per epoch, also
 * where several falls coincide. */
TEST(falls_are_found)
{
    struct plan plan = make(
        (struct plan_request){.samples = 100, .batch = 7, .epochs = 6, .teams = 1, .threads = 1});
    for (int kind = 0; kind < 8; kind++) {
        struct schedule schedule = {.kind = kind / 2 % 2 ? SCHEDULE_STEP : SCHEDULE_MULTISTEP,
            .lr = 1,
            .total_steps = plan.total_steps,
            .steps_per_epoch = plan.stage[0].steps_per_epoch,
            .by_epoch = kind % 2,
            .warmup = kind == 3 ? 0 : 5,
            .step_size = kind < 4 ? 15 : 4,
            .gamma = 0.5,
            .n_milestones = 3,
            .milestone = {20, kind < 4 ? 31 : 22, 500}};
        struct estimate_input input = {.machines = 1};
        struct run_estimate estimate = run_estimate_make(&input, &plan, &schedule);
        struct turn turn[RUN_ESTIMATE_TURNS_MAX];
        int64_t n = run_estimate_turns(&estimate, turn), falls = 0;
        for (int64_t step = 1; step < plan.total_steps; step++)
            falls += schedule_rate(&schedule, step + 1, 1) < schedule_rate(&schedule, step, 1);
        int64_t told = 0;
        for (int64_t i = 0; i < n; i++) {
            if (turn[i].what[0] != 'f')
                continue;
            told++;
            assert_true(schedule_rate(&schedule, turn[i].step + 1, 1) <
                        schedule_rate(&schedule, turn[i].step, 1));
            assert_true(turn[i].lr == schedule_rate(&schedule, turn[i].step + 1, 1));
        }
        assert_int_equal(told, falls);
        assert_true(told > 0);
    }
}

TEST(the_highest_rate_is_found)
{
    for (int64_t batch = 3; batch < 40; batch++) {
        struct plan plan = make((struct plan_request){
            .samples = 100, .batch = batch, .epochs = 5, .teams = 1, .threads = 1});
        struct schedule schedule = {.kind = SCHEDULE_ONE_CYCLE,
            .lr = 1,
            .total_steps = plan.total_steps,
            .steps_per_epoch = plan.stage[0].steps_per_epoch,
            .pct_start = 0.3,
            .div_factor = 25,
            .final_div_factor = 1e4};
        struct estimate_input input = {.machines = 1};
        struct run_estimate estimate = run_estimate_make(&input, &plan, &schedule);
        struct turn turn[RUN_ESTIMATE_TURNS_MAX];
        double most = 0;
        for (int64_t step = 1; step <= plan.total_steps; step++)
            most = fmax(most, schedule_rate(&schedule, step, 1));
        assert_int_equal(run_estimate_turns(&estimate, turn), 2);
        assert_string_equal(turn[0].what, "highest");
        assert_true(turn[0].lr == most && most > 0.8);
        assert_true(schedule_rate(&schedule, turn[0].step, 1) == most);
        assert_int_equal(turn[1].step, plan.total_steps);
    }
}
