/* step.h: one synchronised training step over all workers of all teams.
 *
 *   every worker of a team                        between teams, the first thread of every rank
 *   --------------------------------------------  --------------------------------------------
 *   for each pass:
 *     load, forward, loss, backward               its rows; or, when rows are few, its tiles of
 *     -- barrier --                               every layer, with a barrier after each
 *     gradient tiles, slice by slice
 *     -- barrier --
 *                                                 exchange partial sums
 *   -- barrier --
 *   join the owned parameters' sums
 *   -- barrier --
 *                                                 verdict: loss, finite, stop, failures: agreed
 *   -- barrier --
 *   update the owned parameters
 *   -- barrier --
 *                                                 publish: the new weights reach every team
 *   -- barrier --
 *   derive what forward needs of them
 *   -- barrier --
 *
 * A team that is alone, as on one machine it is, ends its step with the gradient: the verdict is
 * reached before the last pass's, from the losses and from a bound of the gradient (the largest |x|
 * times the largest |d| of every layer), and each tile is stepped while it is in cache. Should the
 * bound not be good enough, or the norm of the whole gradient be wanted (clipping by norm), the
 * step goes the long way, by the gradient itself. Both give the same bits, and refuse the same
 * steps.
 *
 * Where the noise is measured (noise.h), every sample's |g_i|^2 is taken before the last barrier of
 * the rows' pass (where workers share tiles, behind one more), and goes through blocks, slices and
 * tree as the losses do. nb times their sum bounds the square of the batch's gradient (Cauchy and
 * Schwarz), so its sum needs no order (base/sums/fixed_sum.h): each worker has its own, of the tiles as
 * it finishes them, or of its part of what was joined; they meet after the step's last barrier, or
 * in the votes. Between teams the bound is agreed on with the class weights, before the join.
 *
 * Nothing is allocated here, and a bad verdict leaves the weights untouched. All rows are read before it;
 * a worker whose dataset's file was cut by then (data/dataset.h) says so, and the step is not taken.
 */
#ifndef STEP_STEP_H
#define STEP_STEP_H

#include "base/team.h"
#include "comm/teams.h"
#include "data/order.h"
#include "net/panel.h"
#include "data/loader.h"
#include "step/phases.h"
#include "step/settings.h"

struct step;

/* What steps begin with. */
struct step_start {
    struct loader train;
    const float *parameters; /* [mlp.parameters], canonical: the weights */
    bool shared; /* the ranks of a team have one array of them, and of what is exported */
    /* On the first rank of every team, [optimizer_states()] of [mlp.parameters], canonical: the
     * optimizer's state. NULL: zeros. */
    float *const *state;
};

/* Takes all memory that steps need, for settings->plan.threads workers on this rank. Settings and
 * teams stay the caller's, and what the loader reads; the arrays of `start` are copied.
 * STATUS_NO_RESOURCE. Collective. */
enum status step_create(struct step **step, const struct settings *settings,
    const struct step_start *start, struct teams *teams, struct error *error);
void step_destroy(struct step *step);

/* What a verdict can tell besides: whatever any rank was told reaches all after the same step. */
enum {
    TOLD_STOP = 1,       /* a signal came */
    TOLD_TIME = 2,       /* the time is over */
    TOLD_CHECKPOINT = 4, /* a checkpoint is due */
    TOLD_CORRUPTED = 8,  /* memory of a team has changed (step_verify()) */
};

/* What all ranks agree on in the middle of a step. */
struct verdict {
    double loss;   /* mean over the batch */
    double weight; /* what the mean divides by: samples, or the class weights of their labels */
    bool finite;   /* loss and gradient are finite, and the weights would be after the update */
    bool
        failed; /* some rank reported `local` != STATUS_OK, or lost its data: comm_agree() says what */
    int told; /* bits TOLD_..., of all ranks */
    /* |g| over all parameters, before clipping by norm; NaN where nobody asked for it */
    double gradient_norm;
    double sample_square; /* mean over the batch of |g_i|^2 (net/squares.h); NaN: not measured */
    double square;        /* |g|^2 of the batch's mean; NaN: not measured */
};

/* This rank's bits for the steps from now on. From the first thread of a rank. */
void step_tell(struct step *step, int told);

/* One step. `local`: this rank's own trouble since the last step (read from worker 0). The verdict
 * is the same on every rank and worker; the weights are updated only if finite and not failed. Call from all
 * workers. */
struct verdict step_run(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, enum status local);

/* Writes the weights as they are to out [mlp.parameters], in canonical order: one array of a team, or
 * each rank's own (step_start.shared). Call from all workers; a barrier follows. */
void step_export(struct step *step, const struct worker *worker, float *out);

/* What a run has learned, as it lies in panels: [step_panels(.)->parameters] floats each, in the
 * team's memory. */
struct snapshot {
    float *weights;                     /* NULL: not wanted in this team */
    float *state[OPTIMIZER_STATES_MAX]; /* of the optimizer, [optimizer_states()] */
};

/* Copies the weights, and the state of all parameters whoever owns them: each worker its part of
 * the bytes, and between teams the owners' parts travel. Call from all workers; ends with a
 * barrier. */
void step_snapshot(struct step *step, const struct worker *worker, const struct snapshot *snapshot);

/* Whether the memory of all teams is what it should be; the same on every worker of all teams.
 *
 *     ... update, publish | step_verify | checkpoint, next step's passes | step_verify_again | update ...
 *                           between teams: equal weights                   in every team: the same
 *                           in every team: copies as the masters           bytes as before
 *
 * From a step's end to the next update nobody writes weights, their copies or the optimizer's
 * state. The first look finds what arrived wrong from other teams or changed since. The second,
 * which the next step takes by itself, finds what changed between the two, and knows the team
 * without asking others. What changes in between steps that are not looked at cannot be found: the
 * next update overwrites a team's copy of what others own, and sends what it owns to all. So a look
 * at every step sees every change, a look now and then what is wrong at that time (memory or links
 * that go on failing). Activations, gradients and data are not looked at.
 *
 * `number` is the step that is over. Call from all workers between steps; ends with a barrier.
 * Costs two readings of this memory, split over the workers, and a small collective. */
bool step_verify(struct step *step, const struct worker *worker, int64_t number);

/* The same of a number that all teams must have equal, as the hash of exported weights. Collective,
 * from the thread that called, while no worker is at work. */
bool step_verify_sum(struct step *step, uint64_t sum, int64_t number, const char *what);

/* What was found wrong, STATUS_NO_RESOURCE, naming team, host, step and layer; STATUS_OK on ranks
 * that know of nothing. */
enum status step_fault(const struct step *step, struct error *error);

/* For the evaluation: how the weights lie, and where. */
const struct panels *step_panels(const struct step *step);
const struct weights *step_weights(const struct step *step);

/* Seconds that a thread of this rank spent in each phase: [N_PHASES]. */
const double *step_phase_seconds(const struct step *step, int thread);

/* Bytes that a team's step takes, its ranks' own included. */
struct step_memory {
    int64_t weights, optimizer;     /* in panels; state of what the team owns */
    int64_t activations, pass_rows; /* of the largest pass, with labels and losses; its rows */
    int64_t partial_sums, received; /* its own, and what other teams send */
};
struct step_memory step_memory_of(const struct settings *settings, int team, int workers);

/* Bytes that a team sends and receives in a step of the first stage, by the ordered sum. */
int64_t step_bytes_exchanged(const struct settings *settings, int team);

#endif
