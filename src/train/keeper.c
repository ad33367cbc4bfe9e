#include "train/keeper.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/memory.h"

struct keeper {
    const struct job *job;
    struct teams *teams;
    struct step *step;
    struct snapshot snapshot;
    float *best; /* [mlp.parameters]; NULL: not this team's, or nothing is watched */

    /* rank 0's */
    int64_t last_step; /* of the last checkpoint, or where the run began */
    double last_s;
    struct run_state state; /* what the writer writes */
    bool has_best;
    pthread_t thread;
    bool started; /* the thread, and not joined */
    atomic_bool busy;
    struct error trouble;     /* read when not busy */
    struct warnings warnings; /* of the last checkpoint that had any; read when not busy */
    struct error told;        /* the last warning that was passed on */
};

/* --- memory -------------------------------------------------------------------------------- */

/* The first team writes, and has a copy of all; the others have one of the state, which travels. */
int64_t keeper_bytes(
    const struct settings *settings, const struct panels *panels, int team, bool best)
{
    int64_t blocks = optimizer_states(&settings->optimizer) + (team == 0);
    int64_t kept = team == 0 && best ? settings->mlp.parameters : 0;
    return (blocks * panels->parameters + kept) * (int64_t)sizeof(float);
}

/* All of it in the order of its files. */
int64_t keeper_writing_bytes(const struct settings *settings)
{
    int64_t blocks = 1 + optimizer_states(&settings->optimizer);
    return blocks * settings->mlp.parameters * (int64_t)sizeof(float);
}

static enum status take_memory(struct keeper *keeper, struct error *error)
{
    const struct settings *settings = &keeper->job->settings;
    size_t n = (size_t)step_panels(keeper->step)->parameters;
    bool writes = teams_mine(keeper->teams) == 0;
    const char *what = "a checkpoint's copy of the weights";
    enum status status = STATUS_OK;
    if (writes)
        status =
            teams_take(keeper->teams, &keeper->snapshot.weights, n, sizeof(float), what, error);
    for (int i = 0; !status && i < optimizer_states(&settings->optimizer); i++)
        status = teams_take(keeper->teams, &keeper->snapshot.state[i], n, sizeof(float),
            "a checkpoint's copy of the optimizer's state", error);
    if (!status && writes && keeper->job->run.stop.early)
        status = teams_take(keeper->teams, &keeper->best, (size_t)settings->mlp.parameters,
            sizeof(float), what, error);
    return status;
}

enum status keeper_create(struct keeper **keeper, const struct job *job, struct step *step,
    struct teams *teams, struct error *error)
{
    struct comm *comm = teams_comm(teams);
    struct keeper *made = NULL;
    *keeper = NULL;
    enum status status =
        comm_agree(comm, memory_take(&made, 1, sizeof *made, "the checkpoints", error), error);
    if (!status) {
        made->job = job;
        made->step = step;
        made->teams = teams;
        made->last_step = job->start ? job->start->state.step : 0;
        made->last_s = job->start ? job->start->state.clock_s : 0;
        status = comm_agree(comm, take_memory(made, error), error);
    }
    if (status)
        keeper_destroy(made);
    else
        *keeper = made;
    return status;
}

void keeper_destroy(struct keeper *keeper)
{
    if (!keeper)
        return;
    teams_give(keeper->teams, keeper->snapshot.weights);
    for (int i = 0; i < OPTIMIZER_STATES_MAX; i++)
        teams_give(keeper->teams, keeper->snapshot.state[i]);
    teams_give(keeper->teams, keeper->best);
    free(keeper);
}

/* --- the writer ---------------------------------------------------------------------------- */

static enum status order_and_write(
    const struct keeper *keeper, float *block, struct warnings *warnings, struct error *error)
{
    const struct settings *settings = &keeper->job->settings;
    const struct panels *panels = step_panels(keeper->step);
    struct checkpoint checkpoint = {.settings = settings,
        .model = keeper->job->checkpoints.model,
        .identity = keeper->job->checkpoints.identity,
        .state = keeper->state,
        .weights = block,
        .best = keeper->has_best ? keeper->best : NULL};
    weights_to_canonical(panels, &settings->mlp, keeper->snapshot.weights, block, 0, 1);
    for (int i = 0; i < optimizer_states(&settings->optimizer); i++) {
        block += settings->mlp.parameters;
        weights_to_canonical(panels, &settings->mlp, keeper->snapshot.state[i], block, 0, 1);
        checkpoint.optimizer[i] = block;
    }
    return checkpoint_write(
        keeper->job->checkpoints.run, &checkpoint, keeper->job->checkpoints.keep, warnings, error);
}

