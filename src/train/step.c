#include "train/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/tree.h"
#include "base/vector.h"
#include "optim/optimizer.h"
#include "train/gradient.h"
#include "train/pass.h"
#include "train/phases.h"

enum { FLOAT_UNIT = 16 };

/* What one rank says of a step, as doubles: these, then the loss of each of its subtrees. */
enum { VOTE_STATUS, VOTE_STOP, VOTE_LARGEST, VOTE_LOSS };

struct own {
    struct phase_clock clock;
    float largest; /* magnitude in this worker's part of the gradient */
};

struct step {
    const struct job *job;
    const struct settings *settings;
    struct comm *comm;
    struct reduce *reduce;
    const struct vector *vector;
    int threads, rank, size;

    struct workspace workspace; /* one pass */
    double *row_loss;           /* [capacity] */
    struct truth truth;         /* [capacity] */
    int64_t pass_rows;

    struct gradient *gradient;
    struct optimizer optimizer; /* of the owned parameters */
    struct range owned;

    struct own *own;   /* [threads] */
    double *vote;      /* [size x vote_width] */
    double *loss_node; /* [all subtrees] */
    int vote_width;
    struct verdict verdict;
};

/* --- memory -------------------------------------------------------------------------------- */

static int64_t pass_rows_of(const struct settings *settings)
{
    return settings->pass_rows > 0 ? settings->pass_rows
                                   : trainer_default_pass_rows(&settings->mlp);
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

struct step_memory step_memory_of(const struct settings *settings, int team, int threads)
{
    const struct plan *plan = &settings->plan;
    int64_t pass_rows = pass_rows_of(settings), parameters = settings->mlp.parameters;
    int64_t floats = workspace_row_floats(&settings->mlp, true);
    return (struct step_memory){
        .activations = largest_pass(plan, team, pass_rows) * floats * (int64_t)sizeof(float),
        .partial_sums = gradient_bytes(settings, team, threads, pass_rows),
        .received = reduce_cost_of(plan->slices, parameters, FLOAT_UNIT, plan->teams, team).kept *
                    (int64_t)sizeof(float),
    };
}

static enum status take_pass(struct step *step, struct error *error)
{
    const struct dataset *dataset = step->job->train.dataset;
    int64_t capacity = largest_pass(&step->settings->plan, step->rank, step->pass_rows);
    enum status status =
        workspace_create(&step->workspace, &step->settings->mlp, capacity, true, error);
    if (!status)
        status = memory_take(&step->row_loss, (size_t)capacity, sizeof *step->row_loss,
            "the losses of a pass", error);
    if (!status && dataset->classes)
        status = memory_take(&step->truth.label, (size_t)capacity, sizeof *step->truth.label,
            "the labels of a pass", error);
    if (!status && dataset->outputs)
        status = memory_take(&step->truth.target, (size_t)(capacity * dataset->outputs),
            sizeof *step->truth.target, "the targets of a pass", error);
    return status;
}

static enum status take_update(struct step *step, struct error *error)
{
    const struct settings *settings = step->settings;
    step->owned = reduce_owned(settings->mlp.parameters, FLOAT_UNIT, step->size, step->rank);
    return optimizer_init(&step->optimizer, range_size(step->owned), settings->momentum,
        settings->weight_decay,
        step->vector->largest(step->job->parameters, settings->mlp.parameters), error);
}

static enum status take_votes(struct step *step, struct error *error)
{
    int most = 0, all = 0;
    for (int r = 0; r < step->size; r++) {
        int nodes = reduce_nodes(step->reduce, r);
        most = nodes > most ? nodes : most;
        all += nodes;
    }
    step->vote_width = VOTE_LOSS + most;
    enum status status = memory_take(&step->vote, (size_t)step->size * (size_t)step->vote_width,
        sizeof *step->vote, "the verdict", error);
    if (!status)
        status = memory_take(
            &step->loss_node, (size_t)all, sizeof *step->loss_node, "the verdict", error);
    if (!status)
        status =
            memory_take(&step->own, (size_t)step->threads, sizeof *step->own, "the workers", error);
    return status;
}

enum status step_create(struct step **step_out, const struct job *job, struct teams *teams,
    int threads, struct error *error)
{
    struct comm *comm = teams_comm(teams);
    struct step *step = NULL;
    *step_out = NULL;
    enum status status = memory_take(&step, 1, sizeof *step, "a step", error);
    if (!status) {
        step->job = job;
        step->settings = &job->settings;
        step->comm = comm;
        step->threads = threads;
        step->rank = comm_rank(comm);
        step->size = comm_size(comm);
        step->vector = vector_of(job->settings.kernel.level);
        step->pass_rows = pass_rows_of(&job->settings);
        status = take_pass(step, error);
    }
    if (!status)
        status = gradient_create(
            &step->gradient, step->settings, step->rank, threads, step->pass_rows, error);
    if (!status)
        status = take_update(step, error);
    status = comm_agree(comm, status, error);
    if (!status)
        status = reduce_create(&step->reduce, comm, teams, job->settings.reduce,
            job->settings.plan.slices, job->settings.mlp.parameters, FLOAT_UNIT,
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
    workspace_destroy(&step->workspace);
    gradient_destroy(step->gradient);
    optimizer_clear(&step->optimizer);
    reduce_destroy(step->reduce);
    free(step->row_loss);
    free(step->truth.label);
    free(step->truth.target);
    free(step->own);
    free(step->vote);
    free(step->loss_node);
    free(step);
}

/* --- one pass: rows ------------------------------------------------------------------------ */

/* Barriers are waiting. */
static void meet(struct step *step, const struct worker *worker)
{
    team_barrier(worker);
    phase_end(&step->own[worker->index].clock, PHASE_WAIT);
}

static void rows_forward_backward(struct step *step, const struct worker *worker,
    const struct order *order, int64_t first_position, struct range rows)
{
    const struct settings *settings = step->settings;
    const struct mlp *mlp = &settings->mlp;
    struct phase_clock *clock = &step->own[worker->index].clock;
    struct workspace *workspace = &step->workspace;
    int64_t outputs = mlp->width[mlp->layers], at = rows.first, n = range_size(rows);
    struct truth truth = {step->truth.label ? step->truth.label + at : NULL,
        step->truth.target ? step->truth.target + at * outputs : NULL};

    loader_rows(&step->job->train, order, first_position + at, n,
        workspace->output[0] + at * mlp->width[0], truth);
    phase_end(clock, PHASE_LOAD);

    mlp_forward(mlp, &settings->kernel, step->job->parameters, workspace, rows);
    const struct loss *loss = loss_of(settings->kernel.level);
    float *z = workspace->output[mlp->layers] + at * outputs;
    if (settings->loss == LOSS_CROSS_ENTROPY)
        loss->cross_entropy(z, truth.label, step->row_loss + at, n, outputs);
    else
        loss->squared(z, truth.target, step->row_loss + at, n, outputs);
    phase_end(clock, PHASE_FORWARD);

    mlp_backward(mlp, &settings->kernel, step->job->parameters, workspace, rows);
    phase_end(clock, PHASE_BACKWARD);
}

/* --- the step ------------------------------------------------------------------------------ */

static void run_passes(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double *loss_sum)
{
    struct walk walk = walk_begin(&step->settings->plan, batch->size, step->rank), end;
    struct tree_stack stack, loss_stack;
    stack.size = loss_stack.size = 0;
    for (; walk_pass(&walk, step->pass_rows, &end); walk = end) {
        struct range rows = worker_share(worker, range_size(walk_rows(&walk, &end)), PLAN_ROW_UNIT);
        rows_forward_backward(step, worker, order, batch->first + walk.row, rows);
        meet(step, worker);
        if (worker_leads(worker))
            losses_add(step->row_loss, &walk, &end, &loss_stack, loss_sum);
        gradient_add(step->gradient, worker, &step->workspace, &walk, &end, &stack);
        phase_end(&step->own[worker->index].clock, PHASE_WEIGHTS);
        meet(step, worker);
    }
}

/* The mean over the batch, as a factor. */
static float batch_scale(const struct batch *batch)
{
    return (float)(1.0 / (double)batch->size);
}

/* Worker 0. The bounds are the same on every rank, so all come to the same end, and if they must be
 * renewed, all renew them together. */
static bool update_allowed(struct step *step, float largest_sum, float scale, float lr)
{
    struct optimizer *optimizer = &step->optimizer;
    if (!isfinite(largest_sum))
        return false;
    if (optimizer_allows(optimizer, largest_sum, scale, lr))
        return true;
    double mine = 0, most = 0;
    if (optimizer->velocity)
        mine = (double)step->vector->largest(optimizer->velocity, range_size(step->owned));
    comm_gather_all(step->comm, &mine, sizeof mine, step->vote);
    for (int r = 0; r < step->size; r++)
        most = fmax(most, step->vote[r]);
    optimizer_rebound(optimizer,
        step->vector->largest(step->job->parameters, step->settings->mlp.parameters), (float)most);
    return optimizer_allows(optimizer, largest_sum, scale, lr);
}

/* Worker 0: what this rank says, what all say, and what follows from it. */
static void reach_verdict(struct step *step, const struct batch *batch, double lr,
    const double *loss_sum, enum status local)
{
    double mine[VOTE_LOSS + TREE_DEPTH];
    atomic_int *signal = step->job->stop_signal;
    mine[VOTE_STATUS] = local;
    mine[VOTE_STOP] = signal ? atomic_load(signal) : 0;
    mine[VOTE_LARGEST] = 0;
    for (int t = 0; t < step->threads; t++)
        mine[VOTE_LARGEST] = fmax(mine[VOTE_LARGEST], (double)step->own[t].largest);
    for (int i = 0; i < step->vote_width - VOTE_LOSS; i++)
        mine[VOTE_LOSS + i] = i < reduce_nodes(step->reduce, step->rank) ? loss_sum[i] : 0;
    comm_gather_all(step->comm, mine, (size_t)step->vote_width * sizeof *mine, step->vote);

    struct verdict verdict = {0};
    double largest = 0;
    int node = 0;
    for (int r = 0; r < step->size; r++) {
        const double *vote = step->vote + (size_t)r * (size_t)step->vote_width;
        verdict.failed |= vote[VOTE_STATUS] != 0;
        largest = fmax(largest, vote[VOTE_LARGEST]);
        if (vote[VOTE_STOP] != 0)
            verdict.stop_signal = (int)vote[VOTE_STOP];
        for (int i = 0; i < reduce_nodes(step->reduce, r); i++)
            step->loss_node[node++] = vote[VOTE_LOSS + i];
    }
    verdict.loss = reduce_join_doubles(step->reduce, step->loss_node) / (double)batch->size;
    verdict.finite = isfinite(verdict.loss) &&
                     update_allowed(step, (float)largest, batch_scale(batch), (float)lr);
    step->verdict = verdict;
}

struct verdict step_run(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, enum status local)
{
    struct own *own = &step->own[worker->index];
    double loss_sum[TREE_DEPTH];
    phase_start(&own->clock);
    run_passes(step, worker, batch, order, loss_sum);

    if (step->size > 1) {
        if (worker_leads(worker))
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
    if (worker_leads(worker)) {
        reach_verdict(step, batch, lr, loss_sum, local);
        phase_end(&own->clock, PHASE_REDUCE);
    }
    meet(step, worker);

    struct verdict verdict = step->verdict;
    if (verdict.finite)
        optimizer_step(&step->optimizer, step->settings->kernel.level,
            step->job->parameters + mine.first, sum, part.first, range_size(mine),
            batch_scale(batch), (float)lr);
    phase_end(&own->clock, PHASE_UPDATE);
    meet(step, worker);
    if (step->size > 1) {
        if (worker_leads(worker) && verdict.finite)
            reduce_publish(step->reduce, step->job->parameters);
        phase_end(&own->clock, PHASE_REDUCE);
        meet(step, worker);
    }
    return verdict;
}

const double *step_phase_seconds(const struct step *step, int worker)
{
    return step->own[worker].clock.seconds;
}
