/* step_state.h: what the parts of a step share. For step.c, step_rows.c and step_exchange.c alone. */
#ifndef TRAIN_STEP_STATE_H
#define TRAIN_STEP_STATE_H

#include "base/vector.h"
#include "optim/optimizer.h"
#include "train/gradient.h"
#include "train/phases.h"
#include "train/step.h"

enum { STEP_FLOAT_UNIT = 16 }; /* floats in which parameters are shared out: a cache line */

/* What one rank says of a step between teams, as doubles: these, then the loss of each of its
 * team's subtrees. */
enum { VOTE_STATUS, VOTE_TOLD, VOTE_LARGEST, VOTE_LOSS };

/* What one worker says within its team, before the gradient is known. */
struct ballot {
    _Alignas(64) int status, told; /* of its rank */
    bool finite;                   /* the losses of its rows */
    /* largest magnitudes, so far in this batch, of each layer's inputs and derivatives */
    float x[MLP_LAYERS_MAX], d[MLP_LAYERS_MAX];
};

struct own {
    struct phase_clock clock;
    struct optimizer_bounds bounds;
    float largest;    /* magnitude in this worker's part of the gradient */
    float *x;         /* [x_rows x in]: rows on their way into panels */
    double *loss_sum; /* [TREE_DEPTH] */
};

struct step {
    const struct job *job;
    const struct settings *settings;
    struct teams *teams;
    struct reduce *reduce;
    const struct vector *vector;
    struct panels panels;
    struct weights weights; /* the team's, as all below until `own` */

    struct workspace workspace; /* one pass */
    float *workspace_block;
    double *row_loss;   /* [capacity] */
    struct truth truth; /* [capacity] */
    int64_t pass_rows;
    int64_t x_rows;        /* that a worker loads before it puts them into panels */
    int workers;           /* of this team */
    int told;              /* this rank's, from its first thread */
    struct ballot *ballot; /* [workers] */

    struct gradient *gradient;
    struct optimizer optimizer; /* of the owned parameters */
    struct range owned;

    struct own *own; /* [threads] */
    float *own_x;
    double *own_loss;
    double *vote;      /* [ranks x vote_width] */
    double *loss_node; /* [all subtrees] */
    int vote_width;
    struct optimizer_bounds bounds; /* with the verdict, from the first thread to the others */
    struct verdict verdict;
};

static inline struct own *own_of(struct step *step, const struct worker *worker)
{
    return &step->own[worker->thread];
}

/* Barriers are waiting. */
static inline void step_meet(struct step *step, const struct worker *worker)
{
    team_barrier(worker);
    phase_end(&own_of(step, worker)->clock, PHASE_WAIT);
}

static inline void raise_to(float *most, float value)
{
    *most = value > *most ? value : *most;
}

/* The mean over the batch, as a factor. */
static inline float batch_scale(const struct batch *batch)
{
    return (float)(1.0 / (double)batch->size);
}

/* step_rows.c: rows position ... position + n - 1 of the epoch go forward and backward, as one pass
 * that lies in the workspace from row 0 on; their losses and largest magnitudes are noted. Ends with
 * a barrier. Call from all workers. */
void step_rows(struct step *step, const struct worker *worker, const struct order *order,
    int64_t position, int64_t n);

/* step_snapshot.c: the owned part of the optimizer's state, as job->start has it on the team's first
 * rank. Collective over the team. STATUS_NO_RESOURCE. */
enum status step_restore_state(struct step *step, struct error *error);

/* step_exchange.c, the long way: from the sums in the home buffers to the new weights of all teams.
 * Call from all workers. */
struct verdict step_exchange(
    struct step *step, const struct worker *worker, const struct batch *batch, double lr);

#endif
