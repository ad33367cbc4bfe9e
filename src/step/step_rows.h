/* step_rows.h: runs the rows of one pass forward and backward.
 *
 * The rows start at row 0 of the workspace, where the gradient reads them. Each worker takes whole
 * row panels through all layers by itself; if there are too few row panels to keep all workers
 * busy, the workers share the tiles of every layer and meet at a barrier after each layer.
 */
#pragma once

#include "step/pass.h"
#include "step/step_state.h"

/* Runs the pass from `begin` to `end` of a batch: loads its rows, computes losses and derivatives,
 * records the largest magnitudes in the worker's report and adds the losses to their sums. Call
 * from all workers, between barriers. */
void step_rows(struct step *step, const struct worker *worker, const struct order *order,
    const struct batch *batch, const struct walk *begin, const struct walk *end);
