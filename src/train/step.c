#include "train/step.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/tree.h"
#include "base/vector.h"
#include "optim/optimizer.h"
#include "train/gradient.h"
#include "train/pass.h"
#include "train/pass_memory.h"
#include "train/phases.h"

enum { FLOAT_UNIT = 16, ROW_UNIT = 4 }; /* in which workers share floats and rows */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What one rank says of a step between teams, as doubles: these, then the loss of each of its
 * team's subtrees. */
enum { VOTE_STATUS, VOTE_STOP, VOTE_LARGEST, VOTE_LOSS };

/* What one worker says within its team, before the gradient is known. */
struct ballot {
    _Alignas(64) int status, stop; /* of its rank */
    bool finite;                   /* the losses of its rows */
    /* largest magnitudes, so far in this batch, of each layer's inputs and derivatives */
    float x[MLP_LAYERS_MAX], d[MLP_LAYERS_MAX];
};

struct own {
    struct phase_clock clock;
    struct optimizer_bounds bounds;
    float largest;    /* magnitude in this worker's part of the gradient */
    float *x;         /* [x_rows x in]: rows on their way into panels */
    double *loss_sum; /* [TREE_DEPTH] */
};

struct step {
    const struct job *job;
    const struct settings *settings;
    struct teams *teams;
    struct reduce *reduce;
    const struct vector *vector;
    struct panels panels;
    struct weights weights; /* the team's, as all below until `own` */

    struct workspace workspace; /* one pass */
    float *workspace_block;
    double *row_loss;   /* [capacity] */
    struct truth truth; /* [capacity] */
    int64_t pass_rows;
    int64_t x_rows;        /* that a worker loads before it puts them into panels */
    int workers;           /* of this team */
    struct ballot *ballot; /* [workers] */

    struct gradient *gradient;
    struct optimizer optimizer; /* of the owned parameters */
    struct range owned;

    struct own *own; /* [threads] */
    float *own_x;
    double *own_loss;
    double *vote;      /* [ranks x vote_width] */
    double *loss_node; /* [all subtrees] */
    int vote_width;
    struct optimizer_bounds bounds; /* with the verdict, from the first thread to the others */
    struct verdict verdict;
};

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
            reduce_cost_of(plan->slices, panels.parameters, FLOAT_UNIT, plan->teams, team).kept *
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
    step->owned = reduce_owned(
        step->panels.parameters, FLOAT_UNIT, teams_count(step->teams), teams_mine(step->teams));
    *optimizer = (struct optimizer){
        .momentum = (float)settings->momentum, .weight_decay = (float)settings->weight_decay};
    if (optimizer->momentum == 0)
        return STATUS_OK;
    return teams_take(step->teams, &optimizer->velocity, (size_t)range_size(step->owned),
        sizeof(float), "the optimizer's momentum", error);
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
    step->vote_width = VOTE_LOSS + most;
    enum status status = memory_take(
        &step->vote, ranks * (size_t)step->vote_width, sizeof *step->vote, "the verdict", error);
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
        panels_init(
            &step->panels, &job->settings.mlp, &job->settings.kernel, job->settings.cache_bytes);
        step->workers = teams_count_workers(teams, job->settings.plan.threads).count;
        step->x_rows = rows_to_load(&step->panels);
        step->pass_rows = pass_rows_of(&job->settings, &step->panels, step->workers);
        status = comm_agree(comm, take_memory(step, error), error);
    }
    if (!status)
        status = reduce_create(&step->reduce, comm, teams, job->settings.reduce,
            job->settings.plan.slices, step->panels.parameters, FLOAT_UNIT,
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
    teams_give(step->teams, step->optimizer.velocity);
    free(step->own);
    free(step->own_x);
    free(step->own_loss);
    free(step->vote);
    free(step->loss_node);
    free(step);
}

/* --- one pass: rows ------------------------------------------------------------------------ */

static struct own *own_of(struct step *step, const struct worker *worker)
{
    return &step->own[worker->thread];
}

