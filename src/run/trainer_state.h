/* trainer_state.h: the data shared by the sources of the trainer (trainer*.c). */
#ifndef RUN_TRAINER_STATE_H
#define RUN_TRAINER_STATE_H

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
};

/* The trainer, shared by the workers of a rank. The first thread writes to it, between barriers. */
struct trainer {
    struct job *job;
    struct comm *comm;
    struct teams *teams;
    struct step *step;
    struct evaluator *validation, *test; /* NULL: none */
    struct checkpoint_writer *writer;    /* NULL: no checkpoints */
    float *best; /* [mlp.parameters], like job->parameters: the weights at state.stop.best_step;
                    NULL: no metric is watched */

    struct run_state state; /* after the last step; its times are set when a checkpoint is taken */
    struct follow_up follow_up; /* after an evaluation, for the rank's other threads */
    enum stop_reason stopped_by;
    struct error trouble; /* an error on this rank, e.g. from its observer; shared at the end */
    double started_s;     /* clock time at which this start of the run began */
    double earlier_s;     /* the wall-clock time of earlier starts */
    double evaluation_s;  /* total over all starts */
};

static inline bool trainer_ends_epoch(const struct trainer *trainer, const struct batch *batch)
{
    return plan_ends_epoch(&trainer->job->settings.plan, batch);
}

/* True if an action counted in epochs or steps is due after this batch. */
static inline bool trainer_is_due(
    const struct trainer *trainer, const struct batch *batch, enum eval_unit unit, int64_t every)
{
    if (unit == EVAL_EPOCHS)
        return trainer_ends_epoch(trainer, batch) && batch->epoch % every == 0;
    return unit == EVAL_STEPS && batch->step % every == 0;
}

/* True if the run ends with a checkpoint. After a signal it always does, so that it can be
 * resumed. */
static inline bool trainer_last_checkpoint_due(
    const struct trainer *trainer, enum stop_reason reason)
{
    return trainer->writer &&
           (reason == STOP_SIGNAL || trainer->job->checkpoints.unit != EVAL_NEVER);
}

/* True if this rank writes job->parameters. In a team that shares them, only its first rank
 * does. */
static inline bool trainer_writes_parameters(const struct trainer *trainer)
{
    return !trainer->job->shared || trainer->teams->rank == 0;
}

#endif
