/* step_exchange.h: the long way of a step, from the sums in the home buffers (gradient.h) to the
 * new weights of all teams. */
#pragma once

#include "step/step_state.h"

/* Exchanges the sums, updates the weights and returns the verdict. Call from all workers, after the
 * barrier that follows the last pass's gradient. */
struct verdict step_exchange(
    struct step *step, const struct worker *worker, const struct batch *batch, double lr);

/* --- the parts that step_measure.c also needs -------------------------------------------------- */

/* Moves partial sums to their owners. Returns the sums over the batch. Call from all workers. */
struct batch_sums step_exchange_sums(
    struct step *step, const struct worker *worker, const struct batch *batch);

/* Gathers all ranks' reports on their parts of the gradient; `first`: this rank's first worker.
 * step_report_of() then returns that of a rank, a struct rank_report. Call from the first thread of
 * every rank. Collective. */
void step_gather_reports(struct step *step, const struct batch *batch, int first);
char *step_report_of(const struct step *step, int rank);
