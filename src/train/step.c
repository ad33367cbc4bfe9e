#include "train/step.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "train/pass_memory.h"
#include "train/step_state.h"

/* --- memory -------------------------------------------------------------------------------- */

static int64_t pass_rows_of(
    const struct settings *settings, const struct panels *panels, int workers)
{
    if (settings->pass_rows > 0)
        return settings->pass_rows;
    if (settings->memory > 0)
        return pass_rows_within(panels, settings->memory, workers);
    return pass_rows_default(panels);
}

/* Rows of the largest pass, over a whole batch and the tail. */
static int64_t largest_pass(const struct plan *plan, int team, int64_t pass_rows)
{
    int64_t most = 0;
    const int64_t size[2] = {plan->batch, plan->last_batch};
    for (int i = 0; i < 2; i++) {
        struct walk walk = walk_begin(plan, size[i], team), end;
        for (; walk_pass(&walk, pass_rows, &end); walk = end) {
            int64_t rows = range_size(walk_rows(&walk, &end));
            most = rows > most ? rows : most;
        }
    }
    return most;
}

struct step_memory step_memory_of(const struct settings *settings, int team, int workers)
{
    struct panels panels;
    panels_init(&panels, &settings->mlp, &settings->kernel, settings->cache_bytes);
    const struct plan *plan = &settings->plan;
    int64_t pass_rows = pass_rows_of(settings, &panels, workers);
    int64_t rows = largest_pass(plan, team, pass_rows);
    return (struct step_memory){
        .activations = pass_bytes(&panels, rows, workers),
        .partial_sums = gradient_bytes(settings, &panels, team, workers, pass_rows),
        .received =
            reduce_cost_of(plan->slices, panels.parameters, STEP_FLOAT_UNIT, plan->teams, team)
                .kept *
            (int64_t)sizeof(float),
    };
}

static enum status take_pass(struct step *step, struct error *error)
{
    const struct dataset *dataset = step->job->train.dataset;
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
        weights_from_canonical(&step->weights, panels, &step->settings->mlp, step->job->parameters);
    return status;
}

static enum status take_update(struct step *step, struct error *error)
{
    const struct settings *settings = step->settings;
    struct optimizer *optimizer = &step->optimizer;
    enum status status = STATUS_OK;
    step->owned = reduce_owned(step->panels.parameters, STEP_FLOAT_UNIT, teams_count(step->teams),
        teams_mine(step->teams));
    optimizer->settings = settings->optimizer;
    for (int i = 0; !status && i < optimizer_states(&optimizer->settings); i++) {
        char what[64];
        snprintf(
            what, sizeof what, "the optimizer's %s", optimizer_state_name(&optimizer->settings, i));
        status = teams_take(step->teams, &optimizer->state[i], (size_t)range_size(step->owned),
            sizeof(float), what, error);
    }
    if (!status && step->job->start)
        status = step_restore_state(step, error);
    return status;
}

/* As many row panels as stay in a first-level cache, at least one. */
static int64_t rows_to_load(const struct panels *panels)
{
    enum { BYTES = 32 << 10, MOST_PANELS = 5 };
    int64_t panel_bytes = panels->kernel.rows * panels->layer[0].in * (int64_t)sizeof(float);
    int64_t fitting = least(BYTES / panel_bytes, MOST_PANELS);
    return (fitting < 1 ? 1 : fitting) * panels->kernel.rows;
}

static enum status take_own(struct step *step, struct error *error)
{
    int threads = step->settings->plan.threads;
    size_t rows = (size_t)step->x_rows, in = (size_t)step->panels.layer[0].in;
    float largest = step->vector->largest(step->job->parameters, step->settings->mlp.parameters);
    enum status status =
        memory_take(&step->own, (size_t)threads, sizeof *step->own, "the workers", error);
    if (!status)
        status = memory_take(
            &step->own_x, (size_t)threads * rows * in, sizeof(float), "rows of inputs", error);
    if (!status)
        status = memory_take(&step->own_loss, (size_t)threads * TREE_DEPTH, sizeof(double),
            "the losses of slices", error);
    for (int t = 0; !status && t < threads; t++) {
        step->own[t].bounds = (struct optimizer_bounds){.weight = (double)largest};
        for (int i = 0; step->job->start && i < OPTIMIZER_STATES_MAX; i++)
            step->own[t].bounds.state[i] = (double)INFINITY; /* the first step finds it out */
        step->own[t].x = step->own_x + (size_t)t * rows * in;
        step->own[t].loss_sum = step->own_loss + (size_t)t * TREE_DEPTH;
    }
    return status;
}

