#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "step/step_state.h"

void step_snapshot(struct step *step, const struct worker *worker, const struct snapshot *snapshot)
{
    struct range all = worker_share(worker, step->panels.parameters, step->panels.tile_floats);
    struct range part = worker_share(worker, range_size(step->owned), step->panels.tile_floats);
    int states = optimizer_states(&step->settings->optimizer);
    if (snapshot->weights)
        memcpy(snapshot->weights + all.first, step->weights.master + all.first,
            (size_t)range_size(all) * sizeof(float));
    for (int i = 0; i < states; i++)
        memcpy(snapshot->state[i] + step->owned.first + part.first,
            step->optimizer.state[i] + part.first, (size_t)range_size(part) * sizeof(float));
    team_barrier(worker);
    if (teams_count(step->teams) == 1)
        return;
    for (int i = 0; i < states && worker_speaks(worker); i++)
        reduce_publish(step->reduce, snapshot->state[i]);
    team_barrier(worker);
}

enum status step_restore_state(struct step *step, struct error *error)
{
    float *block = NULL;
    enum status status = STATUS_OK;
    if (teams_rank(step->teams) == 0)
        status = memory_take(
            &block, (size_t)step->panels.parameters, sizeof *block, "the optimizer's state", error);
    for (int i = 0; !status && block && i < optimizer_states(&step->settings->optimizer); i++) {
        block_from_canonical(&step->panels, &step->settings->mlp, step->start.state[i], block);
        memcpy(step->optimizer.state[i], block + step->owned.first,
            (size_t)range_size(step->owned) * sizeof *block);
    }
    free(block);
    return comm_agree_unnamed(teams_inside(step->teams), status, error);
}
