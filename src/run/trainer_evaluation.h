/* trainer_evaluation.h: evaluations during a run, the rules that apply to their figures, and the
 * weights of the best one. */
#ifndef RUN_TRAINER_EVALUATION_H
#define RUN_TRAINER_EVALUATION_H

#include "run/trainer_state.h"

/* Makes the evaluators, and takes the memory for the best weights. Collective.
 * STATUS_NO_RESOURCE. */
enum status trainer_evaluation_prepare(struct trainer *trainer, struct error *error);
void trainer_evaluation_release(struct trainer *trainer);

/* True if --eval-every is due after this batch. */
bool trainer_evaluation_due(const struct trainer *trainer, const struct batch *batch);

/* Evaluates, applies the rules that stop a run, and keeps the weights if they are the best. Returns
 * what has to follow now. Call from all workers. */
struct follow_up trainer_evaluate(struct trainer *trainer, const struct worker *worker,
    const struct batch *batch, struct follow_up follow_up);

/* After a run that early stopping watched: the best weights and their figures become the result.
 * Collective. */
void trainer_restore_best(struct trainer *trainer, struct result *result);

#endif