static enum status take_votes(struct step *step, struct error *error)
{
    int most = 0, all = 0;
    size_t ranks = (size_t)comm_size(teams_comm(step->teams));
    for (int t = 0; t < teams_count(step->teams); t++) {
        int nodes = reduce_nodes(step->reduce, t);
        most = nodes > most ? nodes : most;
        all += nodes;
    }
    step->vote_bytes = sizeof(struct vote) + (size_t)most * sizeof(double);
    enum status status =
        memory_take(&step->votes, ranks + 1, step->vote_bytes, "the verdict", error);
    if (!status)
        status = memory_take(
            &step->loss_node, (size_t)all, sizeof *step->loss_node, "the verdict", error);
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
        status = teams_take(teams, &step->ballot, (size_t)step->workers, sizeof *step->ballot,
            "the ballots", error);
    if (!status)
        status = take_weights(step, error);
    if (!status)
        status = take_update(step, error);
    if (!status)
        status = gradient_create(
            &step->gradient, step->settings, &step->panels, teams, step->pass_rows, error);
    return status;
}

static double weight_unit_of(const struct settings *settings)
{
    const struct criterion *criterion = &settings->criterion;
    int64_t classes = settings->mlp.width[settings->mlp.layers];
    return criterion->class_weight ? loss_weight_unit(criterion, classes) : 0;
}

enum status step_create(
    struct step **step_out, const struct job *job, struct teams *teams, struct error *error)
{
    struct comm *comm = teams_comm(teams);
    struct step *step = NULL;
    *step_out = NULL;
    enum status status =
        comm_agree(comm, memory_take(&step, 1, sizeof *step, "a step", error), error);
    if (!status) {
        step->job = job;
        step->settings = &job->settings;
        step->teams = teams;
        step->vector = vector_of(job->settings.kernel.level);
        step->weight_unit = weight_unit_of(&job->settings);
        panels_init(
            &step->panels, &job->settings.mlp, &job->settings.kernel, job->settings.cache_bytes);
        step->workers = teams_count_workers(teams, job->settings.plan.threads).count;
        step->x_rows = rows_to_load(&step->panels);
        step->pass_rows = pass_rows_of(&job->settings, &step->panels, step->workers);
        status = comm_agree(comm, take_memory(step, error), error);
    }
    if (!status)
        status = reduce_create(&step->reduce, comm, teams, job->settings.reduce,
            job->settings.plan.slices, step->panels.parameters, STEP_FLOAT_UNIT,
            gradient_buffers(step->gradient), step->vector, error);
    if (!status)
        status = comm_agree(comm, take_votes(step, error), error);
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
    reduce_destroy(step->reduce);
    gradient_destroy(step->gradient);
    teams_give(step->teams, step->workspace_block);
    teams_give(step->teams, step->row_loss);
    teams_give(step->teams, step->truth.label);
    teams_give(step->teams, step->truth.target);
    teams_give(step->teams, step->ballot);
    teams_give(step->teams, step->weights.master);
    teams_give(step->teams, step->weights.derived);
    for (int i = 0; i < OPTIMIZER_STATES_MAX; i++)
        teams_give(step->teams, step->optimizer.state[i]);
    free(step->own);
    free(step->own_x);
    free(step->own_loss);
    free(step->votes);
    free(step->loss_node);
    free(step);
}

/* --- the short way: a team that is alone ----------------------------------------------------- */

/* What the tiles of one step need to be stepped. */
struct stepping {
    const struct step *step;
    struct optimizer_scalars scalars;
};

struct optimizer_scalars step_scalars(
    const struct settings *settings, const struct batch *batch, double lr, double weight)
{
    struct optimizer_scalars scalars =
        optimizer_scalars(&settings->optimizer, batch->step, lr, (float)(1 / weight));
    if (settings->clip.value > 0)
        scalars.clip_value = (float)settings->clip.value;
    return scalars;
}

static void finish_run(
    void *context, int layer, int64_t tile, int64_t at, const float *sum, int64_t n)
{
    const struct stepping *stepping = context;
    const struct step *step = stepping->step;
    optimizer_step(&step->optimizer, step->settings->kernel.level, &stepping->scalars,
        step->weights.master + at, sum, at, n);
    if (tile >= 0)
        weights_derive(&step->weights, &step->panels, layer, tile);
}

static void expect_run(void *context, int64_t at, int64_t n)
{
    enum { LINE = 16 };
    const struct step *step = ((const struct stepping *)context)->step;
    float *const *state = step->optimizer.state;
    for (int64_t i = at; i < at + n; i += LINE) {
        __builtin_prefetch(step->weights.master + i, 1);
        for (int s = 0; s < OPTIMIZER_STATES_MAX && state[s]; s++)
            __builtin_prefetch(state[s] + i, 1);
    }
}

