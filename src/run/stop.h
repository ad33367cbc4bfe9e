/* stop.h: rules that end a run because of its metrics.
 *
 * The rules count evaluations: one per epoch or, with --eval-every 200, one every 200 steps.
 *
 *     improved    the metric is better than the best so far by more than min_delta. The first
 *                 value counts as an improvement, a NaN never does
 *     early stop  `patience` evaluations in a row without improvement (patience 0 means 1: the
 *                 first evaluation without improvement ends the run). The result is then the best
 *                 weights, if `final_weights` is auto
 *     target      the metric has reached the target
 *     give up     an evaluation at or after give_up_steps has not reached the target, or there is
 *                 no target
 *
 * A run has also diverged if the mean training loss of an epoch, or of the part of it that was
 * trained, is above `divergence` times the larger of the loss of the run's first step and the loss
 * of a constant prediction (model/baseline.h).
 *
 * The best evaluation is the one that improved last. If only `final_weights` asks for it, it is the
 * last of those with the best value.
 *
 * All ranks have the same metrics, so all make the same decision. The state is plain data and is
 * saved in checkpoints. Threads: any. Collective: no.
 */
#pragma once

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
    STOP_EARLY,  /* early stopping: `watched` no longer improves */
    STOP_TARGET, /* `target` reached `goal` */
    STOP_TIME,
    STOP_GIVE_UP,   /* `give_up_steps` are over, and `target` was not reached */
    STOP_CORRUPTED, /* a team's weights in memory are wrong: step/step_verify.h */
};
const char *stop_reason_name(enum stop_reason reason); /* "epochs", "max_steps", "signal", ... */

/* The weights that are the result of a run. All but FINAL_LAST are only for a run that ends as
 * planned, FINAL_BEST also for one that diverged. */
enum final_weights {
    FINAL_AUTO, /* FINAL_BEST with early stopping, else FINAL_LAST */
    FINAL_LAST,
    FINAL_BEST, /* those of the best evaluation: averaged ones, if the metric is theirs */
    FINAL_EMA,  /* the average after the last step (step/step_average.h) */
};
extern const char *const final_weights_words[]; /* "auto", "last", "best", "ema", NULL */

struct stop_rules {
    bool early; /* early stopping is on */
    enum final_weights final_weights;
    struct metric_choice watched; /* the set METRIC_TRAIN: val_loss */
    int64_t patience;
    double min_delta; /* at least 0 */
    bool has_target;  /* stop when `target` reaches `goal` */
    struct metric_choice target;
    double goal;
    int64_t give_up_steps; /* the run ends here, unless it reached the target; 0: never */
    double max_time_s;     /* time limit of the whole run, by rank 0's clock; 0: none */
    double divergence;     /* the factor above which a run has diverged; 0: none */
};

struct stop_state {
    char metric[METRIC_NAME_MAX]; /* the watched metric; "": none */
    int64_t best_step;            /* the step of the best value; 0: none yet */
    double best;
    int64_t since; /* evaluations without improvement since best_step, or since the start */
};

/* The losses that an epoch's loss is compared with. */
struct divergence {
    double first_loss;   /* of the run's first step; 0: not known */
    double trivial_loss; /* of the constant prediction, on the training samples; 0: not known */
};

/* Returns the largest mean training loss of an epoch that is not divergence; infinity: any. */
double stop_loss_limit(const struct stop_rules *rules, const struct divergence *divergence);

/* True if the weights of the best evaluation are kept. */
bool stop_keeps_best(const struct stop_rules *rules);

/* Returns the metric that decides which evaluation is the best. */
struct metric_choice stop_watched(const struct stop_rules *rules);

struct stop_outcome {
    bool improved; /* the watched metric improved */
    bool over;
    enum stop_reason
        reason; /* if `over`: STOP_TARGET if it was reached, else one of the other two */
};

/* Returns a metric of an evaluation; NaN for the training loss, or if the set of the metric was not
 * evaluated. */
double stop_metric(struct metric_choice choice, const struct evaluation_record *evaluation);

/* Prepares a state for these rules: clears values that belong to another metric. */
void stop_begin(const struct stop_rules *rules, struct stop_state *state);

/* Adds an evaluation to the state and applies the rules. */
struct stop_outcome stop_step(const struct stop_rules *rules, struct stop_state *state,
    const struct evaluation_record *evaluation);

/* Applies the rules to this state and its last evaluation without changing the state. */
struct stop_outcome stop_check(const struct stop_rules *rules, const struct stop_state *state,
    const struct evaluation_record *evaluation);

/* True if a run that ended for this reason is complete: no signal, failure, divergence or
 * corruption. */
static inline bool stop_is_planned(enum stop_reason reason)
{
    return reason != STOP_SIGNAL && reason != STOP_FAILED && reason != STOP_DIVERGED &&
           reason != STOP_CORRUPTED;
}

/* True if a run resumed from `state` has already ended: by these rules, or because its plan is
 * complete or its time limit reached. */
bool stop_is_over(const struct stop_rules *rules, const struct plan *plan,
    const struct run_state *state, enum stop_reason *reason);
