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
    own->loss.stack.size = own->square.stack.size = own->weight.stack.size = 0;
    *report = (struct worker_report){.finite = true};
    if (!worker_speaks(worker))
        return;
    report->status = (int)local;
    report->requests = step->requests;
    reduce_choose(step->reduce, batch->stage);
}

/* The last pass of a batch, once its rows have been through backward. */
struct last_pass {
    struct walk begin, end; /* equal: the team has no rows */
    struct tree_stack stack;
};

static void add_gradient(struct step *step, const struct worker *worker, struct last_pass *pass,
    const struct finisher *finisher, const struct filling *filling)
{
    if (!walk_is_over(&pass->begin))
        gradient_add(&step->gradient, worker, &step->workspace, &pass->begin, &pass->end,
            &pass->stack, finisher, filling);
    phase_end(&own_of(step, worker)->clock, PHASE_WEIGHTS);
}

/* Sums the losses and the gradient of the batch, pass by pass, except for the gradient of the last
 * pass. Ends with a barrier. */
static struct last_pass run_passes(struct step *step, const struct worker *worker,
    const struct batch *batch, const struct order *order)
{
    const struct plan_stage *stage = plan_stage_of(&step->settings->plan, batch);
    struct last_pass pass = {.begin = walk_begin(stage, batch->size, step->teams->mine)};
    pass.stack.size = 0;
    while (walk_pass(&pass.begin, step->pass_rows, &pass.end)) {
        if (worker_speaks(worker))
            heartbeat_beat();
        step_rows(step, worker, order, batch, &pass.begin, &pass.end);
        if (walk_is_over(&pass.end))
            return pass;
        add_gradient(step, worker, &pass, NULL, NULL);
        step_meet(step, worker); /* the next pass overwrites the rows that the gradient reads */
        pass.begin = pass.end;
    }
    step_meet(step, worker); /* a team without rows has met at no barrier yet */
    return pass;
}

struct verdict step_run(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, enum status local)
{
    struct step_early early;
    struct step_exchange exchange;
    begin(step, worker, batch, local);
    struct last_pass last = run_passes(step, worker, batch, order);
    const struct finisher *finisher = step_early_begin(&early, step, worker, batch, lr);
    if (finisher) {
        add_gradient(step, worker, &last, finisher, NULL);
        step_meet(step, worker);
        return step_early_end(&early, worker, batch);
    }
    step_exchange_begin(&exchange, step, worker, batch, lr);
    add_gradient(
        step, worker, &last, NULL, exchange.filling.buckets > 1 ? &exchange.filling : NULL);
    return step_exchange_end(&exchange);
}

struct step_measurement step_measure(struct step *step, const struct worker *worker,
    const struct batch *batch, const struct order *order, const struct step_measurement *total,
    bool without)
{
    begin(step, worker, batch, STATUS_OK);
    struct last_pass last = run_passes(step, worker, batch, order);
    struct batch_sums sums = step_gather_rows(step, worker, batch, 0);
    add_gradient(step, worker, &last, NULL, NULL);
    return step_measure_end(step, worker, batch, &sums, total, without);
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
