#include "step/step_memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "step/pass_memory.h"
#include "step/noise.h"
#include "step/step_state.h"

/* --- sizes --------------------------------------------------------------------------------- */

static int64_t pass_rows_of(
    const struct settings *settings, const struct panels *panels, int workers)
{
    if (settings->pass_rows > 0)
        return settings->pass_rows;
    if (settings->memory > 0)
        return pass_rows_within(panels, settings->memory, workers);
    return pass_rows_default(panels);
}

static int64_t largest_pass_of(
    const struct plan_stage *stage, int64_t size, int team, int64_t pass_rows)
{
    struct walk walk = walk_begin(stage, size, team), end;
    int64_t most = 0;
    for (; walk_pass(&walk, pass_rows, &end); walk = end) {
        int64_t rows = range_size(walk_rows(&walk, &end));
        most = rows > most ? rows : most;
    }
    return most;
}

/* Rows of the largest pass, over the whole batches and the tails of all stages. */
static int64_t largest_pass(const struct plan *plan, int team, int64_t pass_rows)
{
    int64_t most = 0;
    for (int s = 0; s < plan->stages; s++) {
        const struct plan_stage *stage = &plan->stage[s];
        int64_t whole = largest_pass_of(stage, stage->batch, team, pass_rows);
        int64_t tail = largest_pass_of(stage, stage->last_batch, team, pass_rows);
        most = whole > most ? whole : most;
        most = tail > most ? tail : most;
    }
    return most;
}

/* Floats in whole runs of which a team owns parameters. */
static int64_t unit_of(const struct panels *panels)
{
    return panels->tile_floats;
}

/* Floats of partial sums that other teams send. */
static int64_t most_received(const struct settings *settings, const struct panels *panels, int team)
{
    const struct plan *plan = &settings->plan;
    int64_t most = 0;
    for (int s = 0; s < plan->stages; s++) {
        int64_t n = reduce_received(settings->reduce, plan->stage[s].slices, panels->parameters,
            unit_of(panels), plan->teams, team);
        most = n > most ? n : most;
    }
    return most;
}

/* As many row panels as stay in a first-level cache, at least one. */
static int64_t rows_to_load(const struct panels *panels)
{
    enum { BYTES = 32 << 10, MOST_PANELS = 5 };
    int64_t panel_bytes = panels->kernel.rows * panels->layer[0].in * (int64_t)sizeof(float);
    int64_t fitting = least(BYTES / panel_bytes, MOST_PANELS);
    return (fitting < 1 ? 1 : fitting) * panels->kernel.rows;
}

/* Of a row of a pass: its label or targets, its loss, the length of its gradient. */
static int64_t row_bytes(const struct settings *settings)
{
    bool classes = settings->criterion.kind == LOSS_CROSS_ENTROPY;
    bool noise = noise_is_measured(noise_validity(settings));
    int64_t truth = classes ? 1 : settings->mlp.width[settings->mlp.layers];
    return truth * (int64_t)sizeof(float) + (noise ? 2 : 1) * (int64_t)sizeof(double);
}

/* Of all workers: the rows on their way into panels. */
static int64_t loading_floats(const struct panels *panels, int workers)
{
    return workers * rows_to_load(panels) * panels->layer[0].in;
}

struct step_memory step_memory_of(const struct settings *settings, int team, int workers)
{
    const int64_t floats = (int64_t)sizeof(float);
    struct panels panels;
    panels_init(&panels, &settings->mlp, &settings->kernel, settings->cache_bytes);
    const struct plan *plan = &settings->plan;
    int64_t pass_rows = pass_rows_of(settings, &panels, workers);
    int64_t rows = largest_pass(plan, team, pass_rows);
    struct range owned = reduce_owned(panels.parameters, unit_of(&panels), plan->teams, team);
    return (struct step_memory){
        .weights = (panels.parameters + panels.derived + INT64_C(2) * PANEL_SLACK) * floats,
        .optimizer = optimizer_states(&settings->optimizer) * range_size(owned) * floats,
        .activations = pass_bytes(&panels, rows, workers) + rows * row_bytes(settings) +
                       loading_floats(&panels, workers) * floats,
        .pass_rows = rows,
        .partial_sums = gradient_bytes(settings, &panels, team, workers, pass_rows),
        .received = most_received(settings, &panels, team) * floats,
    };
}

