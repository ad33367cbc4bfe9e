#include "run/checkpoint_writer.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/memory.h"

struct checkpoint_writer {
    const struct job *job;
    struct teams *teams;
    struct step *step;
    const struct settings *settings;
    const struct panels *panels;
    bool writes, keeps_best;
    void *block;
    struct snapshot snapshot;
    float *best; /* [mlp.parameters]; NULL: not the first team, or no metric is watched */

    /* on rank 0 only: */
    struct run_state state; /* of the last checkpoint, or of the start of the run */
    bool has_best;
    pthread_t thread;
    bool started; /* the thread was started and has not been joined */
    atomic_bool busy;
    struct error trouble;     /* read when not busy */
    struct warnings warnings; /* of the last checkpoint that had any; read when not busy */
    struct error reported;    /* the last warning that was passed on */
};

/* --- memory --------------------------------------------------------------------------------- */

/* Returns the writer for a team, with no memory allocated yet. */
static struct checkpoint_writer describe(
    const struct settings *settings, const struct panels *panels, int team, bool best)
{
    return (struct checkpoint_writer){
        .settings = settings, .panels = panels, .writes = team == 0, .keeps_best = best};
}

/* Places the copies. The first team writes the checkpoint and has a copy of everything. Other teams
 * have only a copy of the optimizer's state, from which their parts are sent. */
static void place_copies(void *object, struct carver *carver)
{
    struct checkpoint_writer *writer = object;
    size_t n = (size_t)writer->panels->parameters;
    if (writer->writes)
        writer->snapshot.weights = carve(carver, n, sizeof(float));
    for (int i = 0; i < optimizer_states(&writer->settings->optimizer); i++)
        writer->snapshot.state[i] = carve(carver, n, sizeof(float));
    if (writer->writes && writer->keeps_best)
        writer->best = carve(carver, (size_t)writer->settings->mlp.parameters, sizeof(float));
}

int64_t checkpoint_writer_bytes(
    const struct settings *settings, const struct panels *panels, int team, bool best)
{
    struct checkpoint_writer writer = describe(settings, panels, team, best);
    return memory_measure(place_copies, &writer);
}

/* Counts all data of a checkpoint, in the order of its files. */
int64_t checkpoint_writer_writing_bytes(const struct settings *settings)
{
    int64_t blocks = 1 + optimizer_states(&settings->optimizer);
    return blocks * settings->mlp.parameters * (int64_t)sizeof(float);
}

enum status checkpoint_writer_create(struct checkpoint_writer **writer, const struct job *job,
    struct step *step, struct teams *teams, struct error *error)
{
    struct comm *comm = teams->comm;
    struct checkpoint_writer *made = NULL;
    *writer = NULL;
    enum status status =
        comm_agree(comm, memory_take(&made, 1, sizeof *made, "the checkpoints", error), error);
    if (!status) {
        *made = describe(
            &job->settings, step_panels(step), teams->mine, stop_keeps_best(&job->run.stop));
        made->job = job;
        made->step = step;
        made->teams = teams;
        if (job->resume)
            made->state = job->resume->state;
        status = teams_carve(teams, &made->block, place_copies, made,
            "a checkpoint's copies of the weights and the optimizer's state", error);
        status = comm_agree(comm, status, error);
    }
    if (status)
        checkpoint_writer_destroy(made);
    else
        *writer = made;
    return status;
}

void checkpoint_writer_destroy(struct checkpoint_writer *writer)
{
    if (!writer)
        return;
    teams_give(writer->teams, writer->block);
    free(writer);
}

/* --- the writer ----------------------------------------------------------------------------- */

static enum status order_and_write(const struct checkpoint_writer *writer, float *block,
    struct warnings *warnings, struct error *error)
{
    const struct settings *settings = writer->settings;
    const struct panels *panels = writer->panels;
    struct checkpoint checkpoint = {.state = writer->state,
        .weights = block,
        .best = writer->has_best ? writer->best : NULL,
        .epoch = writer->state.fallback.saved ? writer->job->parameters : NULL};
    weights_to_canonical(panels, &settings->mlp, writer->snapshot.weights, block, 0, 1);
    for (int i = 0; i < optimizer_states(&settings->optimizer); i++) {
        block += settings->mlp.parameters;
        weights_to_canonical(panels, &settings->mlp, writer->snapshot.state[i], block, 0, 1);
        checkpoint.optimizer[i] = block;
    }
    return checkpoint_write(&writer->job->checkpoints, settings, &checkpoint, warnings, error);
}