/* Barriers are waiting. */
static void meet(struct step *step, const struct worker *worker)
{
    team_barrier(worker);
    phase_end(&own_of(step, worker)->clock, PHASE_WAIT);
}

static void raise_to(float *most, float value)
{
    *most = value > *most ? value : *most;
}

static struct truth truth_at(const struct step *step, int64_t row)
{
    int64_t outputs = step->settings->mlp.width[step->settings->mlp.layers];
    return (struct truth){step->truth.label ? step->truth.label + row : NULL,
        step->truth.target ? step->truth.target + row * outputs : NULL};
}

/* The rows of a pass that workers go through together, or one alone. */
struct rows {
    struct workspace workspace; /* with this worker's shift */
    const struct order *order;
    int64_t position; /* of the pass's first row in the epoch */
    int64_t n;        /* of the pass */
};

/* Rows of the pass, some of which may be beyond its end and become 0. */
static void load(
    struct step *step, const struct worker *worker, struct rows *rows, struct range mine)
{
    struct own *own = own_of(step, worker);
    int64_t in = step->panels.layer[0].in;
    float *most = &step->ballot[worker->index].x[0];
    for (int64_t first = mine.first; first < mine.end; first += step->x_rows) {
        struct range some = {first, least(first + step->x_rows, mine.end)};
        int64_t n = least(some.end, rows->n) - first, beyond = least(mine.end, rows->n) - some.end;
        n = n > 0 ? n : 0;
        loader_rows(&step->job->train, rows->order, rows->position + first, n,
            beyond > 0 ? beyond : 0, own->x, truth_at(step, first));
        memset(own->x + n * in, 0, (size_t)((range_size(some) - n) * in) * sizeof(float));
        raise_to(most, step->vector->largest(own->x, n * in));
        dense_input(&step->panels, &rows->workspace, some, own->x);
    }
    phase_end(&own->clock, PHASE_LOAD);
}

/* The losses of these rows, and their derivatives on the way back. */
static void turn(
    struct step *step, const struct worker *worker, struct rows *rows, struct range mine)
{
    const struct settings *settings = step->settings;
    const struct loss *loss = loss_of(settings->kernel.level);
    int64_t stride = rows->workspace.z_stride, outputs = settings->mlp.width[settings->mlp.layers];
    int64_t n = least(mine.end, rows->n) - mine.first;
    n = n > 0 ? n : 0;
    struct ballot *ballot = &step->ballot[worker->index];
    struct truth truth = truth_at(step, mine.first);
    double *row_loss = step->row_loss + mine.first;
    float *z = rows->workspace.z +
               (mine.first + rows->workspace.shift * step->panels.kernel.rows) * stride;
    if (settings->loss == LOSS_CROSS_ENTROPY)
        loss->cross_entropy(z, truth.label, row_loss, n, outputs, stride);
    else
        loss->squared(z, truth.target, row_loss, n, outputs, stride);
    memset(z + n * stride, 0, (size_t)((range_size(mine) - n) * stride) * sizeof(float));
    raise_to(&ballot->d[settings->mlp.layers - 1], step->vector->largest(z, n * stride));
    for (int64_t r = 0; r < n; r++)
        ballot->finite &= isfinite(row_loss[r]) != 0;
    dense_output(&step->panels, &rows->workspace, mine);
    phase_end(&own_of(step, worker)->clock, PHASE_FORWARD);
}

/* Forward and backward of some row panels: by one worker, or, where `shared`, by all workers of the
 * team, each with its share of the tiles of every layer. */
