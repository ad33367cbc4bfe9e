#include "step/plan.h"

#include "base/text.h"
#include "comm/deal.h"

__extension__ typedef __int128 wide;

static const int64_t MOST_STEPS = INT64_C(1) << 62;

int64_t plan_default_slices(int64_t batch)
{
    int64_t slices = 1;
    while (2 * slices <= batch / 64 && 2 * slices <= batch / (2 * slices))
        slices *= 2;
    return slices;
}

static enum status check_changes(const struct plan_request *request, struct error *error)
{
    int64_t after = 0;
    for (int i = 0; i < request->changes; i++) {
        const struct batch_change *change = &request->change[i];
        long long batch = change->batch, epochs = change->after_epochs;
        if (batch < 1)
            return fail(error, STATUS_USAGE,
                "--batch-schedule %lld@%lldep: a batch needs at least 1 sample", batch, epochs);
        if (epochs <= after)
            return fail(error, STATUS_USAGE,
                "--batch-schedule %lld@%lldep: must come after the previous change, at least one "
                "epoch later",
                batch, epochs);
        if (request->epochs > 0 && epochs >= request->epochs)
            return fail(error, STATUS_USAGE,
                "--batch-schedule %lld@%lldep: the run ends after %lld epochs (--epochs), so it "
                "would never take effect",
                batch, epochs, (long long)request->epochs);
        after = epochs;
    }
    return STATUS_OK;
}

static enum status check_request(const struct plan_request *request, struct error *error)
{
    long long samples = request->samples, batch = request->batch;
    if (samples < 1)
        return fail(error, STATUS_USAGE,
            "--samples %lld: must be at least 1 (samples): there is nothing to train on", samples);
    if (batch < 1)
        return fail(error, STATUS_USAGE, "--batch %lld: must be at least 1 (samples)", batch);
    if (request->epochs < 0 || request->max_steps < 0)
        return fail(error, STATUS_USAGE, "--epochs %lld, --max-steps %lld: must not be negative",
            (long long)request->epochs, (long long)request->max_steps);
    if (request->epochs == 0 && request->max_steps == 0)
        return fail(error, STATUS_USAGE, "the run has no end: give --epochs or --max-steps");
    if (request->slices < 0)
        return fail(error, STATUS_USAGE, "--slices %lld: must be at least 1, or auto",
            (long long)request->slices);
    if (request->teams < 1 || request->threads < 1)
        return fail(error, STATUS_USAGE, "--ranks %d, --threads %d: must be at least 1",
            request->teams, request->threads);
    return check_changes(request, error);
}

/* --- stages ----------------------------------------------------------------------------------- */

static void share_slices(struct plan_stage *stage, const struct plan_request *request)
{
    stage->slices = request->slices > 0 ? request->slices : plan_default_slices(stage->batch);
    stage->teams = request->teams;
    stage->busy_teams = stage->slices < stage->teams ? (int)stage->slices : stage->teams;
    int64_t most = 0;
    for (int t = 0; t < stage->teams; t++)
        most = larger(most, range_size(deal_slices(stage->slices, stage->teams, t)));
    stage->balance = (double)stage->slices / ((double)stage->teams * (double)most);
}

/* Fills a stage, except for the epochs and steps that precede it in the run. */
static enum status make_stage(struct plan_stage *stage, const struct plan_request *request,
    int64_t batch, struct error *error)
{
    int64_t n = request->samples;
    if (batch > n && request->drop_last)
        return fail(error, STATUS_USAGE,
            "--batch %lld with --drop-last: an epoch of %s samples has no whole batch, so it would "
            "train on nothing; use a batch of at most %lld, or omit --drop-last",
            (long long)batch, GROUPED(n), (long long)n);
    *stage = (struct plan_stage){.asked = batch, .clamped = batch > n};
    stage->batch = stage->clamped ? n : batch;
    int64_t tail = n % stage->batch;
    stage->steps_per_epoch = request->drop_last ? n / stage->batch : divide_up(n, stage->batch);
    stage->last_batch = request->drop_last || tail == 0 ? stage->batch : tail;
    stage->dropped_per_epoch = request->drop_last ? tail : 0;
    share_slices(stage, request);
    return STATUS_OK;
}

