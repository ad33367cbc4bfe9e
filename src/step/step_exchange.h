/* step_exchange.h: the long way of a step, from the last pass's rows to the new weights of all
 * teams.
 *
 *     step_exchange_begin   gathers what all ranks report on their rows
 *         gradient of the last pass; the sums of each bucket (comm/route.h) travel to their owners
 *         as soon as it is complete
 *     step_exchange_end     waits for the rest; verdict, update, publication
 *
 * Where the reports show that the verdict must be "finite" (step_update.h), the owners update each
 * bucket when it has arrived and publish it, while the next ones are still being computed.
 * Otherwise, and always for clipping by norm, the update waits for the sums of all parameters.
 */
#pragma once

#include "step/step_state.h"

struct step_exchange {
    struct step *step;
    const struct worker *worker;
    const struct batch *batch;
    struct batch_sums sums;
    struct fixed_sum *noise; /* this worker's part (step_noise.h); NULL: not measured */
    bool certain;            /* each bucket is updated and published when it has arrived */
    struct reduce_use use;
    struct reduce_walk walk;
    struct filling filling; /* for the gradient of the last pass */
};

/* Call from all workers, after a barrier that follows the rows of the last pass. Until the end, the
 * workers meet at no other barrier. */
void step_exchange_begin(struct step_exchange *exchange, struct step *step,
    const struct worker *worker, const struct batch *batch, double lr);

/* Returns the verdict. Call from all workers, each after its part of the gradient. */
struct verdict step_exchange_end(struct step_exchange *exchange);

/* --- the parts that step_measure.c also needs -------------------------------------------------- */

/* Gathers all ranks' reports on their rows of the batch, fills step->verdict and step->scalars as
 * far as they follow from them, and returns the sums over the batch. Ends with a barrier. Call from
 * all workers. */
struct batch_sums step_gather_rows(
    struct step *step, const struct worker *worker, const struct batch *batch, double lr);

/* The reports of all ranks on their parts of the gradient, joined. */
struct joined_parts {
    float largest;
    struct exact_sum squares;
    struct fixed_sum noise;
};

/* Joins the parts of all ranks; `bound`: of the noise. Call from the first thread of every rank,
 * after a barrier at which all parts are complete. Collective. */
struct joined_parts step_join_parts(
    struct step *step, const struct worker *worker, const struct batch *batch, double bound);
