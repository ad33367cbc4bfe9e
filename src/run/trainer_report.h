/* trainer_report.h: a run's figures: step by step, kept in its state and passed to its observer;
 * and how it ended, over all ranks, with its status.
 *
 * Threads: the first of a rank, between steps.
 */
#ifndef RUN_TRAINER_REPORT_H
#define RUN_TRAINER_REPORT_H

#include "run/trainer_state.h"

/* Clock time of the run, and of its training, evaluation not counted; all starts together. */
double trainer_elapsed_s(const struct trainer *trainer);
double trainer_training_s(const struct trainer *trainer);

/* The learning rate of a step. */
double trainer_rate(const struct trainer *trainer, const struct batch *batch);

/* True if this rank calls the observer: rank 0 does until something fails on it. */
bool trainer_observes(const struct trainer *trainer);

/* Calls a function of the observer, if this rank does and there is one. */
#define TRAINER_NOTIFY(trainer, function, ...)                                                     \
    do {                                                                                           \
        const struct observer *observer_ = &(trainer)->job->observer;                              \
        if (trainer_observes(trainer) && observer_->function)                                      \
            observer_->function(observer_->context, __VA_ARGS__, &(trainer)->trouble);             \
    } while (0)

/* Takes the verdict of a step into the state, and reports the step. */
void trainer_record_step(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict);

/* Reports the end of an epoch, or of the run within one, and begins the sums of the next epoch. The
 * weights are in job->parameters. */
void trainer_record_epoch(struct trainer *trainer, const struct batch *batch);

/* Passes on a new warning of the checkpoint writer, if there is one. */
void trainer_report_warning(struct trainer *trainer);

/* --- how the run ended ---------------------------------------------------------------------- */

/* The figures that the run's state has; of phases and memory, none yet. */
void trainer_result_fill(const struct trainer *trainer, struct result *result);

/* Seconds in each phase, over all workers of all ranks, and memory: fills result->phases and
 * result->peak_rss_bytes. Collective. STATUS_NO_RESOURCE. */
enum status trainer_result_add_phases(
    const struct trainer *trainer, struct result *result, struct error *error);

/* Verifies the weights of the result, unless --verify-every is never: wrong ones become
 * STOP_CORRUPTED. Collective. */
void trainer_result_verify(const struct trainer *trainer, struct result *result);

/* The status of a run that ended this way, with its message. Collective. */
enum status trainer_result_status(
    struct trainer *trainer, const struct result *result, struct error *error);

#endif
