#include "step/step_average.h"

#include <string.h>

#include "step/step_update.h"

const struct weights *step_average(const struct step *step)
{
    return step->settings->optimizer.average > 0 ? &step->average : NULL;
}

/* Copies this worker's share of the team's part to its place among all parameters. */
static void copy_owned(struct step *step, const struct worker *worker)
{
    const struct optimizer *optimizer = &step->optimizer;
    const float *state = optimizer->state[optimizer_states(&optimizer->settings) - 1];
    struct range part = worker_share(worker, range_size(step->owned), step->panels.tile_floats);
    memcpy(step->average.master + step->owned.first + part.first, state + part.first,
        (size_t)range_size(part) * sizeof *state);
}

void step_average_gather(struct step *step, const struct worker *worker)
{
    copy_owned(step, worker);
    team_barrier(worker);
    if (step->teams->count > 1) {
        reduce_publish(step->reduce, worker, step->average.master);
        team_barrier(worker);
    }
    step_derive(step, worker, &step->average);
    team_barrier(worker);
}

void step_average_export(struct step *step, const struct worker *worker, float *out)
{
    if (step->teams->rank > 0)
        return;
    weights_to_canonical(&step->panels, &step->settings->mlp, step->average.master, out,
        worker->thread, step->settings->plan.threads);
}
