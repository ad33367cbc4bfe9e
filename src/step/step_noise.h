/* step_noise.h: measures the noise in a step's gradient (noise.h), without changing anything in the
 * step.
 *
 *     step_noise_rows     in every pass: |g_i|^2 of each sample, added in the order of the losses
 *     step_noise_open     once the sum of |g_i|^2 over the batch is known: nb times it bounds
 *                         |sum of g_i|^2 (Cauchy-Schwarz). With that bound the order of summation
 *                         does not matter (base/sums/fixed_sum.h): each worker adds up its part,
 *                         from the tiles as it finishes them or from its part of the joined sums
 *     step_noise_report   once all parts are complete: fills the verdict
 */
#pragma once

#include "net/workspace.h"
#include "step/pass.h"
#include "step/step_state.h"

/* True if the noise of this step is measured. */
bool step_noise_is_due(const struct step *step, const struct batch *batch);

/* Measures |g_i|^2 for row panels of a pass that have been through forward and backward. Call it
 * before the last barrier of the pass's rows. */
void step_noise_rows(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct workspace *workspace, struct range row_panels);

/* Starts this worker's part of |sum of g_i|^2 and returns it; NULL: not measured. */
struct fixed_sum *step_noise_open(struct step *step, const struct worker *worker,
    const struct batch *batch, const struct batch_sums *sums);

/* Returns the sum of the parts of some workers of this team. Call it after a barrier at which those
 * parts are complete. */
struct fixed_sum step_noise_join(const struct step *step, int first_worker, int workers);

/* Fills the verdict's noise figures; noise: the sum of all parts. */
void step_noise_report(struct verdict *verdict, const struct batch *batch,
    const struct batch_sums *sums, const struct fixed_sum *noise);
