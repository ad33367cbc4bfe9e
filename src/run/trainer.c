#include "run/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/memory.h"
#include "comm/threads.h"
#include "run/frozen_pass.h"
#include "run/rank_agreement.h"
#include "run/trainer_evaluation.h"
#include "run/trainer_state.h"
#include "step/step_average.h"
#include "step/step_verify.h"

/* --- before the first step ------------------------------------------------------------------ */

static void restore_state(struct trainer *trainer, const struct checkpoint *resume)
{
    const struct settings *settings = &trainer->job->settings;
    trainer->state = resume->state;
    trainer->earlier_s = resume->state.clock_s;
    trainer->evaluation_s = resume->state.clock_s - resume->state.seconds;
    if (!noise_is_measured(noise_validity(settings)))
        trainer->state.noise = (struct noise_state){.steps = 0};
    if (trainer->best && resume->best && trainer->teams->rank == 0)
        memcpy(trainer->best, resume->best, (size_t)settings->mlp.parameters * sizeof(float));
    if (resume->epoch && trainer->teams->rank == 0)
        memcpy(trainer->job->parameters, resume->epoch,
            (size_t)settings->mlp.parameters * sizeof(float));
}

static void begin_state(struct trainer *trainer)
{
    const struct job *job = trainer->job;
    trainer->stopped_by = STOP_FAILED; /* until the real reason is known */
    trainer->state.train_loss = (double)NAN;
    trainer->state.plateau = plateau_begin(&job->run.plateau);
    if (job->resume)
        restore_state(trainer, job->resume);
    trainer->weights_of_step =
        trainer->state.fallback.saved ? trainer->state.fallback.step : trainer->state.step;
    trainer->state.divergence.trivial_loss = job->baseline.train.loss;
    stop_begin(&job->run.stop, &trainer->state.stop);
}

static enum status prepare(struct trainer *trainer, struct error *error)
{
    struct job *job = trainer->job;
    const struct step_start start = {.train = job->train,
        .parameters = job->parameters,
        .state = job->resume ? job->resume->optimizer : NULL};
    /* A rank that cannot start its threads must report it now, not in the middle of a step. */
    TRY(comm_agree(trainer->comm, team_probe(job->settings.plan.threads, error), error));
    TRY(rank_agreement_check(job, trainer->comm, error));
    TRY(step_create(&trainer->step, &job->settings, &start, trainer->teams, error));
    TRY(trainer_evaluation_prepare(trainer, error));
    if (job->checkpoints.keep > 0)
        TRY(checkpoint_writer_create(&trainer->writer, job, trainer->step, trainer->teams, error));
    begin_state(trainer);
    return STATUS_OK;
}

enum status trainer_create(
    struct trainer **trainer, struct job *job, struct teams *teams, struct error *error)
{
    struct comm *comm = teams->comm;
    struct trainer *made = NULL;
    *trainer = NULL;
    enum status status =
        comm_agree(comm, memory_take(&made, 1, sizeof *made, "a trainer", error), error);
    if (!status) {
        *made = (struct trainer){.job = job, .comm = comm, .teams = teams};
        status = prepare(made, error);
    }
    if (status)
        trainer_destroy(made);
    else
        *trainer = made;
    return status;
}

/* Gives back the memory of the run itself. */
static void release(struct trainer *trainer)
{
    trainer_evaluation_release(trainer);
    checkpoint_writer_destroy(trainer->writer);
    step_destroy(trainer->step);
    trainer->writer = NULL;
    trainer->step = NULL;
}

void trainer_destroy(struct trainer *trainer)
{
    if (!trainer)
        return;
    release(trainer);
    teams_give(trainer->teams, trainer->best);
    teams_give(trainer->teams, trainer->average);
    free(trainer);
}

/* --- the work after a step: the same on every worker of every rank --------------------------- */

static struct follow_up run_over(enum stop_reason reason)
{
    return (struct follow_up){.over = true, .reason = reason};
}

static struct follow_up end_of_step(
    const struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    const struct plan *plan = &trainer->job->settings.plan;
    if (verdict->requests & STEP_REQUEST_ABORT)
        return run_over(STOP_CORRUPTED);
    if (verdict->failed) /* a failure may be the cause of values that are not finite */
        return run_over(STOP_FAILED);
    if (!verdict->finite)
        return run_over(STOP_DIVERGED);
    if (batch->step == plan->total_steps)
        return run_over(plan->cut_by_max_steps ? STOP_MAX_STEPS : STOP_EPOCHS);
    if (verdict->requests & STEP_REQUEST_STOP)
        return run_over(STOP_SIGNAL);
    if (verdict->requests & STEP_REQUEST_TIME)
        return run_over(STOP_TIME);
    return (struct follow_up){.over = false};
}

static struct follow_up follow_up_of(
    const struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    struct follow_up next = end_of_step(trainer, batch, verdict);
    bool by_signal = next.over && next.reason == STOP_SIGNAL;
    if (next.over && !by_signal && !stop_is_planned(next.reason))
        return next;
    next.evaluate = trainer_evaluation_due(trainer, batch) && !by_signal;
    next.checkpoint = next.over ? trainer_last_checkpoint_due(trainer, next.reason)
                                : trainer->writer && verdict->requests & STEP_REQUEST_CHECKPOINT;
    return next;
}

