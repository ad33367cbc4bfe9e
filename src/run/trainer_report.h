/* trainer_report.h: records each step in the run's state and passes it to the observer; at the end,
 * collects the result and status of the run over all ranks.
 *
 * Threads: only the first of each rank, between steps.
 */
#ifndef RUN_TRAINER_REPORT_H
#define RUN_TRAINER_REPORT_H

#include "run/trainer_state.h"

/* Return the wall-clock time of the run, and its training time without evaluation; both are totals
 * over all starts. */
double trainer_elapsed_s(const struct trainer *trainer);
double trainer_training_s(const struct trainer *trainer);

/* Returns the learning rate of a step. */
double trainer_rate(const struct trainer *trainer, const struct batch *batch);

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

/* Passes a new warning from the checkpoint writer, if there is one, to the observer. */
void trainer_report_warning(struct trainer *trainer);

/* --- how the run ended ---------------------------------------------------------------------- */

/* Fills the result from the run's state; phases and memory are not filled yet. */
void trainer_result_fill(const struct trainer *trainer, struct result *result);

/* Fills result->phases, over all workers of all ranks, and result->peak_rss_bytes. Collective.
 * STATUS_NO_RESOURCE. */
enum status trainer_result_add_phases(
    const struct trainer *trainer, struct result *result, struct error *error);

/* Verifies the weights of the result unless --verify-every is "never". If they are wrong, its
 * stop reason becomes STOP_CORRUPTED. Collective. */
void trainer_result_verify(const struct trainer *trainer, struct result *result);

/* Returns the status of a run with this result and fills its message. Collective. */
enum status trainer_result_status(
    struct trainer *trainer, const struct result *result, struct error *error);

#endif
