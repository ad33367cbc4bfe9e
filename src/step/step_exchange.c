#include "step/step_exchange.h"

#include <math.h>
#include <stddef.h>

#include "net/squares.h"
#include "step/step_noise.h"
#include "step/step_update.h"

/* --- reports of ranks: by the first thread of every rank -------------------------------------- */

char *step_report_of(const struct step *step, int rank)
{
    return step->rank_reports + (size_t)rank * step->report_bytes;
}

/* Gathers the reports of all ranks. This rank's own is in step_report_of(size). Collective. */
static void gather_reports(struct step *step)
{
    struct comm *comm = step->teams->comm;
    comm_gather_all(comm, step_report_of(step, comm->size), step->report_bytes, step->rank_reports);
}

/* Joins one double per subtree in the order in which slices are joined. The doubles are `offset`
 * bytes into the reports of the subtree's team. */
static double join_subtrees(struct step *step, size_t offset)
{
    struct teams *teams = step->teams;
    for (int t = 0, node = 0; t < teams->count; t++) {
        const char *report = step_report_of(step, teams->team[t].ranks[0]);
        for (int i = 0; i < reduce_nodes(step->reduce, t); i++)
            step->subtree[node++] = ((const double *)(const void *)(report + offset))[i];
    }
    return reduce_join_doubles(step->reduce, step->subtree);
}

/* Gathers the sums over the rows of all teams. Collective. */
static void gather_batch_sums(struct step *step, const struct batch *batch)
{
    struct teams *teams = step->teams;
    bool noise = step_noise_is_due(step, batch);
    struct rows_report *mine = (void *)step_report_of(step, teams->comm->size);
    step->batch_sums = (struct batch_sums){.weight = (double)batch->size};
    if (step->weight_unit == 0 && !noise)
        return;
    mine->class_weight = step_class_weight(step);
    for (int i = 0; i < reduce_nodes(step->reduce, teams->mine); i++)
        mine->square[i] = noise ? step->own[0].square.value[i] : 0;
    gather_reports(step);
    int64_t class_weight = 0;
    for (int t = 0; t < teams->count; t++) {
        const struct rows_report *report = (void *)step_report_of(step, teams->team[t].ranks[0]);
        class_weight += report->class_weight;
    }
    step->batch_sums.weight = step_batch_weight(step, batch, class_weight);
    step->batch_sums.square = join_subtrees(step, offsetof(struct rows_report, square));
    step->batch_sums.bound = (double)batch->size * step->batch_sums.square;
}

void step_gather_reports(struct step *step, const struct batch *batch, int first)
{
    int threads = step->settings->plan.threads;
    struct rank_report *mine = (void *)step_report_of(step, step->teams->comm->size);
    mine->status = 0;
    mine->requests = step->report[first].requests;
    mine->largest = 0;
    mine->squares = exact_sum_zero();
    for (int t = 0; t < threads; t++) {
        mine->status |= step->report[first + t].status;
        raise_to(&mine->largest, step->own[t].largest);
        exact_sum_merge(&mine->squares, &step->own[t].squares);
    }
    mine->noise =
        step_noise_is_due(step, batch) ? step_noise_join(step, first, threads) : fixed_sum_begin(0);
    for (int i = 0; i < reduce_nodes(step->reduce, step->teams->mine); i++)
        mine->loss[i] = step->own[0].loss.value[i];
    gather_reports(step);
}

/* Measures the largest magnitudes that the weights and all owners' states have now. Collective. */
static struct optimizer_bounds measure_bounds(struct step *step)
{
    struct comm *comm = step->teams->comm;
    int size = comm->size;
    float largest[OPTIMIZER_STATES_MAX] = {0}, *all = (float *)(void *)step->rank_reports;
    struct optimizer_bounds bounds = {
        .weight = (double)step->vector->largest(step->weights.master, step->panels.parameters)};
    for (int i = 0; i < optimizer_states(&step->settings->optimizer); i++)
        largest[i] = step->vector->largest(step->optimizer.state[i], range_size(step->owned));
    comm_gather_all(comm, largest, sizeof largest, all);
    for (int i = 0; i < OPTIMIZER_STATES_MAX * size; i++) {
        double *bound = &bounds.state[i % OPTIMIZER_STATES_MAX];
        *bound = fmax(*bound, (double)all[i]);
    }
    return bounds;
}

/* True if weights and state stay finite in an update with sums of at most this magnitude, the same
 * on all ranks. The bounds on weights and state only grow from step to step; when they no
 * longer suffice, all ranks measure them again. Collective. */
static bool update_is_allowed(struct step *step, float largest_sum)
{
    const struct optimizer_settings *optimizer = &step->settings->optimizer;
    step->bounds = step->own[0].bounds;
    if (!isfinite(largest_sum))
        return false;
    if (optimizer_allows(optimizer, &step->scalars, &step->bounds, (double)largest_sum))
        return true;
    step->bounds = measure_bounds(step);
    return optimizer_allows(optimizer, &step->scalars, &step->bounds, (double)largest_sum);
}

