/* step_update.h: the functions of the weight update that the short way and the long way of a step
 * share. */
#pragma once

#include "step/step_state.h"

/* Returns the total class weight of this team's rows, in units of step->weight_unit. Call it after
 * the barrier that follows the last pass's rows. */
int64_t step_class_weight(const struct step *step);

/* Returns the sums over a batch. Call it only where the sums need no other team's rows. */
struct batch_sums step_batch_sums(
    struct step *step, const struct worker *worker, const struct batch *batch);

/* Returns the divisor of a mean over the batch. Totals over all its rows: class_weight, in units;
 * weight: of step->row_weight. */
double step_batch_weight(
    const struct step *step, const struct batch *batch, int64_t class_weight, double weight);

/* Returns the scalars of this step's update, without clipping by norm. `weight` is the mean's
 * divisor; 0: nothing will be updated. */
struct optimizer_scalars step_scalars(
    const struct settings *settings, const struct batch *batch, double lr, double weight);

/* Derives this worker's share of the copy that forward reads from the master of these weights. */
void step_derive(
    const struct step *step, const struct worker *worker, const struct weights *weights);

/* Returns a verdict with this weight and nothing measured. */
struct verdict step_verdict(double weight);

/* --- the verdict before the gradient ------------------------------------------------------------
 *
 * When all rows have been through backward, all losses are known, and no sum in the gradient is
 * larger in magnitude than
 *
 *     rows * (largest |x|) * (largest |d|)            of its layer
 *
 * If this bound, and the weights after an update by that much, are far below the largest float, the
 * exact verdict must be "finite". */

/* Returns the bound for a batch of this many rows, all like those that this team's workers
 * reported. */
double step_gradient_bound(const struct step *step, int64_t rows);

/* True if an update with sums within `bound` is certain to be allowed; then `bounds` become those
 * after it. */
bool step_update_is_certain(const struct step *step, const struct optimizer_scalars *scalars,
    struct optimizer_bounds *bounds, double bound);