static void go_through(struct step *step, const struct worker *worker, struct rows *rows,
    struct range row_panels, bool shared)
{
    const struct panels *panels = &step->panels;
    struct phase_clock *clock = &own_of(step, worker)->clock;
    struct ballot *ballot = &step->ballot[worker->index];
    int64_t width = panels->kernel.rows;
    struct range mine = {row_panels.first * width, row_panels.end * width};
    if (shared)
        mine = worker_share(worker, mine.end, ROW_UNIT);
    load(step, worker, rows, mine);
    for (int l = 0; l < panels->layers; l++) {
        struct part part = part_of_rows(panels, row_panels, panels->layer[l].out);
        if (shared) {
            part.tiles = worker_share(worker, part.tiles.end, 1);
            meet(step, worker);
        }
        float most = dense_forward(panels, &step->weights, &rows->workspace, l, part);
        if (l + 1 < panels->layers)
            raise_to(&ballot->x[l + 1], most);
        phase_end(clock, PHASE_FORWARD);
    }
    if (shared)
        meet(step, worker);
    turn(step, worker, rows, mine);
    for (int l = panels->layers - 1; l > 0; l--) {
        struct part part = part_of_rows(panels, row_panels, panels->layer[l].in);
        if (shared) {
            part.tiles = worker_share(worker, part.tiles.end, 1);
            meet(step, worker);
        }
        raise_to(
            &ballot->d[l - 1], dense_backward(panels, &step->weights, &rows->workspace, l, part));
        phase_end(clock, PHASE_BACKWARD);
    }
}

/* The rows of one pass. */
static void rows_forward_backward(struct step *step, const struct worker *worker,
    const struct order *order, int64_t position, int64_t n)
{
    struct rows rows = {step->workspace, order, position, n};
    int64_t row_panels = panel_count(n, step->panels.kernel.rows);
    int64_t at_once = workspace_panels_at_once(&step->panels);
    if (pass_by_rows(row_panels, worker->count)) {
        struct range mine = worker_share(worker, row_panels, 1);
        int64_t turns = divide_up(range_size(mine), at_once);
        for (int64_t i = 0; i < turns; i++) {
            struct range some = split_even(range_size(mine), turns, i);
            some.first += mine.first;
            some.end += mine.first;
            rows.workspace.shift = worker->index * at_once - some.first;
            go_through(step, worker, &rows, some, false);
        }
    } else {
        go_through(step, worker, &rows, (struct range){0, row_panels}, true);
    }
    meet(step, worker);
}

/* --- the short way: a team that is alone ----------------------------------------------------- */

/* What the tiles of one step need to be stepped. */
struct stepping {
    const struct step *step;
    float scale, lr;
};

static void finish_run(
    void *context, int layer, int64_t tile, int64_t at, const float *sum, int64_t n)
{
    const struct stepping *stepping = context;
    const struct step *step = stepping->step;
    optimizer_step(&step->optimizer, step->settings->kernel.level, step->weights.master + at, sum,
        at, n, stepping->scale, stepping->lr);
    if (tile >= 0)
        weights_derive(&step->weights, &step->panels, layer, tile);
}

static void expect_run(void *context, int64_t at, int64_t n)
{
    enum { LINE = 16 };
    const struct step *step = ((const struct stepping *)context)->step;
    for (int64_t i = at; i < at + n; i += LINE) {
        __builtin_prefetch(step->weights.master + i, 1);
        if (step->optimizer.velocity)
            __builtin_prefetch(step->optimizer.velocity + i, 1);
    }
}

/* The mean over the batch, as a factor. */
static float batch_scale(const struct batch *batch)
{
    return (float)(1.0 / (double)batch->size);
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
    const struct batch *batch, double lr, struct verdict *verdict)
{
    const double limit = (double)FLT_MAX / 4; /* of a sum itself; the rest is room for roundings */
    struct own *own = own_of(step, worker);
    *verdict = (struct verdict){.finite = true};
    for (int w = 0; w < worker->count; w++) {
        const struct ballot *ballot = &step->ballot[w];
        verdict->failed |= ballot->status != 0;
        verdict->finite &= ballot->finite;
        if (ballot->stop != 0)
            verdict->stop_signal = ballot->stop;
    }
    double bound = largest_sum(step, worker->count, batch->size);
    return verdict->finite && bound < limit &&
           optimizer_allows(&step->optimizer, &own->bounds, bound, batch_scale(batch), (float)lr);
}

/* --- the passes of a batch -------------------------------------------------------------------- */

