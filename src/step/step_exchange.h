/* step_exchange.h: the long way of a step, from the sums in the home buffers (gradient.h) to the
 * new weights of all teams. */
#ifndef STEP_STEP_EXCHANGE_H
#define STEP_STEP_EXCHANGE_H

#include "step/step_state.h"

/* Exchanges the sums, updates the weights and returns the verdict. Call from all workers, after the
 * barrier that follows the last pass's gradient. */
struct verdict step_exchange(
    struct step *step, const struct worker *worker, const struct batch *batch, double lr);

#endif
