/* trainer_result.h: how a run ended: its figures, over all ranks, and its status. */
#ifndef RUN_TRAINER_RESULT_H
#define RUN_TRAINER_RESULT_H

#include "run/trainer_state.h"

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
