/* step_average.h: the moving average of the weights (optim/optimizer.h), in the form that evaluation
 * reads.
 *
 * Each team holds the average of the parameters that it owns, in the optimizer's state. For an
 * evaluation, all parts are gathered in every team:
 *
 *     state "ema" of the owners  --publish-->  master  --derive-->  forward copy
 *
 * Training never reads these copies. Threads and collective: as stated below.
 */
#pragma once

#include "step/step.h"

/* Returns the copies, which hold the average after the last step_average_gather(); NULL: the
 * optimizer keeps no average. They are the step's. */
const struct weights *step_average(const struct step *step);

/* Gathers the average as it is after the last step. Only if there is one. Call from all workers of
 * all teams; ends with a barrier. */
void step_average_gather(struct step *step, const struct worker *worker);

/* Like step_export(), for the gathered average. */
void step_average_export(struct step *step, const struct worker *worker, float *out);
