/* step_update.h: what the short way and the long way need for the update of the weights. */
#ifndef STEP_STEP_UPDATE_H
#define STEP_STEP_UPDATE_H

#include "step/step_state.h"

/* Class weights that the rows of this team have, in units of step->weight_unit. After the barrier
 * behind the last pass's rows. */
int64_t step_class_weight(const struct step *step);

/* The sums of a batch that needs no other team's rows. */
struct batch_sums step_batch_sums(
    struct step *step, const struct worker *worker, const struct batch *batch);

/* Divisor of a mean over the batch; class_weight: of all its rows, in units. */
double step_batch_weight(const struct step *step, const struct batch *batch, int64_t class_weight);

/* The scalars of this step's update, without clipping by norm. `weight` is the mean's divisor. */
struct optimizer_scalars step_scalars(
    const struct settings *settings, const struct batch *batch, double lr, double weight);

/* A verdict that has this weight, and nothing measured. */
struct verdict step_verdict(double weight);

/* True if weights and state stay finite in an update by sums of at most this magnitude. From the
 * first thread of a rank, with equal arguments on all ranks. Bounds of weights and state only grow
 * from step to step; where they no longer suffice they are measured anew, by all ranks together.
 * Collective. */
bool step_update_allowed(struct step *step, float largest_sum);

/* Derives the copy that forward reads, after the master has changed. Call from all workers. */
void step_derive(struct step *step, const struct worker *worker);

#endif
