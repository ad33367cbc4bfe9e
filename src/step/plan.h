/* plan.h: computes the steps of a run from its samples, batch size and epochs.
 *
 * The trainer takes its steps from this arithmetic alone, so a run takes exactly the planned steps.
 * A run has one or more stages in sequence, each a number of whole epochs with its own batch size:
 *
 *     steps_per_epoch = ceil(N / B), with drop_last floor(N / B)
 *     tail            = N mod B: the size of an epoch's last batch if it is not 0 and kept
 *     total_steps     = min(sum over the epochs of their steps_per_epoch, max_steps), using
 *                       whichever of the two are set
 *
 * Slices: by default the largest power of two <= min(B / 64, sqrt(B)), at least 1, from the stage's
 * B alone; a batch of nb samples (B, or the tail) is cut into V slices; slice s holds the samples
 * [s nb / V, (s+1) nb / V).
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/split.h"
#include "base/status.h"

enum { PLAN_STAGES_MAX = 16 };

/* A change of the batch size for the epochs that follow. */
struct batch_change {
    int64_t batch;
    int64_t after_epochs; /* at least 1, and more than in the change before */
};

struct plan_request {
    int64_t samples;   /* N, training samples */
    int64_t batch;     /* B, global */
    int64_t epochs;    /* 0: no limit (then max_steps is set) */
    int64_t max_steps; /* 0: no limit */
    bool drop_last;
    int64_t slices; /* V; 0: the default */
    int teams;
    int threads;         /* per rank */
    int ranks;           /* in total; 0: one per team */
    int team_ranks;      /* ranks per team; the last team may have fewer; 0: 1 */
    double sample_flops; /* operations per sample (net/mlp.h); 0: not known */
    int changes;
    struct batch_change change[PLAN_STAGES_MAX - 1];
};

/* Epochs with one batch size. */
struct plan_stage {
    int64_t epochs_before, steps_before; /* of the run */
    int64_t asked;                       /* B as requested */
    int64_t batch;                       /* min(B, N) */
    bool clamped;                        /* B was larger than N */
    int64_t steps_per_epoch;
    int64_t last_batch;        /* samples of an epoch's last step: the tail, or B */
    int64_t dropped_per_epoch; /* samples that an epoch does not visit */
    int64_t slices;
    int teams;
    int busy_teams; /* teams that hold a slice */
    double balance; /* slices / (teams * largest number of slices of a team); at most 1 */
};

struct plan {
    struct plan_request request;
    int64_t samples;
    bool drop_last;
    int stages;
    struct plan_stage stage[PLAN_STAGES_MAX];
    int64_t total_steps;
    int64_t epochs_begun;  /* epochs that the run starts */
    bool cut_by_max_steps; /* max_steps ends the run before `epochs`, or is the only limit */
    int teams;
    int threads; /* used per rank; limited to those for which the largest step has work */
    int ranks, team_ranks;
};

/* Makes the plan. STATUS_USAGE (the message names the option): N or B < 1, neither epochs nor
 * max_steps given, B > N with drop_last, changes out of order or after the last epoch, more than
 * 2^62 steps in total. */
enum status plan_make(struct plan *plan, const struct plan_request *request, struct error *error);

/* A worker with fewer operations per step would spend more time at barriers than working. */
enum { PLAN_WORKER_FLOPS = 1000000 };

/* Returns the default number of slices for a batch size. */
int64_t plan_default_slices(int64_t batch);

/* The samples of one step, by position in their epoch. Steps are counted from 1 over all epochs. */
struct batch {
    int64_t step;      /* 1 ... total_steps */
    int64_t epoch;     /* 1 ... */
    int64_t iteration; /* the step within its epoch, 1 ... steps_per_epoch */
    int64_t first;     /* position of its first sample in the epoch */
    int64_t size;      /* samples */
    int64_t stage;
};
struct batch plan_batch(const struct plan *plan, int64_t step);

/* plan_stage_of() returns the stage of a batch; plan_ends_epoch() is true for the last batch of an
 * epoch. */
const struct plan_stage *plan_stage_of(const struct plan *plan, const struct batch *batch);
bool plan_ends_epoch(const struct plan *plan, const struct batch *batch);

/* plan_steps_of() returns the steps of the first `epochs` epochs, even if the run is shorter;
 * INT64_MAX beyond 2^62. plan_whole_epochs() returns the number of epochs that are complete after
 * `steps` steps. */
int64_t plan_steps_of(const struct plan *plan, int64_t epochs);
int64_t plan_whole_epochs(const struct plan *plan, int64_t steps);

/* Return the number of epochs in the run's first `steps` steps, including the fraction of a partial
 * one, and the number of samples that these steps visit (at most INT64_MAX). */
double plan_epochs_of(const struct plan *plan, int64_t steps);
int64_t plan_samples_of(const struct plan *plan, int64_t steps);

/* Returns one stage as a run of its own, with the steps that it has in this plan, possibly none. */
struct plan plan_of_stage(const struct plan *plan, int s);

/* Returns the largest batch of all stages. */
int64_t plan_largest_batch(const struct plan *plan);

/* Return the rows of one slice in a batch of `size` samples; the slices of one team; and the rows
 * of all these slices. */
struct range plan_slice_rows(const struct plan_stage *stage, int64_t size, int64_t slice);
struct range plan_team_slices(const struct plan_stage *stage, int team);
struct range plan_team_rows(const struct plan_stage *stage, int64_t size, int team);

/* Returns the number of workers of a team when every rank has `threads` threads. */
int64_t plan_team_workers(const struct plan *plan, int team);
