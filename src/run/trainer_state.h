/* trainer_state.h: what the parts of a trainer share. For trainer.c and trainer_life.c alone. */
#ifndef RUN_TRAINER_STATE_H
#define RUN_TRAINER_STATE_H

#include "model/evaluate.h"
#include "run/checkpoint_writer.h"
#include "run/resume_state.h"
#include "step/step.h"
#include "run/stop.h"

/* What follows a step. */
struct course {
    bool evaluate;   /* by --eval-every */
    bool checkpoint; /* taken after that evaluation, and before what is done for the run's end */
    bool over;
    enum stop_reason reason; /* if over */
    bool evaluated;          /* after this step */
    bool improved;           /* by it: these are the best weights so far */
};

/* What the workers of a rank share between steps. The first thread writes, between barriers. */
struct trainer {
    struct job *job;
    struct comm *comm;
    struct teams *teams;
    struct step *step;
    struct evaluator *validation, *test;
    struct checkpoint_writer *writer; /* NULL: no checkpoints */
    struct result *result;

    struct error trouble; /* this rank's own, e.g. of its observer; agreed at the end */
    double started_s;
    double clock_s;      /* of the run before this start */
    double evaluation_s; /* of the whole run */
    struct noise_state noise;
    double epoch_loss;   /* sum over the samples of this epoch so far ... */
    double epoch_weight; /* ... and what its mean divides by: their number, or class weights */
    int64_t epoch_samples;
    struct evaluation_record evaluation; /* the last one; step 0: none */
    struct course course;                /* after an evaluation, for the rank's other threads */

    struct stop_state stop;
    struct plateau plateau;
    float *
        best; /* [mlp.parameters]: weights of stop.best_step, as job->parameters; NULL: unwatched */
    struct evaluation_record best_evaluation;
    int64_t rated_step; /* as in struct run_state */
    double rating;
};

/* Seconds since the run began, all starts together. */
double trainer_elapsed_s(const struct trainer *trainer);

/* Passes on what the keeper of checkpoints has to say. */
void trainer_warn(struct trainer *trainer);

/* What every worker does. */
void trainer_work(const struct worker *worker, void *argument);

/* Whether a run that ended so has its result: no signal, failure, divergence or corruption. */
static inline bool stop_is_planned(enum stop_reason reason)
{
    return reason != STOP_SIGNAL && reason != STOP_FAILED && reason != STOP_DIVERGED &&
           reason != STOP_CORRUPTED;
}

#endif
