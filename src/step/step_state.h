/* step_state.h: what the parts of a step share. For step.c and step_*.c alone: step_life.c takes
 * and gives back its memory, step.c runs it. */
#ifndef STEP_STEP_STATE_H
#define STEP_STEP_STATE_H

#include "base/sums/exact_sum.h"
#include "base/sums/fixed_sum.h"
#include "base/vector.h"
#include "optim/optimizer.h"
#include "step/gradient.h"
#include "step/noise.h"
#include "step/phases.h"
#include "step/step.h"
#include "step/verify.h"

/* What one rank says of a step between teams; sent as bytes. */
struct vote {
    int status, told;
    float largest;            /* magnitude in this rank's part of the gradient */
    struct exact_sum squares; /* of that part, if it is clipped by norm */
    struct fixed_sum measure; /* and again, if the noise is measured */
    double loss[];            /* of each of its team's subtrees */
};

/* What one rank says of its team's rows, where the update needs to know that of all teams. */
struct preface {
    int64_t weight;  /* of class weights, in units */
    double square[]; /* |g_i|^2, of each subtree, if the noise is measured */
};

/* A worker's part of |sum of g_i|^2: where the noise is measured. Others read it after a step, until
 * the first barrier of the next. */
struct measure {
    _Alignas(64) struct fixed_sum squares;
};

/* What one worker says within its team, before the gradient is known. */
struct ballot {
    _Alignas(64) int status, told; /* of its rank */
    bool finite;                   /* the losses of its rows */
    int64_t weight;                /* of its rows' labels, in the step's units */
    /* largest magnitudes, so far in this batch, of each layer's inputs and derivatives */
    float x[MLP_LAYERS_MAX], d[MLP_LAYERS_MAX];
};

/* A worker's part of the checksums of a team's memory (verify.h). */
struct memory_sums {
    _Alignas(64) uint64_t section[VERIFY_SECTIONS_MAX];
    int64_t stale_layer; /* as in struct verify_claim */
};

struct own {
    struct phase_clock clock;
    bool measures; /* this step's noise */
    struct optimizer_bounds bounds;
    float largest;            /* magnitude in this worker's part of the gradient */
    struct exact_sum squares; /* of that part, if it is clipped by norm */
    float *x;                 /* [x_rows x in]: rows on their way into panels */
    double *loss_sum;         /* [TREE_DEPTH] */
    double *square_sum;       /* [TREE_DEPTH]: |g_i|^2; every worker has all of its team's */
};

struct step {
    struct step_start start; /* of its arrays only while the step is created */
    const struct settings *settings;
    struct teams *teams;
    struct reduce *reduce;
    const struct vector *vector;
    struct panels panels;
    struct weights weights; /* the team's, as all below until `own` */

    struct workspace workspace; /* one pass */
    float *workspace_block;
    double *row_loss;   /* [capacity] */
    double *row_square; /* [capacity]: |g_i|^2; NULL: the noise is not measured */
    struct truth truth; /* [capacity] */
    int64_t pass_rows;
    int64_t x_rows;           /* that a worker loads before it puts them into panels */
    int workers;              /* of this team */
    double weight_unit;       /* of class weights (net/loss.h); 0: there are none */
    int64_t all_weight;       /* of all teams, from the first thread to the others ... */
    double all_square;        /* ... and the sum of |g_i|^2 */
    int told;                 /* this rank's, from its first thread */
    struct ballot *ballot;    /* [workers] */
    struct measure *measure;  /* [workers] */
    struct memory_sums *sums; /* [workers] */

    struct gradient *gradient;
    struct optimizer optimizer; /* of the owned parameters */
    struct range owned;

    struct own *own; /* [threads] */
    float *own_x;
    double *own_loss;
    double *own_square;
    char *votes; /* [ranks + 1] of vote_bytes: all ranks', and this one's on its way */
    size_t vote_bytes;
    double *loss_node;           /* [all subtrees] */
    struct verify_claim *claims; /* [ranks] */
    /* this rank's, from its first thread */
    struct memory_sums kept; /* of the team's memory after step kept_after */
    int64_t kept_after;      /* 0: nothing is kept */
    bool sound;              /* what the last step_verify() found */
    struct error fault;      /* what was found wrong */
    /* from the first thread to the others */
    struct verdict verdict;
    struct optimizer_bounds bounds;
    struct optimizer_scalars scalars;
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

/* Whether this step's noise is measured. */
static inline bool measures(const struct step *step, const struct worker *worker)
{
    return step->own[worker->thread].measures;
}

/* Opens a worker's part of |sum of g_i|^2, which nb (sum of |g_i|^2) bounds (Cauchy and Schwarz). */
static inline void measure_begin(
    struct step *step, const struct worker *worker, const struct batch *batch, double all_square)
{
    step->measure[worker->index].squares = fixed_sum_begin((double)batch->size * all_square);
}

/* Of unscaled sums, to a verdict's own terms. */
static inline void measure_tell(struct verdict *verdict, const struct batch *batch,
    double all_square, const struct fixed_sum *squares)
{
    double size = (double)batch->size;
    verdict->sample_square = all_square / size;
    verdict->square = fixed_sum_value(squares) / size / size;
}

/* What all workers of this team have met of class weights, in units. */
static inline int64_t team_weight(const struct step *step)
{
    int64_t sum = 0;
    for (int w = 0; w < step->workers; w++)
        sum += step->ballot[w].weight;
    return sum;
}

/* What a mean over the batch divides by. */
static inline double batch_weight(
    const struct step *step, const struct batch *batch, int64_t class_weights)
{
    return step->weight_unit > 0 ? (double)class_weights * step->weight_unit : (double)batch->size;
}

/* Of this step, but for clipping by norm. `weight` is what the mean divides by. */
struct optimizer_scalars step_scalars(
    const struct settings *settings, const struct batch *batch, double lr, double weight);

/* step_rows.c: some rows of the batch go forward and backward, as one pass that lies in the
 * workspace from row 0 on; their losses and largest magnitudes are noted. Ends with
 * a barrier. Call from all workers. */
void step_rows(struct step *step, const struct worker *worker, const struct order *order,
    const struct batch *batch, struct range of_batch);

/* step_snapshot.c: the owned part of the optimizer's state, as step->start has it on the team's
 * first rank. Collective over the team. STATUS_NO_RESOURCE. */
enum status step_restore_state(struct step *step, struct error *error);

/* step_verify.c: the second look, before the update. If memory has changed since step_verify(), the
 * rank reports TOLD_CORRUPTED with this step's verdict. Call from all workers. */
void step_verify_again(struct step *step, const struct worker *worker);

/* step_exchange.c, the long way: from the sums in the home buffers to the new weights of all teams.
 * Call from all workers. */
struct verdict step_exchange(
    struct step *step, const struct worker *worker, const struct batch *batch, double lr);

#endif