/* Returns the steps of the first `epochs` epochs, even beyond the end of the run. */
static wide steps_of(const struct plan *plan, int64_t epochs)
{
    int s = plan->stages - 1;
    while (s > 0 && plan->stage[s].epochs_before >= epochs)
        s--;
    const struct plan_stage *stage = &plan->stage[s];
    return stage->steps_before + (wide)stage->steps_per_epoch * (epochs - stage->epochs_before);
}

static enum status fail_steps(const struct plan *plan, struct error *error)
{
    const struct plan_request *request = &plan->request;
    return fail(error, STATUS_USAGE, "%s %lld: more than 2^62 steps in total (%lld per epoch)",
        plan->cut_by_max_steps ? "--max-steps" : "--epochs",
        (long long)(plan->cut_by_max_steps ? request->max_steps : request->epochs),
        (long long)plan->stage[plan->stages - 1].steps_per_epoch);
}

static enum status make_stages(struct plan *plan, struct error *error)
{
    const struct plan_request *request = &plan->request;
    enum status status = make_stage(&plan->stage[0], request, request->batch, error);
    plan->stages = 1;
    for (int i = 0; !status && i < request->changes; i++) {
        int64_t before = request->change[i].after_epochs;
        wide steps = steps_of(plan, before);
        if (steps > MOST_STEPS)
            return fail_steps(plan, error);
        struct plan_stage *stage = &plan->stage[i + 1];
        status = make_stage(stage, request, request->change[i].batch, error);
        stage->epochs_before = before;
        stage->steps_before = (int64_t)steps;
        plan->stages++;
    }
    return status;
}

/* Sets the end of the run: epochs or max_steps, whichever comes first. */
static enum status count_steps(struct plan *plan, struct error *error)
{
    const struct plan_request *request = &plan->request;
    wide steps = steps_of(plan, request->epochs);
    plan->cut_by_max_steps =
        request->max_steps > 0 && (request->epochs == 0 || request->max_steps < steps);
    if (plan->cut_by_max_steps)
        steps = request->max_steps;
    if (steps > MOST_STEPS)
        return fail_steps(plan, error);
    plan->total_steps = (int64_t)steps;
    plan->epochs_begun = plan_batch(plan, plan->total_steps).epoch;
    return STATUS_OK;
}

/* --- workers ---------------------------------------------------------------------------------- */

int64_t plan_largest_batch(const struct plan *plan)
{
    int64_t most = 0;
    for (int s = 0; s < plan->stages; s++)
        most = plan->stage[s].batch > most ? plan->stage[s].batch : most;
    return most;
}

/* Returns the number of threads of a rank that have work in a step. */
static int useful_threads(const struct plan *plan)
{
    const struct plan_request *request = &plan->request;
    double flops = request->sample_flops * (double)plan_largest_batch(plan) / plan->teams;
    double threads = flops / PLAN_WORKER_FLOPS / plan->team_ranks;
    if (request->sample_flops <= 0 || threads >= request->threads)
        return request->threads;
    return threads < 1 ? 1 : (int)threads;
}

enum status plan_make(struct plan *plan, const struct plan_request *request, struct error *error)
{
    TRY(check_request(request, error));
    *plan = (struct plan){.request = *request,
        .samples = request->samples,
        .drop_last = request->drop_last,
        .teams = request->teams,
        .ranks = request->ranks > 0 ? request->ranks : request->teams,
        .team_ranks = request->team_ranks > 0 ? request->team_ranks : 1};
    TRY(make_stages(plan, error));
    plan->threads = useful_threads(plan);
    return count_steps(plan, error);
}

/* --- queries ---------------------------------------------------------------------------------- */

struct batch plan_batch(const struct plan *plan, int64_t step)
{
    int s = plan->stages - 1;
    while (plan->stage[s].steps_before >= step && s > 0)
        s--;
    const struct plan_stage *stage = &plan->stage[s];
    int64_t before = step - 1 - stage->steps_before;
    int64_t iteration = before % stage->steps_per_epoch + 1;
    return (struct batch){
        .step = step,
        .epoch = stage->epochs_before + before / stage->steps_per_epoch + 1,
        .iteration = iteration,
        .first = (iteration - 1) * stage->batch,
        .size = iteration == stage->steps_per_epoch ? stage->last_batch : stage->batch,
        .stage = s,
    };
}

