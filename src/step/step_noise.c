#include "step/step_noise.h"

#include <math.h>

#include "net/squares.h"
#include "step/noise.h"

bool step_noise_is_due(const struct step *step, const struct batch *batch)
{
    return step->row_square &&
           noise_is_due(batch->step, plan_stage_of(&step->settings->plan, batch)->batch);
}

void step_noise_rows(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct workspace *workspace, struct range row_panels)
{
    if (!step_noise_is_due(step, batch))
        return;
    squares_of_gradients(&step->panels, workspace, row_panels, step->row_square);
    phase_end(&own_of(step, worker)->clock, PHASE_BACKWARD);
}

struct fixed_sum *step_noise_open(struct step *step, const struct worker *worker,
    const struct batch *batch, const struct batch_sums *sums)
{
    if (!step_noise_is_due(step, batch))
        return NULL;
    struct fixed_sum *part = &step->noise_part[worker->index].squares;
    *part = fixed_sum_begin(sums->bound);
    return part;
}

struct fixed_sum step_noise_join(const struct step *step, int first_worker, int workers)
{
    struct fixed_sum all = step->noise_part[first_worker].squares;
    for (int w = first_worker + 1; w < first_worker + workers; w++)
        fixed_sum_merge(&all, &step->noise_part[w].squares);
    return all;
}

void step_noise_report(struct verdict *verdict, const struct batch *batch,
    const struct batch_sums *sums, const struct fixed_sum *noise)
{
    double size = (double)batch->size; /* the sums have not been divided by anything yet */
    verdict->sample_square = sums->square / size;
    verdict->square = fixed_sum_value(noise) / size / size;
    verdict->gradient_norm = sqrt(verdict->square);
}
