/* step_early.h: the short way of a step: a single team updates each tile of the weights as soon as
 * its gradient is summed, while it is in cache.
 *
 * The verdict is therefore reached before the gradient exists (step_update.h). Where that is not
 * certain, the step takes the long way, which examines the gradient itself.
 */
#pragma once

#include "step/step_state.h"

struct step_early {
    struct step *step;
    struct verdict verdict;
    struct optimizer_scalars scalars;
    struct batch_sums sums;
    struct fixed_sum *noise; /* this worker's part (step_noise.h); NULL: not measured */
    struct finisher finisher;
};

/* Returns the finisher that updates every tile, or NULL if the step takes the long way. Call from
 * all workers before the gradient of a batch's last pass; all get the same decision. */
const struct finisher *step_early_begin(struct step_early *early, struct step *step,
    const struct worker *worker, const struct batch *batch, double lr);

/* Returns the verdict. Call from all workers, after the barrier that follows that gradient. */
struct verdict step_early_end(
    struct step_early *early, const struct worker *worker, const struct batch *batch);