const struct plan_stage *plan_stage_of(const struct plan *plan, const struct batch *batch)
{
    return &plan->stage[batch->stage];
}

bool plan_ends_epoch(const struct plan *plan, const struct batch *batch)
{
    return batch->iteration == plan_stage_of(plan, batch)->steps_per_epoch;
}

int64_t plan_steps_of(const struct plan *plan, int64_t epochs)
{
    wide steps = steps_of(plan, epochs);
    return steps > MOST_STEPS ? INT64_MAX : (int64_t)steps;
}

int64_t plan_whole_epochs(const struct plan *plan, int64_t steps)
{
    return plan_batch(plan, steps + 1).epoch - 1;
}

double plan_epochs_of(const struct plan *plan, int64_t steps)
{
    struct batch next = plan_batch(plan, steps + 1);
    int64_t of_epoch = plan_stage_of(plan, &next)->steps_per_epoch;
    return (double)(next.epoch - 1) + (double)(next.iteration - 1) / (double)of_epoch;
}

int64_t plan_samples_of(const struct plan *plan, int64_t steps)
{
    wide samples = 0;
    for (int s = 0; s < plan->stages && plan->stage[s].steps_before < steps; s++) {
        const struct plan_stage *stage = &plan->stage[s];
        bool last = s + 1 == plan->stages || plan->stage[s + 1].steps_before >= steps;
        int64_t end = last ? steps : plan->stage[s + 1].steps_before;
        int64_t epochs = (end - stage->steps_before) / stage->steps_per_epoch;
        int64_t rest = (end - stage->steps_before) % stage->steps_per_epoch;
        samples +=
            (wide)epochs * (plan->samples - stage->dropped_per_epoch) + (wide)rest * stage->batch;
    }
    return samples > INT64_MAX ? INT64_MAX : (int64_t)samples;
}

struct plan plan_of_stage(const struct plan *plan, int s)
{
    struct plan one = *plan;
    const struct plan_stage *stage = &plan->stage[s];
    bool last = s + 1 == plan->stages;
    int64_t end = last ? plan->total_steps : plan->stage[s + 1].steps_before;
    int64_t steps = (end < plan->total_steps ? end : plan->total_steps) - stage->steps_before;
    one.stages = 1;
    one.stage[0] = *stage;
    one.stage[0].epochs_before = one.stage[0].steps_before = 0;
    one.total_steps = steps > 0 ? steps : 0;
    one.epochs_begun = divide_up(one.total_steps, stage->steps_per_epoch);
    one.cut_by_max_steps = plan->cut_by_max_steps && (last || end > plan->total_steps);
    one.request.changes = 0;
    one.request.batch = stage->asked;
    one.request.epochs = last ? plan->request.epochs - stage->epochs_before
                              : plan->stage[s + 1].epochs_before - stage->epochs_before;
    if (plan->request.epochs == 0 && last)
        one.request.epochs = 0;
    one.request.max_steps = one.cut_by_max_steps ? one.total_steps : 0;
    return one;
}

struct range plan_slice_rows(const struct plan_stage *stage, int64_t size, int64_t slice)
{
    return split_even(size, stage->slices, slice);
}

struct range plan_team_slices(const struct plan_stage *stage, int team)
{
    return deal_slices(stage->slices, stage->teams, team);
}

struct range plan_team_rows(const struct plan_stage *stage, int64_t size, int team)
{
    struct range slices = plan_team_slices(stage, team);
    return (struct range){split_even(size, stage->slices, slices.first).first,
        split_even(size, stage->slices, slices.end).first};
}

int64_t plan_team_workers(const struct plan *plan, int team)
{
    int64_t before = (int64_t)team * plan->team_ranks, left = plan->ranks - before;
    return (left < plan->team_ranks ? left : plan->team_ranks) * plan->threads;
}
