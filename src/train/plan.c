#include "train/plan.h"

#include "base/text.h"

__extension__ typedef __int128 wide;

static const int64_t MOST_STEPS = INT64_C(1) << 62;

int64_t plan_default_slices(int64_t batch)
{
    int64_t slices = 1;
    while (2 * slices <= batch / 64 && 2 * slices <= batch / (2 * slices))
        slices *= 2;
    return slices;
}

static enum status check_request(const struct plan_request *request, struct error *error)
{
    long long samples = request->samples, batch = request->batch;
    char grouped[32];
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
    if (batch > samples && request->drop_last)
        return fail(error, STATUS_USAGE,
            "--batch %lld with --drop-last: an epoch of %s samples has no whole batch, so it would "
            "train on nothing; take a batch of at most %lld, or leave out --drop-last",
            batch, text_grouped(samples, grouped), samples);
    return STATUS_OK;
}

/* The end of the run: epochs or max_steps, whichever comes first. */
static enum status count_steps(struct plan *plan, struct error *error)
{
    const struct plan_request *request = &plan->request;
    wide steps = (wide)plan->steps_per_epoch * request->epochs;
    plan->cut_by_max_steps =
        request->max_steps > 0 && (request->epochs == 0 || request->max_steps < steps);
    if (plan->cut_by_max_steps)
        steps = request->max_steps;
    if (steps > MOST_STEPS)
        return fail(error, STATUS_USAGE, "%s %lld: more than 2^62 steps in all (%lld an epoch)",
            plan->cut_by_max_steps ? "--max-steps" : "--epochs",
            (long long)(plan->cut_by_max_steps ? request->max_steps : request->epochs),
            (long long)plan->steps_per_epoch);
    plan->total_steps = (int64_t)steps;
    plan->epochs_begun = divide_up(plan->total_steps, plan->steps_per_epoch);
    return STATUS_OK;
}

/* Threads of a rank that find work in a step. */
static int useful_threads(const struct plan *plan)
{
    const struct plan_request *request = &plan->request;
    double flops = request->sample_flops * (double)plan->batch / plan->teams;
    double threads = flops / PLAN_WORKER_FLOPS / plan->team_ranks;
    if (request->sample_flops <= 0 || threads >= request->threads)
        return request->threads;
    return threads < 1 ? 1 : (int)threads;
}

static void share_slices(struct plan *plan)
{
    const struct plan_request *request = &plan->request;
    plan->slices = request->slices > 0 ? request->slices : plan_default_slices(plan->batch);
    plan->teams = request->teams;
    plan->ranks = request->ranks > 0 ? request->ranks : request->teams;
    plan->team_ranks = request->team_ranks > 0 ? request->team_ranks : 1;
    plan->threads = useful_threads(plan);
    plan->busy_teams = plan->slices < plan->teams ? (int)plan->slices : plan->teams;
    int64_t most = divide_up(plan->slices, plan->teams);
    plan->balance = (double)plan->slices / ((double)plan->teams * (double)most);
}

enum status plan_make(struct plan *plan, const struct plan_request *request, struct error *error)
{
    enum status status = check_request(request, error);
    if (status)
        return status;

    int64_t n = request->samples;
    *plan = (struct plan){.request = *request, .samples = n, .drop_last = request->drop_last};
    plan->clamped = request->batch > n;
    plan->batch = plan->clamped ? n : request->batch;
    int64_t tail = n % plan->batch;
    plan->steps_per_epoch = plan->drop_last ? n / plan->batch : divide_up(n, plan->batch);
    plan->last_batch = plan->drop_last || tail == 0 ? plan->batch : tail;
    plan->dropped_per_epoch = plan->drop_last ? tail : 0;
    share_slices(plan);
    return count_steps(plan, error);
}

struct batch plan_batch(const struct plan *plan, int64_t step)
{
    int64_t before = step - 1, iteration = before % plan->steps_per_epoch + 1;
    return (struct batch){
        .step = step,
        .epoch = before / plan->steps_per_epoch + 1,
        .iteration = iteration,
        .first = (iteration - 1) * plan->batch,
        .size = iteration == plan->steps_per_epoch ? plan->last_batch : plan->batch,
    };
}

struct range plan_slice_rows(const struct plan *plan, int64_t size, int64_t slice)
{
    return split_even(size, plan->slices, slice);
}

struct range plan_team_slices(const struct plan *plan, int team)
{
    return split_front(plan->slices, plan->teams, team);
}

struct range plan_team_rows(const struct plan *plan, int64_t size, int team)
{
    struct range slices = plan_team_slices(plan, team);
    return (struct range){split_even(size, plan->slices, slices.first).first,
        split_even(size, plan->slices, slices.end).first};
}

int64_t plan_team_workers(const struct plan *plan, int team)
{
    int64_t before = (int64_t)team * plan->team_ranks, left = plan->ranks - before;
    return (left < plan->team_ranks ? left : plan->team_ranks) * plan->threads;
}