static void *write_one(void *argument)
{
    struct checkpoint_writer *writer = argument;
    const struct settings *settings = writer->settings;
    float *block = NULL;
    struct error error = {0};
    struct warnings warnings = {0};
    enum status status = memory_take(&block, (size_t)checkpoint_writer_writing_bytes(settings), 1,
        "a checkpoint in the order of its files", &error);
    if (!status)
        status = order_and_write(writer, block, &warnings, &error);
    free(block);
    if (status)
        writer->trouble = error;
    if (warnings.n > 0)
        writer->warnings = warnings;
    atomic_store(&writer->busy, false);
    return NULL;
}

/* Starts the writing thread with all signals blocked, since other threads handle them. If the
 * thread cannot be started, writes the checkpoint in the calling thread. */
static void start_writer(struct checkpoint_writer *writer)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    atomic_store(&writer->busy, true);
    writer->started = pthread_create(&writer->thread, NULL, write_one, writer) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!writer->started)
        write_one(writer);
}

enum status checkpoint_writer_status(struct checkpoint_writer *writer, struct error *error)
{
    if (atomic_load(&writer->busy) || !writer->trouble.status)
        return STATUS_OK;
    *error = writer->trouble;
    return error->status;
}

const char *checkpoint_writer_warning(struct checkpoint_writer *writer)
{
    if (atomic_load(&writer->busy) || writer->warnings.n == 0 ||
        strcmp(writer->warnings.first.text, writer->reported.text) == 0)
        return NULL;
    writer->reported = writer->warnings.first;
    return writer->reported.text;
}

enum status checkpoint_writer_wait(struct checkpoint_writer *writer, struct error *error)
{
    if (writer->started) {
        heartbeat_doing("waiting until a checkpoint is written");
        pthread_join(writer->thread, NULL);
    }
    writer->started = false;
    return checkpoint_writer_status(writer, error);
}

void checkpoint_writer_leave_parameters(struct checkpoint_writer *writer)
{
    struct error ignored; /* reported by the next checkpoint_writer_status() */
    if (!writer->state.fallback.saved || !writer->started)
        return;
    checkpoint_writer_wait(writer, &ignored);
    heartbeat_doing("training");
}

/* --- taking a checkpoint -------------------------------------------------------------------- */

bool checkpoint_writer_due(const struct checkpoint_writer *writer, int64_t step, double elapsed_s)
{
    const struct interval *every = &writer->job->checkpoints.every;
    if (atomic_load(&writer->busy) || writer->trouble.status)
        return false;
    if (every->unit == EVAL_SECONDS)
        return elapsed_s - writer->state.clock_s >= (double)every->count;
    return interval_ended(every, &writer->job->settings.plan, writer->state.step, step);
}

/* Rates a checkpoint by the watched metric in the last evaluation, or by its validation loss. */
static void rate(const struct stop_rules *rules, struct run_state *state)
{
    struct metric_choice metric = {METRIC_VALIDATION, METRIC_LOSS};
    if (rules->early)
        metric = rules->watched;
    double value = stop_metric(metric, &state->evaluation);
    bool better = metric_gain(metric.metric, value, state->rating) > 0;
    if (isnan(value) || (state->rated_step > 0 && !better))
        return;
    state->rated_step = state->step;
    state->rating = value;
}

void checkpoint_writer_take(struct checkpoint_writer *writer, const struct worker *worker,
    struct run_state *state, const float *best, struct checkpoint_record *record)
{
    const struct settings *settings = writer->settings;
    bool first = writer->teams->comm->rank == 0 && worker_speaks(worker);
    struct error ignored; /* reported by the next checkpoint_writer_status() */
    if (first)
        checkpoint_writer_wait(writer, &ignored);
    team_barrier(worker);
    double begun_s = clock_now_s();
    step_snapshot(writer->step, worker, &writer->snapshot);
    if (best && writer->best) {
        struct range part = worker_share(worker, settings->mlp.parameters, 1);
        memcpy(
            writer->best + part.first, best + part.first, (size_t)range_size(part) * sizeof *best);
        team_barrier(worker);
    }
    if (!first)
        return;
    rate(&writer->job->run.stop, state);
    writer->state = *state;
    writer->has_best = best && writer->best;
    int64_t blocks =
        1 + optimizer_states(&settings->optimizer) + writer->has_best + state->fallback.saved;
    start_writer(writer);
    *record = (struct checkpoint_record){.step = state->step,
        .bytes = blocks * settings->mlp.parameters * (int64_t)sizeof(float),
        .stall_s = clock_now_s() - begun_s};
}
