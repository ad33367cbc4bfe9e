#include "step/step_exchange.h"

#include <math.h>

#include "base/heartbeat.h"
#include "net/squares.h"
#include "step/step_noise.h"
#include "step/step_update.h"
#include "step/step_verify.h"

/* --- reports of ranks: by the first thread of every rank -------------------------------------- */

/* Returns the report of a rank; number `ranks`: this rank's own, to be sent. */
static void *report_of(const struct step *step, int rank)
{
    return step->rank_reports + (size_t)rank * step->report_bytes;
}

static void *own_report(const struct step *step)
{
    return report_of(step, step->teams->comm->size);
}

/* Gathers the reports of all ranks. Collective. */
static void gather_reports(struct step *step)
{
    comm_gather_all(step->teams->comm, own_report(step), step->report_bytes, step->rank_reports);
}

static const struct rows_report *rows_of_team(const struct step *step, int team)
{
    return report_of(step, step->teams->team[team].ranks[0]);
}

static void report_rows(struct step *step, const struct worker *worker, const struct batch *batch)
{
    struct rows_report *mine = own_report(step);
    const struct own *own = own_of(step, worker);
    bool noise = step_noise_is_due(step, batch);
    *mine = (struct rows_report){.requests = step->report[worker->index].requests,
        .bound = step_gradient_bound(step, batch->size),
        .class_weight = step_class_weight(step)};
    for (int t = 0; t < step->threads; t++)
        mine->status |= step->report[worker->index + t].status;
    for (int i = 0; i < reduce_nodes(step->reduce, step->teams->mine); i++)
        mine->subtree[i] = (struct subtree_sums){own->loss.value[i],
            noise ? own->square.value[i] : 0, step->row_weight ? own->weight.value[i] : 0};
    gather_reports(step);
}

enum which_sum { LOSS, SQUARE, WEIGHT };

/* Joins a sum of all teams' subtrees in the order in which slices are joined. */
static double join_subtrees(struct step *step, enum which_sum which)
{
    for (int t = 0, node = 0; t < step->teams->count; t++)
        for (int i = 0; i < reduce_nodes(step->reduce, t); i++) {
            const struct subtree_sums *sums = &rows_of_team(step, t)->subtree[i];
            step->subtree[node++] = which == LOSS     ? sums->loss
                                    : which == SQUARE ? sums->square
                                                      : sums->weight;
        }
    return reduce_join_doubles(step->reduce, step->subtree);
}

/* Sets the verdict from the reports on the rows, as if the gradient were finite. */
static void judge_rows(struct step *step, const struct batch *batch, double lr)
{
    const struct settings *settings = step->settings;
    int64_t class_weight = 0;
    double square = join_subtrees(step, SQUARE), bound = 0;
    for (int t = 0; t < step->teams->count; t++) {
        const struct rows_report *report = rows_of_team(step, t);
        class_weight += report->class_weight;
        bound = fmax(bound, report->bound);
    }
    double weight = step_batch_weight(
        step, batch, class_weight, step->row_weight ? join_subtrees(step, WEIGHT) : 0);
    struct verdict verdict = step_verdict(weight);
    for (int r = 0; r < step->teams->comm->size; r++) {
        const struct rows_report *report = report_of(step, r);
        verdict.failed |= report->status != 0;
        verdict.requests |= report->requests;
    }
    verdict.loss = join_subtrees(step, LOSS);
    verdict.loss = weight > 0 ? verdict.loss / weight : verdict.loss;
    verdict.finite = isfinite(verdict.loss);
    step->verdict = verdict;
    step->batch_sums = (struct batch_sums){weight, square, (double)batch->size * square};
    step->certain = false;
    if (step->start.frozen)
        return;
    step->scalars = step_scalars(settings, batch, lr, weight);
    step->bounds = step->own[0].bounds;
    step->certain = settings->reduce == REDUCE_ORDERED && settings->clip.norm == 0 &&
                    verdict.finite && !verdict.failed && weight > 0 &&
                    step_update_is_certain(step, &step->scalars, &step->bounds, bound);
}

struct batch_sums step_gather_rows(
    struct step *step, const struct worker *worker, const struct batch *batch, double lr)
{
    if (worker_speaks(worker)) {
        report_rows(step, worker, batch);
        judge_rows(step, batch, lr);
    }
    phase_end(&own_of(step, worker)->clock, PHASE_REDUCE);
    step_meet(step, worker);
    return step->batch_sums;
}

struct joined_parts step_join_parts(
    struct step *step, const struct worker *worker, const struct batch *batch, double bound)
{
    struct part_report *mine = own_report(step);
    bool noise = step_noise_is_due(step, batch);
    struct joined_parts joined = {0, exact_sum_zero(), fixed_sum_begin(bound)};
    *mine = (struct part_report){.squares = exact_sum_zero(),
        .noise = noise ? step_noise_join(step, worker->index, step->threads) : fixed_sum_begin(0)};
    for (int t = 0; t < step->threads; t++) {
        raise_to(&mine->largest, step->own[t].largest);
        exact_sum_merge(&mine->squares, &step->own[t].squares);
    }
    gather_reports(step);
    for (int r = 0; r < step->teams->comm->size; r++) {
        const struct part_report *report = report_of(step, r);
        raise_to(&joined.largest, report->largest);
        exact_sum_merge(&joined.squares, &report->squares);
        fixed_sum_merge(&joined.noise, &report->noise);
    }
    return joined;
}

/* --- the verdict on the gradient: by the first thread of every rank ----------------------------- */

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

/* Completes the verdict, scalars and bounds with the parts of all ranks. Every rank gets the same
 * result, since all have the same reports and bounds. Collective. */
