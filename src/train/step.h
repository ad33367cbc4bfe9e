/* step.h: one synchronised training step over all workers of all ranks.
 *
 *   every worker                          worker 0 alone
 *   ------------------------------------  -----------------------------------------
 *   for each pass:
 *     load, forward, loss, backward       (its rows)
 *     -- barrier --
 *     gradient tiles, slice by slice      + the loss of each slice
 *     -- barrier --
 *                                         exchange partial sums with the other ranks
 *   -- barrier, where there are others --
 *   join the owned parameters' sums
 *   -- barrier --
 *                                         verdict: loss, finite, stop, failures: agreed
 *   -- barrier --
 *   update the owned parameters
 *   -- barrier --
 *                                         publish: the new weights reach every rank
 *   -- barrier, where there are others --
 *
 * Nothing is allocated here, and a bad verdict leaves the weights untouched.
 */
#ifndef TRAIN_STEP_H
#define TRAIN_STEP_H

#include "base/team.h"
#include "comm/teams.h"
#include "data/order.h"
#include "train/trainer.h"

struct step;

/* Takes all memory a run needs, for teams of one rank and `threads` workers each. Does not own job
 * or teams. STATUS_NO_RESOURCE. Collective. */
enum status step_create(struct step **step, const struct job *job, struct teams *teams, int threads,
    struct error *error);
void step_destroy(struct step *step);

/* What all ranks agree on in the middle of a step. */
struct verdict {
    double loss;     /* mean over the batch */
    bool finite;     /* loss and gradient are finite, and the weights would be after the update */
    int stop_signal; /* a signal's number if any rank was told to stop, else 0 */
    bool failed;     /* some rank reported `local` != STATUS_OK: comm_agree() says what */
};

/* One step. `local`: this rank's own trouble since the last step (read from worker 0). The verdict
 * is the same on every rank and worker; the weights are updated only if finite. Call from all
 * workers. */
struct verdict step_run(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, enum status local);

/* Seconds that each worker spent in each phase: [threads][N_PHASES]. */
const double *step_phase_seconds(const struct step *step, int worker);

/* Bytes of the largest blocks: activations of a pass, partial sums. */
struct step_memory {
    int64_t activations, partial_sums, received;
};
struct step_memory step_memory_of(const struct settings *settings, int team, int threads);

#endif
