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

/* Returns the divisor of a mean over the batch; class_weight: the total of all its rows, in
 * units. */
double step_batch_weight(const struct step *step, const struct batch *batch, int64_t class_weight);

/* Returns the scalars of this step's update, without clipping by norm. `weight` is the mean's
 * divisor. */
struct optimizer_scalars step_scalars(
    const struct settings *settings, const struct batch *batch, double lr, double weight);

/* Returns a verdict with this weight and nothing measured. */
struct verdict step_verdict(double weight);
