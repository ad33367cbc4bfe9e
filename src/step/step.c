#include "step/step.h"

#include <stdlib.h>
#include <string.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "step/step_early.h"
#include "step/step_exchange.h"
#include "step/step_measure.h"
#include "step/step_memory.h"
#include "step/step_rows.h"

enum status step_create(struct step **step_out, const struct settings *settings,
    const struct step_start *start, struct teams *teams, struct error *error)
{
    struct step *step = NULL;
    *step_out = NULL;
    enum status status =
        comm_agree(teams->comm, memory_take(&step, 1, sizeof *step, "a step", error), error);
    if (!status) {
        step->start = *start;
        step->settings = settings;
        step->teams = teams;
        status = step_take_memory(step, error);
    }
    if (status)
        step_destroy(step);
    else
        *step_out = step;
    return status;
}

void step_destroy(struct step *step)
{
    if (!step)
        return;
    step_give_memory(step);
    free(step);
}

/* --- one step --------------------------------------------------------------------------------- */

/* Workers read each other's reports, and the deal that the first thread chooses, after the first
 * barrier of run_passes(). */
static void begin(
    struct step *step, const struct worker *worker, const struct batch *batch, enum status local)
{
    struct own *own = own_of(step, worker);
    struct worker_report *report = &step->report[worker->index];
    phase_start(&own->clock);
    own->loss.stack.size = own->square.stack.size = 0;
    *report = (struct worker_report){.finite = true};
    if (!worker_speaks(worker))
        return;
    report->status = (int)local;
    report->requests = step->requests;
    reduce_choose(step->reduce, batch->stage);
}

/* Sums the losses and the gradient of the batch, pass by pass. True if the gradient's last pass has
 * also updated the weights: the short way. early: NULL if that must not happen. */
static bool run_passes(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, struct step_early *early)
{
    const struct plan_stage *stage = plan_stage_of(&step->settings->plan, batch);
    struct walk walk = walk_begin(stage, batch->size, step->teams->mine), end;
    const struct finisher *finisher = NULL;
    struct tree_stack stack;
    stack.size = 0;
    if (walk_is_over(&walk)) /* a team without rows has no barrier in a pass */
        step_meet(step, worker);
    for (; walk_pass(&walk, step->pass_rows, &end); walk = end) {
        if (worker_speaks(worker))
            heartbeat_beat();
        step_rows(step, worker, order, batch, &walk, &end);
        if (early && walk_is_over(&end))
            finisher = step_early_begin(early, step, worker, batch, lr);
        gradient_add(&step->gradient, worker, &step->workspace, &walk, &end, &stack, finisher);
        phase_end(&own_of(step, worker)->clock, PHASE_WEIGHTS);
        step_meet(step, worker); /* the next pass overwrites the rows that the gradient reads */
    }
    return finisher != NULL;
}

struct verdict step_run(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, enum status local)
{
    struct step_early early;
    begin(step, worker, batch, local);
    if (run_passes(step, worker, batch, order, lr, &early))
        return step_early_end(&early, worker, batch);
    return step_exchange(step, worker, batch, lr);
}

struct step_measurement step_measure(struct step *step, const struct worker *worker,
    const struct batch *batch, const struct order *order, const struct step_measurement *total,
    bool without)
{
    begin(step, worker, batch, STATUS_OK);
    run_passes(step, worker, batch, order, 0, NULL);
    return step_measure_end(step, worker, batch, total, without);
}

void step_request(struct step *step, int requests)
{
    step->requests = requests;
}

/* --- copies of the weights -------------------------------------------------------------------- */

void step_export(struct step *step, const struct worker *worker, float *out)
{
    if (step->teams->rank > 0)
        return;
    weights_to_canonical(&step->panels, &step->settings->mlp, step->weights.master, out,
        worker->thread, step->settings->plan.threads);
}

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
    if (step->teams->count == 1)
        return;
    for (int i = 0; i < states; i++)
        reduce_publish(step->reduce, worker, snapshot->state[i]);
    team_barrier(worker);
}

const struct panels *step_panels(const struct step *step)
{
    return &step->panels;
}

const struct weights *step_weights(const struct step *step)
{
    return &step->weights;
}

const double *step_phase_seconds(const struct step *step, int thread)
{
    return step->own[thread].clock.seconds;
}