static void judge_gradient(const struct step_exchange *exchange)
{
    struct step *step = exchange->step;
    const struct clip *clip = &step->settings->clip;
    bool noise = step_noise_is_due(step, exchange->batch);
    if (exchange->certain && !noise)
        return;
    if (step->verdict.weight == 0) { /* there will be no update to judge */
        step->verdict.gradient_norm = clip->norm > 0 ? 0 : step->verdict.gradient_norm;
        return;
    }
    struct joined_parts parts =
        step_join_parts(step, exchange->worker, exchange->batch, exchange->sums.bound);
    if (noise)
        step_noise_report(&step->verdict, exchange->batch, &exchange->sums, &parts.noise);
    if (exchange->certain)
        return;
    if (clip->norm > 0) {
        step->verdict.gradient_norm = sqrt(exact_sum_value(&parts.squares));
        step->scalars.clip_factor = clip_factor(clip, step->verdict.gradient_norm);
    }
    step->verdict.finite = step->verdict.finite && update_is_allowed(step, parts.largest);
}

/* --- all workers ------------------------------------------------------------------------------ */

/* Updates this worker's share of a bucket. */
static void update(struct step *step, const struct worker *worker, int bucket)
{
    struct range mine = reduce_share(step->reduce, worker, bucket);
    optimizer_step(&step->optimizer, step->settings->kernel.level, &step->scalars,
        step->weights.master + mine.first, reduce_sums(step->reduce, worker, bucket),
        mine.first - step->owned.first, range_size(mine));
    phase_end(&own_of(step, worker)->clock, PHASE_UPDATE);
}

/* Records what the verdict needs from this worker's share of a bucket, and updates it if that is
 * certain to be allowed. */
static void use_sums(void *context, const struct worker *worker, int bucket)
{
    const struct step_exchange *exchange = context;
    struct step *step = exchange->step;
    struct own *own = own_of(step, worker);
    struct range mine = reduce_share(step->reduce, worker, bucket);
    const float *sum = reduce_sums(step->reduce, worker, bucket);
    if (exchange->noise)
        squares_of_part(&step->panels, exchange->noise, sum, mine);
    if (!exchange->certain)
        raise_to(&own->largest, step->vector->largest(sum, range_size(mine)));
    if (step->settings->clip.norm > 0)
        clip_add_squares(
            &own->squares, sum, range_size(mine), &step->scalars, step->settings->kernel.level);
    phase_end(&own->clock, PHASE_REDUCE);
    if (exchange->certain)
        update(step, worker, bucket);
}

static void filled(void *context)
{
    struct step_exchange *exchange = context;
    struct phase_clock *clock = &own_of(exchange->step, exchange->worker)->clock;
    phase_end(clock, PHASE_WEIGHTS);
    reduce_fill(&exchange->walk);
    phase_end(clock, PHASE_REDUCE);
}

static void tend(void *context)
{
    struct step_exchange *exchange = context;
    struct phase_clock *clock = &own_of(exchange->step, exchange->worker)->clock;
    phase_end(clock, PHASE_WEIGHTS);
    if (worker_speaks(exchange->worker))
        heartbeat_beat();
    reduce_tend(&exchange->walk);
    phase_end(clock, PHASE_REDUCE);
}

void step_exchange_begin(struct step_exchange *exchange, struct step *step,
    const struct worker *worker, const struct batch *batch, double lr)
{
    struct own *own = own_of(step, worker);
    step_verify_again(step, worker); /* from now on, weights may be written */
    struct batch_sums sums = step_gather_rows(step, worker, batch, lr);
    *exchange = (struct step_exchange){.step = step,
        .worker = worker,
        .batch = batch,
        .sums = sums,
        .noise = step_noise_open(step, worker, batch, &sums),
        .certain = step->certain,
        .use = {use_sums, exchange, step->certain ? step->weights.master : NULL},
        .filling = {
            reduce_buckets(step->reduce), reduce_bucket_of(step->reduce), filled, tend, exchange}};
    own->largest = 0;
    own->squares = exact_sum_zero();
    reduce_begin(&exchange->walk, step->reduce, worker, &exchange->use);
}

/* Updates the owned parameters and sends them to all other teams. */
static void update_and_publish(struct step *step, const struct worker *worker)
{
    for (int b = 0; b < reduce_buckets(step->reduce); b++)
        update(step, worker, b);
    step_meet(step, worker); /* the owned part is complete: publish and derive read all of it */
    if (step->teams->count == 1)
        return;
    reduce_publish(step->reduce, worker, step->weights.master);
    phase_end(&own_of(step, worker)->clock, PHASE_REDUCE);
    step_meet(step, worker); /* all weights have arrived, from every rank of the team */
}

/* Derives the copy that forward reads from the new master. */
static void derive(struct step *step, const struct worker *worker)
{
    step_derive(step, worker, &step->weights);
    phase_end(&own_of(step, worker)->clock, PHASE_UPDATE);
}

struct verdict step_exchange_end(struct step_exchange *exchange)
{
    struct step *step = exchange->step;
    const struct worker *worker = exchange->worker;
    struct own *own = own_of(step, worker);
    reduce_end(&exchange->walk);
    phase_end(&own->clock, PHASE_REDUCE);
    if (worker_speaks(worker))
        judge_gradient(exchange);
    phase_end(&own->clock, PHASE_REDUCE);
    if (exchange->certain)
        derive(step, worker);
    step_meet(step, worker); /* no weight is written before every team allows it */
    struct verdict verdict = step->verdict;
    if (verdict.finite && !verdict.failed)
        own->bounds = step->bounds;
    if (exchange->certain || !verdict.finite || verdict.failed || verdict.weight == 0)
        return verdict;
    update_and_publish(step, worker);
    derive(step, worker);
    step_meet(step, worker); /* the next forward reads tiles that other workers derived */
    return verdict;
}
