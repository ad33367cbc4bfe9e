#include "step/step_measure.h"

#include <string.h>

#include "net/squares.h"
#include "step/step_exchange.h"
#include "step/step_noise.h"

enum { TILE_FLOATS_MAX = KERNEL_ROWS_MAX * KERNEL_LANES_MAX };

/* One worker's use of the batch's sums. */
struct measuring {
    struct step *step;
    struct fixed_sum *squares;
    bool without;
};

/* Adds this worker's share of |total -+ the batch's gradient|^2 to `squares`; with `without` false,
 * first adds the gradient to the total. */
static void measure_bucket(void *context, const struct worker *worker, int bucket)
{
    const struct measuring *measuring = context;
    struct step *step = measuring->step;
    struct range mine = reduce_share(step->reduce, worker, bucket);
    const float *sum = reduce_sums(step->reduce, worker, bucket);
    int64_t tile = step->panels.tile_floats;
    float *total = step->total + (mine.first - step->owned.first);
    if (!measuring->without) {
        step->vector->add(total, sum, range_size(mine));
        squares_of_part(&step->panels, measuring->squares, total, mine);
        return;
    }
    for (int64_t at = mine.first; at < mine.end; at += tile) {
        float rest[TILE_FLOATS_MAX];
        const float *of_total = total + (at - mine.first), *of_batch = sum + (at - mine.first);
        for (int64_t i = 0; i < tile; i++)
            rest[i] = of_total[i] - of_batch[i];
        squares_of_part(&step->panels, measuring->squares, rest, (struct range){at, at + tile});
    }
}

struct step_measurement step_measure_end(struct step *step, const struct worker *worker,
    const struct batch *batch, const struct batch_sums *sums, const struct step_measurement *total,
    bool without)
{
    struct own *own = own_of(step, worker);
    double sign = without ? -1 : 1;
    struct step_measurement measured = {
        .rows = total->rows + (without ? -batch->size : batch->size),
        .each = total->each + sign * sums->square};
    struct batch_sums bounded = *sums;
    bounded.bound = (double)(total->rows + batch->size) * (total->each + sums->square);
    struct measuring measuring = {step, step_noise_open(step, worker, batch, &bounded), without};
    struct reduce_use use = {measure_bucket, &measuring, NULL};
    struct reduce_walk walk;
    own->largest = 0;
    own->squares = exact_sum_zero();
    reduce_begin(&walk, step->reduce, worker, &use);
    reduce_end(&walk);
    phase_end(&own->clock, PHASE_REDUCE);
    if (worker_speaks(worker)) {
        struct joined_parts parts = step_join_parts(step, worker, batch, bounded.bound);
        measured.failed = total->failed || step->verdict.failed;
        measured.whole = fixed_sum_value(&parts.noise);
        step->measured = measured;
    }
    step_meet(step, worker);
    return step->measured;
}