/* Returns the work that the checkpointed step left undone: a checkpoint may be taken while
 * some of the work after its step is still to be done, so a resumed run does that work first. */
static struct follow_up follow_up_at_resume(
    const struct trainer *trainer, const struct batch *batch)
{
    const struct job *job = trainer->job;
    struct follow_up next = {.over = false};
    next.over =
        stop_is_over(&job->run.stop, &job->settings.plan, &job->resume->state, &next.reason);
    next.evaluated = trainer->state.evaluation.step == batch->step;
    next.evaluate = trainer_evaluation_due(trainer, batch) && !next.evaluated;
    return next;
}

/* True if the weights are to be verified: at the interval of --verify-every and, unless that is
 * "never", before the weights are saved. */
static bool verification_due(
    const struct trainer *trainer, const struct batch *batch, const struct follow_up *next)
{
    const struct interval *interval = &trainer->job->run.verify_every;
    if (interval->unit == EVAL_NEVER || (next->over && next->reason == STOP_CORRUPTED))
        return false;
    return next->over || next->checkpoint || trainer_is_due(trainer, interval, batch);
}

/* True if a final evaluation is needed: a run that ends as planned ends with an evaluation. */
static bool last_evaluation_due(const struct trainer *trainer, const struct follow_up *next)
{
    return next->over && !next->evaluated && stop_is_planned(next->reason) &&
           (trainer->validation || trainer->test);
}

/* --- all workers ---------------------------------------------------------------------------- */

static void take_checkpoint(
    struct trainer *trainer, const struct worker *worker, const struct batch *batch)
{
    const struct observer *observer = &trainer->job->observer;
    struct run_state *state = &trainer->state;
    bool best_is_other = state->stop.best_step > 0 && (state->stop.best_step != batch->step ||
                                                          trainer_best_is_averaged(trainer));
    bool first = worker_speaks(worker) && trainer->comm->rank == 0;
    struct checkpoint_record record;
    if (worker_speaks(worker))
        heartbeat_doing("taking a checkpoint");
    if (first) {
        state->seconds = trainer_training_s(trainer);
        state->clock_s = trainer_elapsed_s(trainer);
        state->log_bytes = observer->log_bytes ? observer->log_bytes(observer->context) : 0;
        state->fallback = (struct fallback){
            !plan_ends_epoch(&trainer->job->settings.plan, batch), trainer->weights_of_step};
    }
    checkpoint_writer_take(
        trainer->writer, worker, state, best_is_other ? trainer->best : NULL, &record);
    if (first)
        TRAINER_NOTIFY(trainer, on_checkpoint, &record);
}

/* At the end of an epoch or of the run, compares the training loss of the epoch so far with its
 * limit. A loss above it ends the run. */
static struct follow_up check_loss(struct trainer *trainer, const struct worker *worker,
    const struct batch *batch, struct follow_up next)
{
    const struct run_state *state = &trainer->state;
    bool ends = next.over ? next.reason == STOP_DIVERGED || stop_is_planned(next.reason)
                          : plan_ends_epoch(&trainer->job->settings.plan, batch);
    if (!ends)
        return next;
    if (worker_speaks(worker)) {
        bool spoiled = state->epoch_samples > 0 &&
                       run_state_epoch_loss(state) >
                           stop_loss_limit(&trainer->job->run.stop, &state->divergence);
        if (spoiled) {
            next = run_over(STOP_DIVERGED);
            next.spoiled = true;
        }
        trainer->follow_up = next;
    }
    team_barrier(worker);
    return trainer->follow_up;
}

/* Writes the average that is the result of a run that ends as planned to trainer->average. */
static void keep_average(struct trainer *trainer, const struct worker *worker)
{
    step_average_gather(trainer->step, worker);
    step_average_export(trainer->step, worker, trainer->average);
    team_barrier(worker);
}

/* If an epoch or the run ends, writes the weights to job->parameters and reports the epoch. A run
 * that diverged, or whose weights are wrong, has no last epoch to report. If the weights are
 * spoiled, job->parameters keep those of the last epoch that ended well. */
static bool end_epoch(struct trainer *trainer, const struct worker *worker,
    const struct batch *batch, const struct follow_up *next)
{
    bool reported = next->over ? next->reason != STOP_DIVERGED && next->reason != STOP_CORRUPTED
                               : plan_ends_epoch(&trainer->job->settings.plan, batch);
    if ((reported || next->over) && !next->spoiled) {
        if (worker_speaks(worker) && trainer->comm->rank == 0 && trainer->writer)
            checkpoint_writer_leave_parameters(trainer->writer);
        team_barrier(worker);
        step_export(trainer->step, worker, trainer->job->parameters);
        team_barrier(worker);
        if (worker_speaks(worker))
            trainer->weights_of_step = trainer->state.step;
    }
    if (trainer->average && next->over && stop_is_planned(next->reason))
        keep_average(trainer, worker);
    if (next->over && worker_speaks(worker)) {
        trainer->stopped_by = next->reason;
        trainer->spoiled = next->spoiled;
        trainer->rejected = batch->step > trainer->state.step;
    }
    if (reported && worker_speaks(worker) && trainer->state.epoch_samples > 0)
        trainer_record_epoch(trainer, batch);
    return reported;
}

