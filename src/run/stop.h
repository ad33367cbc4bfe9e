/* stop.h: rules by which the figures of a run end it.
 *
 * Counted in evaluations, so in epochs or, with --eval-every 200, in steps:
 *
 *     improved    the metric is better than the best so far by more than min_delta. The first
 *                 figure counts as improved, a NaN never
 *     early stop  `patience` evaluations in a row without improvement (patience 0 means 1: the
 *                 first of them ends the run). The best weights are then the result
 *     target      the metric has reached the target
 *
 * All ranks have the same metrics, so all decide alike. The state is plain data, which a checkpoint
 * keeps. Threads: any. Collective: no.
 */
#ifndef RUN_STOP_H
#define RUN_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "model/metrics.h"

struct evaluation_record;
struct plan;
struct run_state;

enum stop_reason {
    STOP_EPOCHS,
    STOP_MAX_STEPS,
    STOP_SIGNAL,
    STOP_DIVERGED,
    STOP_FAILED,
    STOP_EARLY,  /* by `watched` */
    STOP_TARGET, /* by `target` */
    STOP_TIME,
    STOP_CORRUPTED, /* a team's weights in memory are wrong: step/step_verify.h */
};
const char *stop_reason_name(enum stop_reason reason); /* "epochs", "max_steps", "signal", ... */

struct stop_rules {
    bool early; /* by `watched` */
    struct metric_choice watched;
    int64_t patience;
    double min_delta; /* at least 0 */
    bool aims;        /* at `goal` of `target` */
    struct metric_choice target;
    double goal;
    double max_time_s; /* time limit of the whole run, by rank 0's clock; 0: none */
};

struct stop_state {
    char metric[METRIC_NAME_MAX]; /* the watched metric; "": none */
    int64_t best_step;            /* the step of the best figure; 0: none yet */
    double best;
    int64_t since; /* evaluations without improvement since then, or since the start */
};

struct stop_outcome {
    bool improved; /* by the watched metric */
    bool over;
    enum stop_reason reason; /* if over: STOP_TARGET, else STOP_EARLY */
};

/* A metric of an evaluation; NaN where its set was not evaluated. */
double stop_metric(struct metric_choice choice, const struct evaluation_record *evaluation);

/* Prepares a state for these rules: figures of another metric are cleared. */
void stop_begin(const struct stop_rules *rules, struct stop_state *state);

/* Takes an evaluation into the state, and applies the rules. */
struct stop_outcome stop_step(const struct stop_rules *rules, struct stop_state *state,
    const struct evaluation_record *evaluation);

/* Applies the rules to this state and last evaluation, without a change. */
struct stop_outcome stop_check(const struct stop_rules *rules, const struct stop_state *state,
    const struct evaluation_record *evaluation);

/* True if a run that ended this way has its result: no signal, failure, divergence or
 * corruption. */
static inline bool stop_is_planned(enum stop_reason reason)
{
    return reason != STOP_SIGNAL && reason != STOP_FAILED && reason != STOP_DIVERGED &&
           reason != STOP_CORRUPTED;
}

/* True if a run that is resumed from `state` has ended: by these rules, its plan or its time. */
bool stop_is_over(const struct stop_rules *rules, const struct plan *plan,
    const struct run_state *state, enum stop_reason *reason);

#endif
