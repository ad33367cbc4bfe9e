/* trainer_state.h: the trainer's data, shared by its sources (trainer*.c). Records each step in the
 * run's state and passes it to the observer; at the end, collects the result over all ranks.
 *
 * Threads: only the first of each rank, between steps.
 */
#pragma once

#include "model/evaluate.h"
#include "run/checkpoint_writer.h"
#include "run/job.h"
#include "run/checkpoint_read.h"
#include "step/step.h"

/* The work to do after a step, before the next one begins. */
struct follow_up {
    bool evaluate;   /* --eval-every requires an evaluation */
    bool checkpoint; /* after the evaluation, before the work at the end of the run */
    bool over;
    enum stop_reason reason; /* if over */
    bool evaluated;          /* after this step */
    bool improved;           /* in the evaluation: these are the best weights so far */
    bool spoiled;            /* the training loss is above its limit: the weights are not kept */
};

/* The trainer, shared by the workers of a rank. The first thread writes to it, between barriers. */
struct trainer {
    struct job *job;
    struct comm *comm;
    struct teams *teams;
    struct step *step;
    struct evaluator *validation, *test;         /* NULL: none */
    struct evaluator *validation_ema, *test_ema; /* of the averaged weights; NULL: none */
    struct checkpoint_writer *writer;            /* NULL: no checkpoints */
    /* [mlp.parameters], one array per team: the weights at state.stop.best_step, and the average at
     * the end of the run; NULL: they cannot be the result */
    float *best, *average;

    struct run_state state; /* after the last step; its times are set when a checkpoint is taken */
    struct follow_up follow_up; /* decided by the first thread, for the rank's other threads */
    enum stop_reason stopped_by;
    int64_t weights_of_step; /* the step after which job->parameters were written; 0: initial */
    bool spoiled;            /* the run ended with a training loss above its limit ... */
    bool rejected;           /* ... or with a step whose result would not be finite */
    struct error trouble;    /* an error on this rank, e.g. from its observer; shared at the end */
    double started_s;        /* clock time at which this start of the run began */
    double earlier_s;        /* the wall-clock time of earlier starts */
    double evaluation_s;     /* total over all starts */
};

/* Return the wall-clock time of the run, and its training time without evaluation; both are totals
 * over all starts. */
double trainer_elapsed_s(const struct trainer *trainer);
double trainer_training_s(const struct trainer *trainer);

/* Returns the learning rate of a step. */
double trainer_rate(const struct trainer *trainer, const struct batch *batch);

/* True if an interval ends with this batch. */
static inline bool trainer_is_due(
    const struct trainer *trainer, const struct interval *interval, const struct batch *batch)
{
    return interval_ended(interval, &trainer->job->settings.plan, batch->step - 1, batch->step);
}

/* True if the run ends with a checkpoint. After a signal it always does, so that it can be
 * resumed. */
static inline bool trainer_last_checkpoint_due(
    const struct trainer *trainer, enum stop_reason reason)
{
    return trainer->writer &&
           (reason == STOP_SIGNAL || trainer->job->checkpoints.every.unit != EVAL_NEVER);
}

/* True if this rank calls the observer: rank 0 does, until something fails on it. */
bool trainer_observes(const struct trainer *trainer);

/* Calls a function of the observer if it is not NULL and this rank calls the observer. */
#define TRAINER_NOTIFY(trainer, function, ...)                                                     \
    do {                                                                                           \
        const struct observer *observer_ = &(trainer)->job->observer;                              \
        if (trainer_observes(trainer) && observer_->function)                                      \
            observer_->function(observer_->context, __VA_ARGS__, &(trainer)->trouble);             \
    } while (0)

/* Adds the verdict of a step to the state and reports the step. */
void trainer_record_step(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict);

/* Reports the end of an epoch, or of a run that ends within an epoch, and resets the sums for the
 * next epoch. The weights are in job->parameters. */
void trainer_record_epoch(struct trainer *trainer, const struct batch *batch);

/* True if the best weights are averaged ones. */
static inline bool trainer_best_is_averaged(const struct trainer *trainer)
{
    return metric_set_is_averaged(stop_watched(&trainer->job->run.stop).set);
}

/* Passes a new warning from the checkpoint writer, if there is one, to the observer. */
void trainer_report_warning(struct trainer *trainer);

/* Returns the weights at which the noise is measured when the run has ended: those of the result, but
 * of a result of averaged weights the last ones, which it replaced. */
const float *trainer_noise_weights(const struct trainer *trainer, const struct result *result);

/* Finishes the checkpoints, puts the weights of the result into job->parameters and verifies them,
 * and fills the result. `status`: the status of team_run(). Returns the status of the run, as
 * trainer_run() does. Collective. */
enum status trainer_conclude(
    struct trainer *trainer, enum status status, struct result *result, struct error *error);