/* Checks the training loss, evaluates, takes a checkpoint and ends the epoch, in this order. So a
 * checkpoint does not contain the end of the run, and the run can be resumed with a longer plan.
 * Returns true if the run is over. */
static bool after_step(struct trainer *trainer, const struct worker *worker,
    const struct batch *batch, struct follow_up next)
{
    next = check_loss(trainer, worker, batch, next);
    if (next.evaluate)
        next = trainer_evaluate(trainer, worker, batch, next);
    if (verification_due(trainer, batch, &next) && !step_verify(trainer->step, worker, batch->step))
        next = run_over(STOP_CORRUPTED);
    if (next.checkpoint)
        take_checkpoint(trainer, worker, batch);
    if (last_evaluation_due(trainer, &next)) {
        bool taken = next.checkpoint;
        next = trainer_evaluate(trainer, worker, batch, next);
        if (next.reason == STOP_SIGNAL && next.checkpoint && !taken)
            take_checkpoint(trainer, worker, batch);
    }
    bool reported = end_epoch(trainer, worker, batch, &next);
    if (next.evaluate || next.checkpoint || reported)
        team_barrier(worker); /* so that waiting for the first thread is not counted as step time */
    return next.over;
}

/* Returns this rank's contribution to the verdict of a step: signals, and on rank 0 also the time
 * limit and whether a checkpoint is due. */
static int flags_for_verdict(struct trainer *trainer, int64_t step)
{
    const struct stop_rules *rules = &trainer->job->run.stop;
    double elapsed_s = trainer_elapsed_s(trainer);
    atomic_int *signal = trainer->job->stop_signal;
    int flags = signal && atomic_load(signal) ? STEP_REQUEST_STOP : 0;
    if (trainer->comm->rank > 0)
        return flags;
    if (rules->max_time_s > 0 && elapsed_s >= rules->max_time_s)
        flags |= STEP_REQUEST_TIME;
    if (trainer->writer && !trainer->trouble.status) {
        trainer_report_warning(trainer);
        checkpoint_writer_status(trainer->writer, &trainer->trouble);
    }
    if (trainer->writer && checkpoint_writer_due(trainer->writer, step, elapsed_s))
        flags |= STEP_REQUEST_CHECKPOINT;
    return flags;
}

/* Runs a step and the work after it. Returns true if the run is over. */
static bool run_step(struct trainer *trainer, const struct worker *worker,
    const struct batch *batch, const struct order *order)
{
    enum status local = STATUS_OK;
    if (worker_speaks(worker)) {
        heartbeat_step(batch->step);
        step_request(trainer->step, flags_for_verdict(trainer, batch->step));
        local = trainer->trouble.status;
    }
    struct verdict verdict =
        step_run(trainer->step, worker, batch, order, trainer_rate(trainer, batch), local);
    struct follow_up next = follow_up_of(trainer, batch, &verdict);
    if (worker_speaks(worker))
        trainer_record_step(trainer, batch, &verdict);
    if (next.over && worker_speaks(worker))
        heartbeat_answered(true);
    return after_step(trainer, worker, batch, next);
}

static void work(const struct worker *worker, void *argument)
{
    struct trainer *trainer = argument;
    const struct settings *settings = &trainer->job->settings;
    int64_t number = trainer->job->resume ? trainer->job->resume->state.step : 0;
    struct batch batch = {0};
    struct order order = {0};
    int64_t epoch = 0;
    bool over = false;
    if (worker_speaks(worker))
        heartbeat_answered(false);
    if (number > 0) {
        batch = plan_batch(&settings->plan, number);
        over = after_step(trainer, worker, &batch, follow_up_at_resume(trainer, &batch));
    }
    while (!over) {
        batch = plan_batch(&settings->plan, ++number);
        if (batch.epoch != epoch) {
            epoch = batch.epoch;
            order_init(&order, settings->plan.samples, settings->shuffle, settings->seed,
                RANDOM_ORDER, (uint64_t)epoch);
        }
        over = run_step(trainer, worker, &batch, &order);
    }
    if (worker_speaks(worker))
        heartbeat_answered(true);
}

enum status trainer_run(struct trainer *trainer, struct result *result, struct error *error)
{
    trainer->started_s = clock_now_s();
    enum status status =
        team_run(trainer->teams, trainer->job->settings.plan.threads, work, trainer, error);
    status = trainer_conclude(trainer, status, result, error);
    if (!status && stop_is_planned(result->stopped_by)) {
        release(trainer); /* room for the memory of the frozen pass */
        result->frozen = frozen_pass_run(trainer->job, trainer_noise_weights(trainer, result),
            trainer->teams, result->samples_seen);
    }
    return status;
}
