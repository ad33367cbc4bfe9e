/* trainer_evaluation.h: evaluates during a run, applies the stop rules to the metrics, and keeps
 * the best weights. */
#pragma once

#include "run/trainer_state.h"

/* Creates the evaluators and allocates the memory for the best weights and the
 * averaged ones, which trainer_evaluation_release() leaves to trainer_destroy(). Collective.
 * STATUS_NO_RESOURCE. */
enum status trainer_evaluation_prepare(struct trainer *trainer, struct error *error);
void trainer_evaluation_release(struct trainer *trainer);

/* True if --eval-every requires an evaluation after this batch. */
bool trainer_evaluation_due(const struct trainer *trainer, const struct batch *batch);

/* Evaluates, applies the stop rules, and keeps the weights if they are the best so far. Returns the
 * updated follow_up. Call from all workers. */
struct follow_up trainer_evaluate(struct trainer *trainer, const struct worker *worker,
    const struct batch *batch, struct follow_up follow_up);
