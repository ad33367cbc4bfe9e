/* step_early.h: the short way: a team that is alone updates each tile of the weights as soon as its
 * gradient is summed, while it is in cache.
 *
 * The verdict is therefore reached before the gradient exists. Nothing about it is uncertain by
 * then: all rows have gone backward, so all losses are known; and no sum of the gradient is larger
 * than
 *
 *     rows * (largest |x|) * (largest |d|)            of its layer
 *
 * If that, and the weights after an update by it, are far from the largest float, the exact verdict
 * must be "finite". Otherwise the step takes the long way, which looks at the gradient itself.
 */
#ifndef STEP_STEP_EARLY_H
#define STEP_STEP_EARLY_H

#include "step/step_state.h"

struct step_early {
    struct step *step;
    struct verdict verdict;
    struct optimizer_scalars scalars;
    struct batch_sums sums;
    struct fixed_sum *noise; /* this worker's part (step_noise.h); NULL: not measured */
    struct finisher finisher;
};

/* Before the gradient of a batch's last pass: the finisher that updates every tile, or NULL if the
 * step takes the long way. Call from all workers, which come to the same decision. */
const struct finisher *step_early_begin(struct step_early *early, struct step *step,
    const struct worker *worker, const struct batch *batch, double lr);

/* After the barrier behind that gradient: the verdict. Call from all workers. */
struct verdict step_early_end(
    struct step_early *early, const struct worker *worker, const struct batch *batch);

#endif
