#include "net/squares.h"
#include "step/step_state.h"

#include <math.h>
#include <stddef.h>

static struct vote *vote_of(const struct step *step, int rank)
{
    return (struct vote *)(void *)(step->votes + (size_t)rank * step->vote_bytes);
}

/* The largest magnitudes that there are, of all owners' states. Collective. */
static struct optimizer_bounds true_bounds(struct step *step)
{
    struct comm *comm = teams_comm(step->teams);
    int size = comm_size(comm);
    float most[OPTIMIZER_STATES_MAX] = {0}, *all = (float *)(void *)step->votes;
    struct optimizer_bounds bounds = {
        .weight = (double)step->vector->largest(step->weights.master, step->panels.parameters)};
    for (int i = 0; i < OPTIMIZER_STATES_MAX && step->optimizer.state[i]; i++)
        most[i] = step->vector->largest(step->optimizer.state[i], range_size(step->owned));
    comm_gather_all(comm, most, sizeof most, all);
    for (int i = 0; i < OPTIMIZER_STATES_MAX * size; i++) {
        double *bound = &bounds.state[i % OPTIMIZER_STATES_MAX];
        *bound = fmax(*bound, (double)all[i]);
    }
    return bounds;
}

/* The first thread of a rank. The bounds are the same on every rank, so all come to the same end,
 * and if they must be renewed, all renew them together. */
static bool update_allowed(struct step *step, float largest_sum)
{
    const struct optimizer_settings *optimizer = &step->settings->optimizer;
    step->bounds = step->own[0].bounds;
    if (!isfinite(largest_sum))
        return false;
    if (optimizer_allows(optimizer, &step->scalars, &step->bounds, (double)largest_sum))
        return true;
    step->bounds = true_bounds(step);
    return optimizer_allows(optimizer, &step->scalars, &step->bounds, (double)largest_sum);
}

/* What this rank says, to all; `first` is its first worker. Collective. */
static void cast_votes(struct step *step, int first)
{
    const struct ballot *ballot = &step->ballot[first];
    struct comm *comm = teams_comm(step->teams);
    struct vote *mine = vote_of(step, comm_size(comm));
    mine->status = 0;
    mine->told = ballot->told;
    mine->largest = 0;
    mine->squares = exact_sum_zero();
    mine->measure = fixed_sum_begin(0);
    for (int t = 0; t < step->settings->plan.threads; t++) {
        mine->status |= step->ballot[first + t].status;
        raise_to(&mine->largest, step->own[t].largest);
        exact_sum_merge(&mine->squares, &step->own[t].squares);
        if (step->own[0].measures)
            fixed_sum_merge(&mine->measure, &step->measure[first + t].squares);
    }
    for (int i = 0; i < reduce_nodes(step->reduce, teams_mine(step->teams)); i++)
        mine->loss[i] = step->own[0].loss_sum[i];
    comm_gather_all(comm, mine, step->vote_bytes, step->votes);
}

/* A double of each subtree, `offset` bytes into what the ranks said, joined as the slices are. */
static double join_told(struct step *step, size_t offset)
{
    struct teams *teams = step->teams;
    for (int t = 0, node = 0; t < teams_count(teams); t++) {
        const void *told = step->votes + step->vote_bytes * (size_t)teams_ranks(teams, t)[0];
        for (int i = 0; i < reduce_nodes(step->reduce, t); i++)
            step->loss_node[node++] = ((const double *)((const char *)told + offset))[i];
    }
    return reduce_join_doubles(step->reduce, step->loss_node);
}

/* The first thread of a rank: what all say, and what follows from it. `all_square` as
 * measure_begin() had it. */