/* Returns whether the step is taken, and *verdict reached but for the loss. */
static bool run_passes(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, struct verdict *verdict)
{
    struct walk walk = walk_begin(&step->settings->plan, batch->size, teams_mine(step->teams)), end;
    struct stepping stepping = {step, batch_scale(batch), (float)lr};
    const struct finisher finisher = {finish_run, expect_run, &stepping};
    struct tree_stack stack, loss_stack;
    bool taken = false;
    stack.size = loss_stack.size = 0;
    for (; walk_pass(&walk, step->pass_rows, &end); walk = end) {
        struct walk after;
        int64_t rows = range_size(walk_rows(&walk, &end));
        rows_forward_backward(step, worker, order, batch->first + walk.row, rows);
        bool last = !walk_pass(&end, step->pass_rows, &after);
        if (last && teams_count(step->teams) == 1)
            taken = reach_early_verdict(step, worker, batch, lr, verdict);
        if (worker_speaks(worker))
            losses_add(step->row_loss, &walk, &end, &loss_stack, own_of(step, worker)->loss_sum);
        gradient_add(step->gradient, worker, &step->workspace, &walk, &end, &stack,
            taken ? &finisher : NULL);
        if (taken && worker_speaks(worker))
            step->verdict.loss = reduce_join_doubles(step->reduce, own_of(step, worker)->loss_sum) /
                                 (double)batch->size;
        phase_end(&own_of(step, worker)->clock, PHASE_WEIGHTS);
        meet(step, worker);
    }
    if (taken)
        verdict->loss = step->verdict.loss;
    return taken;
}

/* --- the long way --------------------------------------------------------------------------- */

/* The first thread of a rank. The bounds are the same on every rank, so all come to the same end,
 * and if they must be renewed, all renew them together. */
static bool update_allowed(struct step *step, float largest_sum, float scale, float lr)
{
    struct optimizer *optimizer = &step->optimizer;
    struct comm *comm = teams_comm(step->teams);
    step->bounds = step->own[0].bounds;
    if (!isfinite(largest_sum))
        return false;
    if (optimizer_allows(optimizer, &step->bounds, (double)largest_sum, scale, lr))
        return true;
    double mine = 0, most = 0;
    if (optimizer->velocity)
        mine = (double)step->vector->largest(optimizer->velocity, range_size(step->owned));
    comm_gather_all(comm, &mine, sizeof mine, step->vote);
    for (int r = 0; r < comm_size(comm); r++)
        most = fmax(most, step->vote[r]);
    step->bounds.weight =
        (double)step->vector->largest(step->weights.master, step->panels.parameters);
    step->bounds.velocity = most;
    return optimizer_allows(optimizer, &step->bounds, (double)largest_sum, scale, lr);
}

/* The first thread of a rank: what this rank says, what all say, and what follows from it. */
static void reach_verdict(
    struct step *step, const struct batch *batch, double lr, const struct ballot *ballot)
{
    double mine[VOTE_LOSS + TREE_DEPTH];
    struct teams *teams = step->teams;
    mine[VOTE_STATUS] = ballot->status;
    mine[VOTE_STOP] = ballot->stop;
    mine[VOTE_LARGEST] = 0;
    for (int t = 0; t < step->settings->plan.threads; t++)
        mine[VOTE_LARGEST] = fmax(mine[VOTE_LARGEST], (double)step->own[t].largest);
    for (int i = 0; i < step->vote_width - VOTE_LOSS; i++)
        mine[VOTE_LOSS + i] =
            i < reduce_nodes(step->reduce, teams_mine(teams)) ? step->own[0].loss_sum[i] : 0;
    comm_gather_all(teams_comm(teams), mine, (size_t)step->vote_width * sizeof *mine, step->vote);

