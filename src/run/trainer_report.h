/* trainer_report.h: a run's figures, step by step: kept in its state and passed to its observer.
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

/* Takes the verdict of a step into the state, and reports the step. */
void trainer_record_step(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict);

/* Reports the end of an epoch, or of the run within one, and begins the sums of the next epoch. The
 * weights are in job->parameters. */
void trainer_record_epoch(struct trainer *trainer, const struct batch *batch);

/* Passes on a new warning of the checkpoint writer, if there is one. */
void trainer_report_warning(struct trainer *trainer);

#endif