/* No sum of the gradient is larger than rows times the largest input times the largest derivative
 * of its layer. Infinite where one of these is, though the other be 0: in the gradient 0 * inf is
 * not 0. */
static double largest_sum(const struct step *step, int workers, int64_t rows)
{
    double bound = 0;
    for (int l = 0; l < step->panels.layers; l++) {
        float x = 1, d = 0; /* 1: the bias */
        for (int w = 0; w < workers; w++) {
            raise_to(&x, step->ballot[w].x[l]);
            raise_to(&d, step->ballot[w].d[l]);
        }
        if (!isfinite(x) || !isfinite(d))
            return (double)INFINITY;
        bound = fmax(bound, (double)x * (double)d * (double)rows);
    }
    return bound;
}

/* From what all workers of the team have said: the verdict, and whether it is certain already that
 * the update may be made. Every worker comes to the same. */
static bool reach_early_verdict(struct step *step, const struct worker *worker,
    const struct batch *batch, double lr, struct verdict *verdict,
    struct optimizer_scalars *scalars)
{
    const double limit = (double)FLT_MAX / 4; /* of a sum itself; the rest is room for roundings */
    struct own *own = own_of(step, worker);
    *verdict = (struct verdict){.finite = true, .gradient_norm = (double)NAN};
    for (int w = 0; w < worker->count; w++) {
        const struct ballot *ballot = &step->ballot[w];
        verdict->failed |= ballot->status != 0;
        verdict->finite &= ballot->finite;
        verdict->told |= ballot->told;
    }
    verdict->weight = batch_weight(step, batch, team_weight(step));
    *scalars = step_scalars(step->settings, batch, lr, verdict->weight);
    double bound = largest_sum(step, worker->count, batch->size);
    return verdict->finite && bound < limit &&
           optimizer_allows(&step->settings->optimizer, scalars, &own->bounds, bound);
}

/* --- the passes of a batch -------------------------------------------------------------------- */

/* Returns whether the step is taken, and *verdict reached but for the loss. */
static bool run_passes(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, struct verdict *verdict)
{
    struct walk walk = walk_begin(&step->settings->plan, batch->size, teams_mine(step->teams)), end;
    struct stepping stepping = {.step = step};
    const bool short_way = teams_count(step->teams) == 1 && !(step->settings->clip.norm > 0);
    const struct finisher finisher = {finish_run, expect_run, &stepping};
    struct tree_stack stack, loss_stack;
    bool taken = false;
    stack.size = loss_stack.size = 0;
    for (; walk_pass(&walk, step->pass_rows, &end); walk = end) {
        struct walk after;
        step_rows(step, worker, order, batch, walk_rows(&walk, &end));
        bool last = !walk_pass(&end, step->pass_rows, &after);
        if (last && short_way)
            taken = reach_early_verdict(step, worker, batch, lr, verdict, &stepping.scalars);
        if (worker_speaks(worker))
            losses_add(step->row_loss, &walk, &end, &loss_stack, own_of(step, worker)->loss_sum);
        gradient_add(step->gradient, worker, &step->workspace, &walk, &end, &stack,
            taken ? &finisher : NULL);
        if (taken && worker_speaks(worker))
            step->verdict.loss =
                reduce_join_doubles(step->reduce, own_of(step, worker)->loss_sum) / verdict->weight;
        phase_end(&own_of(step, worker)->clock, PHASE_WEIGHTS);
        step_meet(step, worker);
    }
    if (taken)
        verdict->loss = step->verdict.loss;
    return taken;
}

/* --- the step ------------------------------------------------------------------------------ */

static void open_ballot(struct step *step, const struct worker *worker, enum status local)
{
    atomic_int *signal = step->job->stop_signal;
    struct ballot *ballot = &step->ballot[worker->index];
    *ballot = (struct ballot){.finite = true};
    if (worker_speaks(worker)) {
        ballot->status = (int)local;
        ballot->told = step->told | (signal && atomic_load(signal) ? TOLD_STOP : 0);
    }
}

void step_tell(struct step *step, int told)
{
    step->told = told;
}

struct verdict step_run(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, enum status local)
{
    struct verdict verdict;
    phase_start(&own_of(step, worker)->clock);
    open_ballot(step, worker, local);
    if (run_passes(step, worker, batch, order, lr, &verdict))
        return verdict;
    return step_exchange(step, worker, batch, lr);
}

void step_export(struct step *step, const struct worker *worker, float *out)
{
    if (step->job->shared && teams_rank(step->teams) > 0)
        return;
    weights_to_canonical(&step->panels, &step->settings->mlp, step->weights.master, out,
        worker->thread, step->settings->plan.threads);
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
