#include "train/step_state.h"

#include <math.h>

/* The first thread of a rank. The bounds are the same on every rank, so all come to the same end,
 * and if they must be renewed, all renew them together. */
static bool update_allowed(struct step *step, float largest_sum, float scale, float lr)
{
    struct optimizer *optimizer = &step->optimizer;
    struct comm *comm = teams_comm(step->teams);
    step->bounds = step->own[0].bounds;
    if (!isfinite(largest_sum))
        return false;
    if (optimizer_allows(optimizer, &step->bounds, (double)largest_sum, scale, lr))
        return true;
    double mine = 0, most = 0;
    if (optimizer->velocity)
        mine = (double)step->vector->largest(optimizer->velocity, range_size(step->owned));
    comm_gather_all(comm, &mine, sizeof mine, step->vote);
    for (int r = 0; r < comm_size(comm); r++)
        most = fmax(most, step->vote[r]);
    step->bounds.weight =
        (double)step->vector->largest(step->weights.master, step->panels.parameters);
    step->bounds.velocity = most;
    return optimizer_allows(optimizer, &step->bounds, (double)largest_sum, scale, lr);
}

/* The first thread of a rank: what this rank says, what all say, and what follows from it. */
static void reach_verdict(
    struct step *step, const struct batch *batch, double lr, const struct ballot *ballot)
{
    double mine[VOTE_LOSS + TREE_DEPTH];
    struct teams *teams = step->teams;
    mine[VOTE_STATUS] = ballot->status;
    mine[VOTE_TOLD] = ballot->told;
    mine[VOTE_LARGEST] = 0;
    for (int t = 0; t < step->settings->plan.threads; t++)
        mine[VOTE_LARGEST] = fmax(mine[VOTE_LARGEST], (double)step->own[t].largest);
    for (int i = 0; i < step->vote_width - VOTE_LOSS; i++)
        mine[VOTE_LOSS + i] =
            i < reduce_nodes(step->reduce, teams_mine(teams)) ? step->own[0].loss_sum[i] : 0;
    comm_gather_all(teams_comm(teams), mine, (size_t)step->vote_width * sizeof *mine, step->vote);

    struct verdict verdict = {0};
    double largest = 0;
    for (int r = 0; r < comm_size(teams_comm(teams)); r++) {
        const double *vote = step->vote + (size_t)r * (size_t)step->vote_width;
        verdict.failed |= vote[VOTE_STATUS] != 0;
        largest = fmax(largest, vote[VOTE_LARGEST]);
        verdict.told |= (int)vote[VOTE_TOLD];
    }
    for (int t = 0, node = 0; t < teams_count(teams); t++) {
        const double *vote =
            step->vote + (size_t)teams_ranks(teams, t)[0] * (size_t)step->vote_width;
        for (int i = 0; i < reduce_nodes(step->reduce, t); i++)
            step->loss_node[node++] = vote[VOTE_LOSS + i];
    }
    verdict.loss = reduce_join_doubles(step->reduce, step->loss_node) / (double)batch->size;
    verdict.finite = isfinite(verdict.loss) &&
                     update_allowed(step, (float)largest, batch_scale(batch), (float)lr);
    step->verdict = verdict;
}

/* Wf of every tile, after the master has changed. */
static void derive(struct step *step, const struct worker *worker)
{
    for (int l = 1; l < step->panels.layers; l++) {
        struct range tiles = worker_share(worker, step->panels.layer[l].tiles, 1);
        for (int64_t t = tiles.first; t < tiles.end; t++)
            weights_derive(&step->weights, &step->panels, l, t);
    }
}

struct verdict step_exchange(
    struct step *step, const struct worker *worker, const struct batch *batch, double lr)
{
    struct own *own = own_of(step, worker);
    bool alone = teams_count(step->teams) == 1;
    if (!alone) {
        if (worker_speaks(worker))
            reduce_exchange(step->reduce);
        phase_end(&own->clock, PHASE_REDUCE);
        step_meet(step, worker);
    }
    struct range part = worker_share(worker, range_size(step->owned), STEP_FLOAT_UNIT);
    struct range mine = {step->owned.first + part.first, step->owned.first + part.end};
    const float *sum = reduce_join(step->reduce, mine);
    own->largest = step->vector->largest(sum, range_size(mine));
    phase_end(&own->clock, PHASE_REDUCE);
    step_meet(step, worker);
    if (worker_speaks(worker)) {
        reach_verdict(step, batch, lr, &step->ballot[worker->index]);
        phase_end(&own->clock, PHASE_REDUCE);
    }
    step_meet(step, worker);

    struct verdict verdict = step->verdict;
    if (!verdict.finite)
        return verdict;
    own->bounds = step->bounds;
    optimizer_step(&step->optimizer, step->settings->kernel.level,
        step->weights.master + mine.first, sum, part.first, range_size(mine), batch_scale(batch),
        (float)lr);
    phase_end(&own->clock, PHASE_UPDATE);
    step_meet(step, worker);
    if (!alone) {
        if (worker_speaks(worker))
            reduce_publish(step->reduce, step->weights.master);
        phase_end(&own->clock, PHASE_REDUCE);
        step_meet(step, worker);
    }
    derive(step, worker);
    phase_end(&own->clock, PHASE_UPDATE);
    step_meet(step, worker);
    return verdict;
}
