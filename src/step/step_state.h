/* step_state.h: the struct that the parts of a step share. For step*.c only. */
#pragma once

#include "base/sums/exact_sum.h"
#include "base/sums/fixed_sum.h"
#include "base/vector.h"
#include "optim/optimizer.h"
#include "step/gradient.h"
#include "step/phases.h"
#include "step/step.h"
#include "step/step_verify.h"

/* One worker's report to its team on its rows of a batch, before the gradient is known. */
struct worker_report {
    _Alignas(64) int status, requests; /* of its rank */
    bool finite;                       /* its rows' losses are finite */
    int64_t class_weight;              /* of its rows' labels, in step->weight_unit */
    /* largest magnitudes, so far in this batch, of each layer's inputs and derivatives */
    float x[MLP_LAYERS_MAX], d[MLP_LAYERS_MAX];
};

/* Sums over the rows of a subtree of slices. */
struct subtree_sums {
    double loss;
    double square; /* of |g_i|^2, if the noise is measured */
    double weight; /* of the rows' weights, if samples have weights */
};

/* One rank's reports to all ranks, sent as bytes: on the rows of its team, before their gradient is
 * known; and on its part of the gradient. */
struct rows_report {
    int status, requests;
    double bound; /* on the sums of the gradient of the whole batch, if its rows were like these */
    int64_t class_weight;
    struct subtree_sums subtree[]; /* of its team */
};
struct part_report {
    float largest;            /* magnitude */
    struct exact_sum squares; /* if the gradient is clipped by norm */
    struct fixed_sum noise;   /* if the noise is measured */
};

/* Sums over a batch. */
struct batch_sums {
    double weight; /* divisor of the mean */
    double square; /* |g_i|^2, if the noise is measured */
    double bound;  /* on |sum of g_i|^2, by Cauchy-Schwarz; likewise */
};

/* A worker's part of |sum of g_i|^2, if the noise is measured. Others read it after a step,
 * until the first barrier of the next step. */
struct noise_part {
    _Alignas(64) struct fixed_sum squares;
};

/* A worker's part of the checksums of a team's memory (step_verify.h). */
struct memory_sums {
    _Alignas(64) uint64_t section[VERIFY_SECTIONS_MAX];
    int64_t stale_layer; /* as in struct verify_claim */
};

/* Memory that only one worker uses. */
struct own {
    struct phase_clock clock;
    struct optimizer_bounds bounds;
    float largest;            /* magnitude in this worker's part of the gradient */
    struct exact_sum squares; /* of that part, if the gradient is clipped by norm */
    float *x;                 /* [x_rows x in]: rows to be packed into panels */
    struct row_sums loss;     /* used on the first thread of a rank */
    struct row_sums square;   /* |g_i|^2; every worker sums all rows of its team */
    struct row_sums weight;   /* of samples; likewise */
};

enum { STEP_RANK_BLOCKS = 2, STEP_TEAM_BLOCKS = 5 };

struct step {
    struct step_start start; /* its arrays are valid only while the step is created */
    const struct settings *settings;
    struct teams *teams;
    struct reduce *reduce;
    struct route_request route; /* of the first stage */
    const struct vector *vector;
    struct panels panels;
    int workers, threads; /* of this team; of this rank */
    int64_t pass_rows;
    int64_t largest_pass; /* rows of the largest pass */
    int64_t x_rows;       /* rows that a worker loads before packing them into panels */
    double weight_unit;   /* of class weights (net/loss.h); 0: none, or samples have weights too */
    struct range owned;   /* parameters */

    /* shared by the team */
    void *team_block[STEP_TEAM_BLOCKS];
    struct weights weights;
    struct weights average;     /* if the optimizer keeps one (step_average.h) */
    struct optimizer optimizer; /* of the owned parameters */
    float *total;               /* [owned]: sum of the gradients (step_measure.c); NULL: none */
    struct gradient gradient;
    struct workspace workspace;    /* one pass */
    double *row_loss;              /* [capacity] */
    double *row_square;            /* [capacity]: |g_i|^2; NULL: the noise is not measured */
    double *row_weight;            /* [capacity]: net/loss.h; NULL: samples have no weights */
    struct truth truth;            /* [capacity] */
    struct worker_report *report;  /* [workers] */
    struct noise_part *noise_part; /* [workers] */
    struct memory_sums *sums;      /* [workers] */

    /* of this rank */
    void *rank_block[STEP_RANK_BLOCKS], *reports_block;
    struct own *own; /* [threads] */
    float *own_x;
    char *rank_reports; /* [ranks + 1] of report_bytes each: of all ranks, then the one to send */
    size_t report_bytes;
    int subtrees;                /* of all teams */
    double *subtree;             /* [subtrees] */
    struct verify_claim *claims; /* [ranks] */

    /* of this rank, for its first thread only */
    int requests;
    struct memory_sums kept; /* of the team's memory after step kept_after */
    int64_t kept_after;      /* 0: nothing is kept */
    bool sound;              /* result of the last step_verify() */
    struct error fault;      /* a fault found in memory */

    /* passed from a rank's first thread to its others, with a barrier in between */
    struct batch_sums batch_sums;
    struct verdict verdict;
    struct optimizer_bounds bounds;
    struct optimizer_scalars scalars;
    bool certain; /* the verdict on the rows allows the update already (step_exchange.h) */
    struct step_measurement measured;
};

static inline struct own *own_of(struct step *step, const struct worker *worker)
{
    return &step->own[worker->thread];
}

/* Waits at a barrier; the time counts as waiting. */
static inline void step_meet(struct step *step, const struct worker *worker)
{
    team_barrier(worker);
    phase_end(&own_of(step, worker)->clock, PHASE_WAIT);
}

static inline void raise_to(float *most, float value)
{
    *most = value > *most ? value : *most;
}
