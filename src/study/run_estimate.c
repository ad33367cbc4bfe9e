#include "study/run_estimate.h"

#include <math.h>

#include "net/mlp.h"

/* --- memory and messages -------------------------------------------------------------------- */

struct run_estimate run_estimate_make(
    const struct estimate_input *input, const struct plan *plan, const struct schedule *schedule)
{
    struct run_estimate estimate = {.plan = *plan,
        .schedule = *schedule,
        .optimizer = input->settings.optimizer.kind,
        .network = input->network && plan_largest_batch(plan) <= RUN_ESTIMATE_BATCH_MAX &&
                   plan->teams <= RUN_ESTIMATE_TEAMS_MAX,
        .machine_ranks = plan->ranks / input->machines,
        .step_s = (double)NAN};
    if (!estimate.network)
        return estimate;
    struct settings settings = input->settings;
    struct error ignored;
    struct range teams = {0, divide_up(plan->teams, input->machines)};
    settings.plan = *plan;
    step_choose_route(&settings, &ignored);
    estimate.sample_flops = mlp_train_flops(&settings.mlp);
    estimate.memory = run_memory_of(&settings, &input->sets, teams);
    estimate.exchanges = plan->teams > 1 && settings.reduce == REDUCE_ORDERED;
    if (estimate.exchanges)
        estimate.messages = step_messages_of(&settings);
    estimate.link = settings.link;
    settings.pass_rows = INT64_MAX;
    settings.memory = 0;
    estimate.whole = run_memory_of(&settings, &input->sets, teams);
    return estimate;
}

/* --- turning points of the schedule --------------------------------------------------------- */

struct turns {
    const struct run_estimate *estimate;
    struct turn *turn;
    int64_t n;
};

/* Adds a turning point after `step` if the run has this step. `at`: the step whose rate is
 * shown. */
static void add(struct turns *turns, const char *what, int64_t step, int64_t at)
{
    const struct schedule *schedule = &turns->estimate->schedule;
    int64_t last = schedule->total_steps;
    if (step < 1 || step > last)
        return;
    if (turns->n < RUN_ESTIMATE_TURNS_MAX)
        turns->turn[turns->n] =
            (struct turn){what, step, plan_epochs_of(&turns->estimate->plan, step),
                schedule_rate(schedule, at < last ? at : last, 1)};
    turns->n++;
}

/* Rounds up to whole epochs if the rate changes only at the beginning of an epoch. */
static int64_t in_units(const struct schedule *schedule, int64_t steps)
{
    int64_t unit = schedule->by_epoch ? schedule->steps_per_epoch : 1;
    return divide_up(steps, unit) * unit;
}

static void add_fall(struct turns *turns, int64_t step)
{
    if (step < turns->estimate->schedule.total_steps)
        add(turns, "falls", step, step + 1);
}

/* Adds the steps at which the rate falls. Several milestones may have their effect at the beginning
 * of the same epoch. `before`: the steps of the warm-up, after which the schedule starts to
 * count. */
static void add_falls_at_milestones(struct turns *turns, int64_t before)
{
    const struct schedule *schedule = &turns->estimate->schedule;
    int64_t last = 0;
    for (int i = 0; i < schedule->n_milestones; i++) {
        int64_t at = in_units(schedule, schedule->milestone[i]);
        if (at > last)
            add_fall(turns, before + at);
        last = at;
    }
}

/* Adds the regular falls: one at each multiple of the step size, or at most one per epoch. */
static void add_regular_falls(struct turns *turns, int64_t before)
{
    const struct schedule *schedule = &turns->estimate->schedule;
    int64_t unit = in_units(schedule, 1), left = schedule->total_steps - before - 1;
    int64_t every = schedule->step_size > unit ? schedule->step_size : unit;
    int64_t falls = left / unit * unit / every;
    for (int64_t i = 1; i <= least(falls, RUN_ESTIMATE_TURNS_MAX); i++)
        add_fall(turns, before + in_units(schedule, i * every));
    turns->n += falls > RUN_ESTIMATE_TURNS_MAX ? falls - RUN_ESTIMATE_TURNS_MAX : 0;
}

/* Returns the step with the highest one-cycle rate; if rates change by epoch, the last step of that
 * epoch. */
static int64_t highest(const struct schedule *schedule, int64_t before)
{
    int64_t unit = schedule->by_epoch ? schedule->steps_per_epoch : 1;
    int64_t units = divide_up(schedule->total_steps - before, unit);
    int64_t top = before + (int64_t)(schedule->pct_start * (double)units) * unit;
    if (top == before || schedule_rate(schedule, top + unit, 1) > schedule_rate(schedule, top, 1))
        top += unit;
    return least(top, schedule->total_steps);
}

int64_t run_estimate_turns(
    const struct run_estimate *estimate, struct turn turn[RUN_ESTIMATE_TURNS_MAX])
{
    const struct schedule *schedule = &estimate->schedule;
    int64_t before = in_units(schedule, schedule->warmup), last = schedule->total_steps;
    struct turns turns = {estimate, turn, 0};
    if (before > 0)
        add(&turns, "warm-up ends", before, before);
    if (before < last && schedule->kind == SCHEDULE_MULTISTEP)
        add_falls_at_milestones(&turns, before);
    if (before < last && schedule->kind == SCHEDULE_STEP)
        add_regular_falls(&turns, before);
    if (schedule->kind == SCHEDULE_ONE_CYCLE && before < last)
        add(&turns, "highest", highest(schedule, before), highest(schedule, before));
    if (schedule->kind == SCHEDULE_LINEAR || schedule->kind == SCHEDULE_POLYNOMIAL ||
        schedule->kind == SCHEDULE_COSINE || schedule->kind == SCHEDULE_ONE_CYCLE)
        add(&turns, "ends", last, last);
    return turns.n;
}
