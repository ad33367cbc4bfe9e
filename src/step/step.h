/* step.h: one synchronised training step over all workers of all teams.
 *
 *   every worker of a team                        between teams, the first thread of every rank
 *   --------------------------------------------  --------------------------------------------
 *   for each pass:                                                                step_rows.h
 *     load, forward, loss, backward               its rows; or, when rows are few, its tiles of
 *     -- barrier --                               every layer, with a barrier after each
 *     gradient tiles, slice by slice                                              gradient.h
 *     -- barrier --
 *   before the last pass's gradient:
 *                                                 verdict: loss, requests, failures, a bound on
 *   -- barrier --                                 the gradient                    step_exchange.h
 *   for each bucket of the parameters, while the gradient of the next ones is being computed:
 *                                                 exchange partial sums           comm/reduce.h
 *     join the owned parameters' sums
 *     update the owned parameters
 *                                                 publish: the new weights reach every team
 *   derive the copy that forward reads
 *   -- barrier --
 *
 * This is the way of several teams. A single team, such as all ranks of one machine, updates each
 * tile while it is in cache (step_early.h). Both need the verdict before the gradient; where the
 * bound does not suffice, or the norm of the whole gradient is needed (clipping by norm), the
 * verdict, the update and the publication follow after all sums are complete. Every way gives the
 * same bits and rejects the same steps.
 *
 * Two things are added to a step without changing it: the noise in its gradient is measured
 * (step_noise.h), and its memory is verified (step_verify.h).
 *
 * A step allocates nothing, and a bad verdict leaves the weights untouched; so does a batch whose
 * samples all have weight 0. All rows are read
 * before the verdict: a worker whose dataset file has been truncated by then (data/dataset.h)
 * reports it, and the step is not taken.
 */
#pragma once

#include "base/team.h"
#include "comm/teams.h"
#include "data/order.h"
#include "net/panel.h"
#include "data/loader.h"
#include "step/phases.h"
#include "step/settings.h"

struct step;

/* The state that the first step starts from. */
struct step_start {
    struct loader train;
    const float *parameters; /* [mlp.parameters], canonical: the weights */
    /* The optimizer's state, on the first rank of every team: [optimizer_states()] of
     * [mlp.parameters], canonical. NULL: zeros. */
    float *const *state;
    bool frozen; /* the weights never change: for step_measure(), not for step_run() */
};

/* Creates a step and allocates all memory that it needs, for settings->plan.threads workers on this
 * rank. Settings, teams and what the loader reads still belong to the caller; the arrays of `start`
 * are copied. STATUS_NO_RESOURCE. Collective. */
enum status step_create(struct step **step, const struct settings *settings,
    const struct step_start *start, struct teams *teams, struct error *error);
void step_destroy(struct step *step);

/* Requests are part of the verdict: a request made by any rank reaches all ranks after the same
 * step. */
enum {
    STEP_REQUEST_STOP = 1,       /* a signal was received */
    STEP_REQUEST_TIME = 2,       /* the time limit is reached */
    STEP_REQUEST_CHECKPOINT = 4, /* a checkpoint is due */
    STEP_REQUEST_ABORT = 8,      /* the memory of a team has changed (step_verify.h) */
};

/* The outcome of a step, agreed on by all ranks before the update. */
struct verdict {
    double loss; /* mean over the batch; 0 if its weight is 0 */
    /* divisor of the mean: samples, or the sum of their weights, of their labels' weights, or of
     * the products of both; 0: the step counts, but neither weights nor optimizer state change */
    double weight;
    bool finite;  /* loss and gradient are finite, and the weights would be after the update */
    bool failed;  /* a rank passed `local` != STATUS_OK, or lost its data: see comm_agree() */
    int requests; /* bits STEP_REQUEST_..., of all ranks */
    /* |g| over all parameters, before clipping by norm; NaN if neither clipping nor the noise
     * needs it */
    double gradient_norm;
    double sample_square; /* mean over the batch of |g_i|^2 (net/squares.h); NaN: not measured */
    double square;        /* |g|^2 of the batch's mean; NaN: not measured */
};

/* Sets this rank's requests, for all steps from now on. Call from the first thread of a rank. */
void step_request(struct step *step, int requests);

/* Runs one step. `local`: this rank's own failure since the last step (only worker 0's is read).
 * The verdict is the same on every rank and worker; the weights are updated only if finite and not
 * failed. Call from all workers. */
struct verdict step_run(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, enum status local);

/* Sums over the own gradients g_i of some samples, at weights that stay as they are. */
struct step_measurement {
    int64_t rows;
    double each;  /* sum of |g_i|^2 (net/squares.h) */
    double whole; /* |sum of g_i|^2 */
    bool failed;  /* a rank lost its data */
};

/* Computes the gradient of a batch without a step, for a step with start.frozen. The sums begin with
 * {0}: adds the batch to those in `total` and returns the new ones; with `without`, returns the
 * sums over all samples in `total` except this batch, which was added before. batch->step is 0.
 * The result is the same on every rank and worker. Call from all workers. */
struct step_measurement step_measure(struct step *step, const struct worker *worker,
    const struct batch *batch, const struct order *order, const struct step_measurement *total,
    bool without);

/* Writes the weights to out [mlp.parameters], one array per team, in canonical order. Call from all
 * workers; a barrier follows. */
void step_export(struct step *step, const struct worker *worker, float *out);

/* A copy of the weights and the optimizer's state, in panels: [step_panels(.)->parameters] floats
 * each, in the team's memory. */
struct snapshot {
    float *weights;                     /* NULL: not needed in this team */
    float *state[OPTIMIZER_STATES_MAX]; /* of the optimizer, [optimizer_states()] */
};

/* Copies the weights and the complete optimizer state: each worker copies its part of the bytes,
 * and the owners' parts are sent between teams. Call from all workers; ends with a barrier. */
void step_snapshot(struct step *step, const struct worker *worker, const struct snapshot *snapshot);

/* Return the layout of the weights, and the weights themselves, for evaluation. */
const struct panels *step_panels(const struct step *step);
const struct weights *step_weights(const struct step *step);

/* Returns the seconds that a thread of this rank spent in each phase: [N_PHASES]. */
const double *step_phase_seconds(const struct step *step, int thread);