/* Sets verdict, scalars and bounds from the reports of all ranks. Every rank gets the same result,
 * since all have the same reports and bounds. Collective. */
static void reach_verdict(struct step *step, const struct worker *worker, const struct batch *batch,
    double lr, const struct batch_sums *sums)
{
    const struct clip *clip = &step->settings->clip;
    struct verdict verdict = step_verdict(sums->weight);
    struct exact_sum squares = exact_sum_zero();
    struct fixed_sum noise = fixed_sum_begin(sums->bound);
    float largest = 0;
    step_gather_reports(step, batch, worker->index);
    for (int r = 0; r < step->teams->comm->size; r++) {
        const struct rank_report *report = (void *)step_report_of(step, r);
        verdict.failed |= report->status != 0;
        verdict.requests |= report->requests;
        raise_to(&largest, report->largest);
        exact_sum_merge(&squares, &report->squares);
        fixed_sum_merge(&noise, &report->noise);
    }
    if (step_noise_is_due(step, batch))
        step_noise_report(&verdict, batch, sums, &noise);
    step->scalars = step_scalars(step->settings, batch, lr, sums->weight);
    if (clip->norm > 0) {
        verdict.gradient_norm = sqrt(exact_sum_value(&squares));
        step->scalars.clip_factor = clip_factor(clip, verdict.gradient_norm);
    }
    verdict.loss = join_subtrees(step, offsetof(struct rank_report, loss)) / sums->weight;
    verdict.finite = isfinite(verdict.loss) && update_is_allowed(step, largest);
    step->verdict = verdict;
}

/* --- the long way: all workers ---------------------------------------------------------------- */

struct batch_sums step_exchange_sums(
    struct step *step, const struct worker *worker, const struct batch *batch)
{
    reduce_exchange(step->reduce, worker);
    phase_end(&own_of(step, worker)->clock, PHASE_REDUCE);
    if (step->teams->count == 1)
        return step_batch_sums(step, worker, batch);
    if (worker_speaks(worker))
        gather_batch_sums(step, batch);
    phase_end(&own_of(step, worker)->clock, PHASE_REDUCE);
    step_meet(step, worker);
    return step->batch_sums;
}

/* Records what the verdict needs from this worker's part of the gradient. Returns the part. */
static const float *examine(struct step *step, const struct worker *worker,
    const struct batch *batch, double lr, const struct batch_sums *sums, struct range mine)
{
    struct own *own = own_of(step, worker);
    const float *sum = reduce_sums(step->reduce) + (mine.first - step->owned.first);
    own->largest = step->vector->largest(sum, range_size(mine));
    own->squares = exact_sum_zero();
    if (step->settings->clip.norm > 0) {
        struct optimizer_scalars scalars = step_scalars(step->settings, batch, lr, sums->weight);
        clip_add_squares(
            &own->squares, sum, range_size(mine), &scalars, step->settings->kernel.level);
    }
    struct fixed_sum *noise = step_noise_open(step, worker, batch, sums);
    if (noise)
        squares_of_part(&step->panels, noise, sum, mine);
    phase_end(&own->clock, PHASE_REDUCE);
    return sum;
}

/* Sends the weights that this team owns to all others. */
static void publish(struct step *step, const struct worker *worker)
{
    if (step->teams->count == 1)
        return;
    reduce_publish(step->reduce, worker, step->weights.master);
    phase_end(&own_of(step, worker)->clock, PHASE_REDUCE);
    step_meet(step, worker); /* all weights have arrived, from every rank of the team */
}

/* Derives the copy that forward reads from the new master. */
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
    step_verify_again(step, worker); /* the last point before weights may be written */
    struct batch_sums sums = step_exchange_sums(step, worker, batch);
    struct range part = worker_share(worker, range_size(step->owned), step->panels.tile_floats);
    struct range mine = {step->owned.first + part.first, step->owned.first + part.end};
    const float *sum = examine(step, worker, batch, lr, &sums, mine);
    step_meet(step, worker); /* all parts are examined, so the reports on them can be gathered */
    if (worker_speaks(worker)) {
        reach_verdict(step, worker, batch, lr, &sums);
        phase_end(&own->clock, PHASE_REDUCE);
    }
    step_meet(step, worker); /* no weight is written before every team allows it */
    struct verdict verdict = step->verdict;
    if (!verdict.finite || verdict.failed)
        return verdict;
    own->bounds = step->bounds;
    optimizer_step(&step->optimizer, step->settings->kernel.level, &step->scalars,
        step->weights.master + mine.first, sum, part.first, range_size(mine));
    phase_end(&own->clock, PHASE_UPDATE);
    step_meet(step, worker); /* the owned part is complete: publish and derive read all of it */
    publish(step, worker);
    derive(step, worker);
    phase_end(&own->clock, PHASE_UPDATE);
    step_meet(step, worker); /* the next forward reads tiles that other workers derived */
    return verdict;
}
