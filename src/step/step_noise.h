/* step_noise.h: what a step measures of the noise in its gradient (noise.h). It changes nothing in
 * the step.
 *
 *     step_noise_rows     in every pass: |g_i|^2 of each sample, added in the order of the losses
 *     step_noise_open     once the sum of |g_i|^2 over the batch is known: nb times it bounds
 *                         |sum of g_i|^2 (Cauchy and Schwarz). With that bound the sum needs no
 *                         order (base/sums/fixed_sum.h): each worker adds up its part, of the tiles
 *                         as it finishes them or of its part of the joined sums
 *     step_noise_report   once all parts are complete: fills the verdict
 */
#ifndef STEP_STEP_NOISE_H
#define STEP_STEP_NOISE_H

#include "net/workspace.h"
#include "step/pass.h"
#include "step/step_state.h"

/* True if the noise of this step is measured. */
bool step_noise_is_due(const struct step *step, const struct batch *batch);

/* Row panels of a pass that have gone forward and backward. Before the last barrier of its rows. */
void step_noise_rows(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct workspace *workspace, struct range row_panels);

/* Behind that barrier: adds the pass to the sum of |g_i|^2, of which every worker has its own. */
void step_noise_add_rows(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct walk *begin, const struct walk *end);

/* Opens this worker's part of |sum of g_i|^2 and returns it; NULL: not measured. */
struct fixed_sum *step_noise_open(struct step *step, const struct worker *worker,
    const struct batch *batch, const struct batch_sums *sums);

/* Adds a tile of a weight, or (tile < 0) some of a bias. */
void step_noise_add_tile(
    const struct step *step, struct fixed_sum *noise, int64_t tile, const float *sum, int64_t n);

/* Opens this worker's part and adds the joined sums of `part` of the parameters. */
void step_noise_part(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct batch_sums *sums, const float *sum, struct range part);

/* The parts of some workers of this team, after a barrier behind them. */
struct fixed_sum step_noise_join(const struct step *step, int first_worker, int workers);

/* Fills the verdict; noise: the sum of all parts. */
void step_noise_report(struct verdict *verdict, const struct batch *batch,
    const struct batch_sums *sums, const struct fixed_sum *noise);

#endif