int64_t step_bytes_exchanged(const struct settings *settings, int team)
{
    const struct plan *plan = &settings->plan;
    struct panels panels;
    panels_init(&panels, &settings->mlp, &settings->kernel, settings->cache_bytes);
    struct reduce_cost cost = reduce_cost_of(
        plan->stage[0].slices, panels.parameters, unit_of(&panels), plan->teams, team);
    return (cost.sent + cost.received) * (int64_t)sizeof(float);
}

/* --- memory -------------------------------------------------------------------------------- */

static enum status take_pass(struct step *step, struct error *error)
{
    const struct dataset *dataset = step->start.train.dataset;
    struct teams *teams = step->teams;
    int64_t rows = largest_pass(&step->settings->plan, teams_mine(teams), step->pass_rows);
    int64_t at_once = pass_rows_at_once(&step->panels, rows, step->workers);
    enum status status = teams_take(teams, &step->workspace_block,
        (size_t)workspace_floats(&step->panels, rows, at_once, true), sizeof(float),
        "the activations of a pass (a smaller --pass-rows or --memory takes less)", error);
    if (status)
        return status;
    workspace_place(&step->workspace, &step->panels, rows, at_once, true, step->workspace_block);
    size_t capacity = (size_t)step->workspace.rows;
    status = teams_take(
        teams, &step->row_loss, capacity, sizeof *step->row_loss, "the losses of a pass", error);
    if (!status && noise_is_measured(noise_validity(step->settings)))
        status = teams_take(teams, &step->row_square, capacity, sizeof *step->row_square,
            "the gradients' lengths of a pass", error);
    if (!status && dataset->classes)
        status = teams_take(teams, &step->truth.label, capacity, sizeof *step->truth.label,
            "the labels of a pass", error);
    if (!status && dataset->outputs)
        status = teams_take(teams, &step->truth.target, capacity * (size_t)dataset->outputs,
            sizeof *step->truth.target, "the targets of a pass", error);
    return status;
}

static enum status take_weights(struct step *step, struct error *error)
{
    const struct panels *panels = &step->panels;
    enum status status = teams_take(step->teams, &step->weights.master,
        (size_t)panels->parameters + PANEL_SLACK, sizeof(float), "the weights", error);
    if (!status)
        status = teams_take(step->teams, &step->weights.derived,
            (size_t)panels->derived + PANEL_SLACK, sizeof(float), "the weights", error);
    if (!status && teams_rank(step->teams) == 0)
        weights_from_canonical(
            &step->weights, panels, &step->settings->mlp, step->start.parameters);
    return status;
}

static enum status restore_state(struct step *step, struct error *error)
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

static enum status take_update(struct step *step, struct error *error)
{
    const struct settings *settings = step->settings;
    struct optimizer *optimizer = &step->optimizer;
    enum status status = STATUS_OK;
    step->owned = reduce_owned(step->panels.parameters, unit_of(&step->panels),
        teams_count(step->teams), teams_mine(step->teams));
    optimizer->settings = settings->optimizer;
    for (int i = 0; !status && i < optimizer_states(&optimizer->settings); i++) {
        char what[64];
        snprintf(
            what, sizeof what, "the optimizer's %s", optimizer_state_name(&optimizer->settings, i));
        status = teams_take(step->teams, &optimizer->state[i], (size_t)range_size(step->owned),
            sizeof(float), what, error);
    }
    if (!status && step->start.state)
        status = restore_state(step, error);
    return status;
}

static enum status take_own(struct step *step, struct error *error)
{
    int threads = step->settings->plan.threads;
    size_t rows = (size_t)step->x_rows, in = (size_t)step->panels.layer[0].in;
    float largest = step->vector->largest(step->start.parameters, step->settings->mlp.parameters);
    enum status status =
        memory_take(&step->own, (size_t)threads, sizeof *step->own, "the workers", error);
    if (!status)
        status = memory_take(
            &step->own_x, (size_t)threads * rows * in, sizeof(float), "rows of inputs", error);
    for (int t = 0; !status && t < threads; t++) {
        step->own[t].bounds = (struct optimizer_bounds){.weight = (double)largest};
        for (int i = 0; step->start.state && i < OPTIMIZER_STATES_MAX; i++)
            step->own[t].bounds.state[i] = (double)INFINITY; /* the first step finds it out */
        step->own[t].x = step->own_x + (size_t)t * rows * in;
    }
    return status;
}

