#include "step/step_measure.h"

#include <string.h>

#include "net/squares.h"
#include "step/step_exchange.h"
#include "step/step_noise.h"

enum { TILE_FLOATS_MAX = KERNEL_ROWS_MAX * KERNEL_LANES_MAX };

/* Adds this worker's part of |total -+ the batch's gradient|^2 to `squares`; with `without` false,
 * first adds the gradient to the total. */
static void measure_part(
    struct step *step, struct fixed_sum *squares, const float *sum, struct range mine, bool without)
{
    int64_t tile = step->panels.tile_floats;
    float *total = step->total + (mine.first - step->owned.first);
    if (!without)
        step->vector->add(total, sum, range_size(mine));
    if (!without)
        squares_of_part(&step->panels, squares, total, mine);
    for (int64_t at = mine.first; without && at < mine.end; at += tile) {
        float rest[TILE_FLOATS_MAX];
        const float *of_total = total + (at - mine.first), *of_batch = sum + (at - mine.first);
        for (int64_t i = 0; i < tile; i++)
            rest[i] = of_total[i] - of_batch[i];
        squares_of_part(&step->panels, squares, rest, (struct range){at, at + tile});
    }
}

/* Joins the parts of all ranks. Collective. */
static void join_ranks(struct step *step, const struct worker *worker, const struct batch *batch,
    double bound, struct step_measurement *measured)
{
    struct fixed_sum squares = fixed_sum_begin(bound);
    step_gather_reports(step, batch, worker->index);
    for (int r = 0; r < step->teams->comm->size; r++) {
        const struct rank_report *report = (void *)step_report_of(step, r);
        measured->failed |= report->status != 0;
        fixed_sum_merge(&squares, &report->noise);
    }
    measured->whole = fixed_sum_value(&squares);
}

struct step_measurement step_measure_end(struct step *step, const struct worker *worker,
    const struct batch *batch, const struct step_measurement *total, bool without)
{
    struct own *own = own_of(step, worker);
    struct batch_sums sums = step_exchange_sums(step, worker, batch);
    struct range part = worker_share(worker, range_size(step->owned), step->panels.tile_floats);
    struct range mine = {step->owned.first + part.first, step->owned.first + part.end};
    double sign = without ? -1 : 1;
    struct step_measurement measured = {
        .rows = total->rows + (without ? -batch->size : batch->size),
        .failed = total->failed,
        .each = total->each + sign * sums.square};
    sums.bound = (double)(total->rows + batch->size) * (total->each + sums.square);
    own->largest = 0;
    own->squares = exact_sum_zero();
    measure_part(step, step_noise_open(step, worker, batch, &sums),
        reduce_sums(step->reduce) + part.first, mine, without);
    step_meet(step, worker); /* all parts are complete */
    if (worker_speaks(worker)) {
        step->measured = measured;
        join_ranks(step, worker, batch, sums.bound, &step->measured);
    }
    step_meet(step, worker);
    return step->measured;
}