static void *write_one(void *argument)
{
    struct keeper *keeper = argument;
    const struct settings *settings = &keeper->job->settings;
    float *block = NULL;
    struct error error = {0};
    struct warnings warnings = {0};
    enum status status = memory_take(&block, (size_t)keeper_writing_bytes(settings), 1,
        "a checkpoint in the order of its files", &error);
    if (!status)
        status = order_and_write(keeper, block, &warnings, &error);
    free(block);
    if (status)
        keeper->trouble = error;
    if (warnings.n > 0)
        keeper->warnings = warnings;
    atomic_store(&keeper->busy, false);
    return NULL;
}

/* Signals are for the threads that were there before. Without a thread to be had, it is written
 * at once. */
static void start_writer(struct keeper *keeper)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    atomic_store(&keeper->busy, true);
    keeper->started = pthread_create(&keeper->thread, NULL, write_one, keeper) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!keeper->started)
        write_one(keeper);
}

enum status keeper_ask(struct keeper *keeper, struct error *error)
{
    if (atomic_load(&keeper->busy) || !keeper->trouble.status)
        return STATUS_OK;
    *error = keeper->trouble;
    return error->status;
}

const char *keeper_warning(struct keeper *keeper)
{
    if (atomic_load(&keeper->busy) || keeper->warnings.n == 0 ||
        strcmp(keeper->warnings.first.text, keeper->told.text) == 0)
        return NULL;
    keeper->told = keeper->warnings.first;
    return keeper->told.text;
}

enum status keeper_wait(struct keeper *keeper, struct error *error)
{
    heartbeat_doing("waiting until a checkpoint is written");
    if (keeper->started)
        pthread_join(keeper->thread, NULL);
    keeper->started = false;
    return keeper_ask(keeper, error);
}

/* --- when, and what ------------------------------------------------------------------------ */

bool keeper_due(const struct keeper *keeper, int64_t step, double elapsed_s)
{
    const struct checkpoints *checkpoints = &keeper->job->checkpoints;
    const struct plan *plan = &keeper->job->settings.plan;
    int64_t every = checkpoints->every;
    if (atomic_load(&keeper->busy) || keeper->trouble.status)
        return false;
    switch (checkpoints->unit) {
    case EVAL_SECONDS:
        return elapsed_s - keeper->last_s >= (double)checkpoints->every;
    case EVAL_EPOCHS:
        return plan_whole_epochs(plan, step) / every >
               plan_whole_epochs(plan, keeper->last_step) / every;
    case EVAL_STEPS:
        return step / every > keeper->last_step / every;
    case EVAL_END:
    case EVAL_NEVER:
        break;
    }
    return false;
}

/* By the watched metric, or the validation loss, of the last evaluation. */
static void rate(const struct stop_rules *rules, struct run_state *state)
{
    struct metric_choice metric = {METRIC_VALIDATION, METRIC_LOSS};
    if (rules->early)
        metric = rules->watched;
    double value = stop_metric(metric, &state->evaluation);
    bool better = metric_rises(metric.metric) ? value > state->rating : value < state->rating;
    if (isnan(value) || (state->rated_step > 0 && !better))
        return;
    state->rated_step = state->step;
    state->rating = value;
}

void keeper_take(struct keeper *keeper, const struct worker *worker, struct run_state *state,
    const float *best, double elapsed_s, struct checkpoint_record *record)
{
    const struct settings *settings = &keeper->job->settings;
    bool first = comm_rank(teams_comm(keeper->teams)) == 0 && worker_speaks(worker);
    struct error ignored; /* it is asked for again */
    if (first)
        keeper_wait(keeper, &ignored);
    team_barrier(worker);
    double begun_s = clock_now_s();
    step_snapshot(keeper->step, worker, &keeper->snapshot);
    if (best && keeper->best) {
        struct range part = worker_share(worker, settings->mlp.parameters, 1);
        memcpy(
            keeper->best + part.first, best + part.first, (size_t)range_size(part) * sizeof *best);
        team_barrier(worker);
    }
    if (!first)
        return;
    rate(&keeper->job->run.stop, state);
    keeper->state = *state;
    keeper->has_best = best && keeper->best;
    keeper->last_step = state->step;
    keeper->last_s = elapsed_s;
    int64_t blocks = 1 + optimizer_states(&settings->optimizer) + keeper->has_best;
    start_writer(keeper);
    *record = (struct checkpoint_record){.step = state->step,
        .bytes = blocks * settings->mlp.parameters * (int64_t)sizeof(float),
        .stall_s = clock_now_s() - begun_s};
}