static enum status take_reports(struct step *step, struct error *error)
{
    int most = 0, all = 0;
    size_t ranks = (size_t)comm_size(teams_comm(step->teams));
    for (int s = 0; s < step->settings->plan.stages; s++) {
        int of_stage = 0;
        reduce_choose(step->reduce, s);
        for (int t = 0; t < teams_count(step->teams); t++) {
            int nodes = reduce_nodes(step->reduce, t);
            most = nodes > most ? nodes : most;
            of_stage += nodes;
        }
        all = of_stage > all ? of_stage : all;
    }
    step->report_bytes = sizeof(struct rank_report) + (size_t)most * sizeof(double);
    enum status status =
        memory_take(&step->rank_reports, ranks + 1, step->report_bytes, "the verdict", error);
    if (!status)
        status =
            memory_take(&step->subtree, (size_t)all, sizeof *step->subtree, "the verdict", error);
    if (!status)
        status =
            memory_take(&step->claims, ranks, sizeof *step->claims, "the teams' checksums", error);
    return status;
}

/* What is this rank's own first, so that a rank without memory does not leave its team waiting. */
static enum status take_memory(struct step *step, struct error *error)
{
    struct teams *teams = step->teams;
    enum status status = take_own(step, error);
    status = comm_agree_unnamed(teams_inside(teams), status, error);
    if (!status)
        status = take_pass(step, error);
    if (!status)
        status = teams_take(teams, &step->report, (size_t)step->workers, sizeof *step->report,
            "the workers' reports", error);
    if (!status)
        status = teams_take(teams, &step->noise_part, (size_t)step->workers,
            sizeof *step->noise_part, "the workers' reports", error);
    if (!status)
        status = teams_take(
            teams, &step->sums, (size_t)step->workers, sizeof *step->sums, "the checksums", error);
    if (!status)
        status = take_weights(step, error);
    if (!status)
        status = take_update(step, error);
    if (!status)
        status = gradient_create(
            &step->gradient, step->settings, &step->panels, teams, step->pass_rows, error);
    return status;
}

/* --- all of it ------------------------------------------------------------------------------- */

static double weight_unit_of(const struct settings *settings)
{
    const struct criterion *criterion = &settings->criterion;
    int64_t classes = settings->mlp.width[settings->mlp.layers];
    return criterion->class_weight ? loss_weight_unit(criterion, classes) : 0;
}

static enum status prepare_reduction(struct step *step, struct error *error)
{
    const struct plan *plan = &step->settings->plan;
    int64_t slices[PLAN_STAGES_MAX];
    for (int s = 0; s < plan->stages; s++)
        slices[s] = plan->stage[s].slices;
    return reduce_create(&step->reduce, teams_comm(step->teams), step->teams,
        step->settings->reduce, slices, plan->stages, step->panels.parameters,
        unit_of(&step->panels), gradient_buffers(step->gradient), step->vector, error);
}

enum status step_take_memory(struct step *step, struct error *error)
{
    const struct settings *settings = step->settings;
    struct comm *comm = teams_comm(step->teams);
    step->vector = vector_of(settings->kernel.level);
    step->weight_unit = weight_unit_of(settings);
    panels_init(&step->panels, &settings->mlp, &settings->kernel, settings->cache_bytes);
    step->workers = teams_count_workers(step->teams, settings->plan.threads).count;
    step->x_rows = rows_to_load(&step->panels);
    step->pass_rows = pass_rows_of(settings, &step->panels, step->workers);
    enum status status = comm_agree(comm, take_memory(step, error), error);
    if (!status)
        status = prepare_reduction(step, error);
    if (!status)
        status = comm_agree(comm, take_reports(step, error), error);
    return status;
}

void step_give_memory(struct step *step)
{
    reduce_destroy(step->reduce);
    gradient_destroy(step->gradient);
    teams_give(step->teams, step->workspace_block);
    teams_give(step->teams, step->row_loss);
    teams_give(step->teams, step->row_square);
    teams_give(step->teams, step->truth.label);
    teams_give(step->teams, step->truth.target);
    teams_give(step->teams, step->report);
    teams_give(step->teams, step->noise_part);
    teams_give(step->teams, step->sums);
    teams_give(step->teams, step->weights.master);
    teams_give(step->teams, step->weights.derived);
    for (int i = 0; i < OPTIMIZER_STATES_MAX; i++)
        teams_give(step->teams, step->optimizer.state[i]);
    free(step->own);
    free(step->own_x);
    free(step->rank_reports);
    free(step->subtree);
    free(step->claims);
}
