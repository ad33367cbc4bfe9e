/* step_measure.h: the part of step_measure() (step.h) after the passes: adds the batch's gradient to
 * a total, or subtracts it from a copy of the total, and measures the squared norm of the result.
 *
 * The total is the sum of the gradients of batches, in the order in which they were added, each
 * parameter in float32 by the team that owns it; the difference is rounded to float32 once. Squares
 * are summed as in a step (step_noise.h), so that neither ranks nor kernels show.
 */
#pragma once

#include "step/step_state.h"

/* Call from all workers, each after its part of the last pass's gradient; `sums`: over the batch. */
struct step_measurement step_measure_end(struct step *step, const struct worker *worker,
    const struct batch *batch, const struct batch_sums *sums, const struct step_measurement *total,
    bool without);
