/* step_exchange.h: the long way: from the sums in the home buffers (gradient.h) to the new weights
 * of all teams. */
#ifndef STEP_STEP_EXCHANGE_H
#define STEP_STEP_EXCHANGE_H

#include "step/step_state.h"

/* Call from all workers, after the barrier behind the last pass's gradient. */
struct verdict step_exchange(
    struct step *step, const struct worker *worker, const struct batch *batch, double lr);

#endif
