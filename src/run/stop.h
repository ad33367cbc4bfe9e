/* stop.h: rules by which a run's own figures end it.
 *
 * Counted in evaluations, so in epochs or, with --eval-every 200, in steps:
 *
 *     improved    the metric is better than the best so far by more than min_delta; a first figure
 *                 improves on none. NaN never improves
 *     early stop  `patience` evaluations in a row have not improved (patience 0 is as 1: the first
 *                 of them ends the run). The best weights are then the result
 *     target      the metric is as good as the value asked for, or better
 *
 * Metrics are agreed by all ranks, so all come to the same. What is remembered is plain data, which
 * a checkpoint keeps. Threads: any. Collective: no.
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
    double max_time_s; /* of the whole run, on the clock; 0: no limit. Rank 0's business */
};

struct stop_state {
    char metric[METRIC_NAME_MAX]; /* what follows is of; "" if nothing is watched */
    int64_t best_step;            /* where the best was met; 0: nowhere yet */
    double best;
    int64_t since; /* evaluations without improvement after it, or since the start */
};

struct stop_outcome {
    bool improved; /* by the watched metric */
    bool over;
    enum stop_reason reason; /* if over: STOP_TARGET, else STOP_EARLY */
};

/* Of an evaluation; NaN where its set was not evaluated. */
double stop_metric(struct metric_choice choice, const struct evaluation_record *evaluation);

/* A state for these rules: what it knows of another metric is forgotten. */
void stop_begin(const struct stop_rules *rules, struct stop_state *state);

/* What an evaluation says, which the state then knows of. */
struct stop_outcome stop_step(const struct stop_rules *rules, struct stop_state *state,
    const struct evaluation_record *evaluation);

/* The same of what is known: whether a run with this state and last evaluation is over. */
struct stop_outcome stop_look(const struct stop_rules *rules, const struct stop_state *state,
    const struct evaluation_record *evaluation);

/* Whether a run that ended this way has its result: no signal, failure, divergence or corruption. */
static inline bool stop_is_planned(enum stop_reason reason)
{
    return reason != STOP_SIGNAL && reason != STOP_FAILED && reason != STOP_DIVERGED &&
           reason != STOP_CORRUPTED;
}

/* The same of a run that is resumed from `state`: also by its plan and by its time. */
bool stop_is_over(const struct stop_rules *rules, const struct plan *plan,
    const struct run_state *state, enum stop_reason *reason);

#endif
