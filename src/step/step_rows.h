/* step_rows.h: the rows of one pass go forward and backward.
 *
 * They lie in the workspace from row 0 on, where the gradient reads them. Each worker takes whole
 * row panels through all layers by itself; where these are too few to keep all workers busy, the
 * workers share the tiles of every layer and meet after it.
 */
#ifndef STEP_STEP_ROWS_H
#define STEP_STEP_ROWS_H

#include "step/pass.h"
#include "step/step_state.h"

/* The pass from `begin` to `end` of a batch: loads its rows, computes losses and derivatives, notes
 * the largest magnitudes in the worker's report and adds the losses to their sums. Call from all
 * workers, between barriers. */
void step_rows(struct step *step, const struct worker *worker, const struct order *order,
    const struct batch *batch, const struct walk *begin, const struct walk *end);

#endif