    struct verdict verdict = {0};
    double largest = 0;
    for (int r = 0; r < comm_size(teams_comm(teams)); r++) {
        const double *vote = step->vote + (size_t)r * (size_t)step->vote_width;
        verdict.failed |= vote[VOTE_STATUS] != 0;
        largest = fmax(largest, vote[VOTE_LARGEST]);
        if (vote[VOTE_STOP] != 0)
            verdict.stop_signal = (int)vote[VOTE_STOP];
    }
    for (int t = 0, node = 0; t < teams_count(teams); t++) {
        const double *vote =
            step->vote + (size_t)teams_ranks(teams, t)[0] * (size_t)step->vote_width;
        for (int i = 0; i < reduce_nodes(step->reduce, t); i++)
            step->loss_node[node++] = vote[VOTE_LOSS + i];
    }
    verdict.loss = reduce_join_doubles(step->reduce, step->loss_node) / (double)batch->size;
    verdict.finite = isfinite(verdict.loss) &&
                     update_allowed(step, (float)largest, batch_scale(batch), (float)lr);
    step->verdict = verdict;
}

/* Wf of every tile, after the master has changed. */
static void derive(struct step *step, const struct worker *worker)
{
    for (int l = 1; l < step->panels.layers; l++) {
        struct range tiles = worker_share(worker, step->panels.layer[l].tiles, 1);
        for (int64_t t = tiles.first; t < tiles.end; t++)
            weights_derive(&step->weights, &step->panels, l, t);
    }
}

/* From the sums in the home buffers to the new weights everywhere. */
static struct verdict exchange_and_update(
    struct step *step, const struct worker *worker, const struct batch *batch, double lr)
{
    struct own *own = own_of(step, worker);
    bool alone = teams_count(step->teams) == 1;
    if (!alone) {
        if (worker_speaks(worker))
            reduce_exchange(step->reduce);
        phase_end(&own->clock, PHASE_REDUCE);
        meet(step, worker);
    }
    struct range part = worker_share(worker, range_size(step->owned), FLOAT_UNIT);
    struct range mine = {step->owned.first + part.first, step->owned.first + part.end};
    const float *sum = reduce_join(step->reduce, mine);
    own->largest = step->vector->largest(sum, range_size(mine));
    phase_end(&own->clock, PHASE_REDUCE);
    meet(step, worker);
    if (worker_speaks(worker)) {
        reach_verdict(step, batch, lr, &step->ballot[worker->index]);
        phase_end(&own->clock, PHASE_REDUCE);
    }
    meet(step, worker);

    struct verdict verdict = step->verdict;
    if (!verdict.finite)
        return verdict;
    own->bounds = step->bounds;
    optimizer_step(&step->optimizer, step->settings->kernel.level,
        step->weights.master + mine.first, sum, part.first, range_size(mine), batch_scale(batch),
        (float)lr);
    phase_end(&own->clock, PHASE_UPDATE);
    meet(step, worker);
    if (!alone) {
        if (worker_speaks(worker))
            reduce_publish(step->reduce, step->weights.master);
        phase_end(&own->clock, PHASE_REDUCE);
        meet(step, worker);
    }
    derive(step, worker);
    phase_end(&own->clock, PHASE_UPDATE);
    meet(step, worker);
    return verdict;
}

/* --- the step ------------------------------------------------------------------------------ */

static void open_ballot(struct step *step, const struct worker *worker, enum status local)
{
    atomic_int *signal = step->job->stop_signal;
    struct ballot *ballot = &step->ballot[worker->index];
    *ballot = (struct ballot){.finite = true};
    if (worker_speaks(worker)) {
        ballot->status = (int)local;
        ballot->stop = signal ? atomic_load(signal) : 0;
    }
}

struct verdict step_run(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, enum status local)
{
    struct verdict verdict;
    phase_start(&own_of(step, worker)->clock);
    open_ballot(step, worker, local);
    if (run_passes(step, worker, batch, order, lr, &verdict))
        return verdict;
    return exchange_and_update(step, worker, batch, lr);
}

void step_export(struct step *step, const struct worker *worker)
{
    if (step->job->shared && teams_rank(step->teams) > 0)
        return;
    weights_to_canonical(&step->panels, &step->settings->mlp, step->weights.master,
        step->job->parameters, worker->thread, step->settings->plan.threads);
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