static void reach_verdict(struct step *step, const struct batch *batch, double lr, double weight,
    double all_square, int first)
{
    const struct settings *settings = step->settings;
    struct verdict verdict = {.weight = weight,
        .gradient_norm = (double)NAN,
        .sample_square = (double)NAN,
        .square = (double)NAN};
    struct exact_sum squares = exact_sum_zero();
    struct fixed_sum measure = fixed_sum_begin((double)batch->size * all_square);
    float largest = 0;
    cast_votes(step, first);
    for (int r = 0; r < comm_size(teams_comm(step->teams)); r++) {
        const struct vote *vote = vote_of(step, r);
        verdict.failed |= vote->status != 0;
        raise_to(&largest, vote->largest);
        exact_sum_merge(&squares, &vote->squares);
        fixed_sum_merge(&measure, &vote->measure);
        verdict.told |= vote->told;
    }
    if (step->own[0].measures) {
        measure_tell(&verdict, batch, all_square, &measure);
        verdict.gradient_norm = sqrt(verdict.square);
    }
    step->scalars = step_scalars(settings, batch, lr, weight);
    if (settings->clip.norm > 0) {
        verdict.gradient_norm = sqrt(exact_sum_value(&squares));
        step->scalars.clip_factor = clip_factor(&settings->clip, verdict.gradient_norm);
    }
    verdict.loss = join_told(step, offsetof(struct vote, loss)) / weight;
    verdict.finite = isfinite(verdict.loss) && update_allowed(step, largest);
    step->verdict = verdict;
}

/* The first thread of a rank: what the update needs to know of all teams' rows. Collective. */
static void exchange_prefaces(struct step *step)
{
    struct teams *teams = step->teams;
    struct comm *comm = teams_comm(teams);
    struct preface *mine = (struct preface *)(void *)vote_of(step, comm_size(comm));
    if (step->weight_unit == 0 && !step->own[0].measures)
        return;
    mine->weight = team_weight(step);
    for (int i = 0; i < reduce_nodes(step->reduce, teams_mine(teams)); i++)
        mine->square[i] = step->own[0].square_sum[i];
    comm_gather_all(comm, mine, step->vote_bytes, step->votes);
    step->all_weight = 0;
    for (int t = 0; t < teams_count(teams); t++)
        step->all_weight +=
            ((struct preface *)(void *)vote_of(step, teams_ranks(teams, t)[0]))->weight;
    step->all_square = join_told(step, offsetof(struct preface, square));
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

/* What the verdict wants to know of this worker's part of the sums. */
static void look_at(struct step *step, const struct worker *worker, const float *sum,
    struct range mine, const struct optimizer_scalars *scalars)
{
    struct own *own = own_of(step, worker);
    own->largest = step->vector->largest(sum, range_size(mine));
    own->squares = exact_sum_zero();
    if (step->settings->clip.norm > 0)
        clip_add_squares(
            &own->squares, sum, range_size(mine), scalars, step->settings->kernel.level);
}

struct verdict step_exchange(
    struct step *step, const struct worker *worker, const struct batch *batch, double lr)
{
    const enum level level = step->settings->kernel.level;
    struct own *own = own_of(step, worker);
    bool alone = teams_count(step->teams) == 1;
    step_verify_again(step, worker);
    if (!alone) {
        if (worker_speaks(worker)) {
            reduce_exchange(step->reduce);
            exchange_prefaces(step);
        }
        phase_end(&own->clock, PHASE_REDUCE);
        step_meet(step, worker);
    }
    double weight = batch_weight(step, batch, alone ? team_weight(step) : step->all_weight);
    double all_square = 0;
    if (measures(step, worker))
        all_square = alone ? reduce_join_doubles(step->reduce, own->square_sum) : step->all_square;
    struct range part = worker_share(worker, range_size(step->owned), step->panels.tile_floats);
    struct range mine = {step->owned.first + part.first, step->owned.first + part.end};
    const float *sum = reduce_join(step->reduce, mine);
    const struct optimizer_scalars scalars = step_scalars(step->settings, batch, lr, weight);
    look_at(step, worker, sum, mine, &scalars);
    if (measures(step, worker)) {
        measure_begin(step, worker, batch, all_square);
        squares_of_part(&step->panels, &step->measure[worker->index].squares, sum, mine);
    }
    phase_end(&own->clock, PHASE_REDUCE);
    step_meet(step, worker);
    if (worker_speaks(worker)) {
        reach_verdict(step, batch, lr, weight, all_square, worker->index);
        phase_end(&own->clock, PHASE_REDUCE);
    }
    step_meet(step, worker);

    struct verdict verdict = step->verdict;
    if (!verdict.finite || verdict.failed)
        return verdict;
    own->bounds = step->bounds;
    optimizer_step(&step->optimizer, level, &step->scalars, step->weights.master + mine.first, sum,
        part.first, range_size(mine));
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
