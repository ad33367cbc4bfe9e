/* job.h: a training run as its caller specifies it: settings, data, weights and observer. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "data/loader.h"
#include "model/baseline.h"
#include "optim/schedule.h"
#include "run/records.h"
#include "run/stop.h"
#include "step/settings.h"

/* The interval between evaluations, checkpoints or verifications: `count` epochs, steps or seconds.
 * Seconds are for checkpoints only. */
enum eval_unit { EVAL_EPOCHS, EVAL_STEPS, EVAL_END, EVAL_NEVER, EVAL_SECONDS };
struct interval {
    enum eval_unit unit;
    int64_t count;
};

/* True if an interval counted in epochs or steps has ended after step `from`, up to step `to`. */
static inline bool interval_ended(
    const struct interval *interval, const struct plan *plan, int64_t from, int64_t to)
{
    int64_t every = interval->count;
    if (every == 0 || (interval->unit != EVAL_EPOCHS && interval->unit != EVAL_STEPS))
        return false;
    if (interval->unit == EVAL_STEPS)
        return to / every > from / every;
    return plan_whole_epochs(plan, to) / every > plan_whole_epochs(plan, from) / every;
}

/* The settings that a run adds to those of its steps. */
struct run_settings {
    struct schedule schedule;
    struct plateau_settings plateau; /* used if schedule.kind is SCHEDULE_PLATEAU */
    struct metric_choice plateau_metric;
    struct interval eval_every;
    /* The memory of all teams is verified (step/step_verify.h) at this interval, before every
     * checkpoint and at the end of the run; EVAL_NEVER: not at all. */
    struct interval verify_every;
    struct stop_rules stop;
};

struct directory;
struct identity;
struct model;
struct checkpoint;

/* The times and the place at which a run writes checkpoints (run/checkpoint.h). A run stopped by a
 * signal always writes one; so does a run that ends as planned, unless the unit is EVAL_NEVER. */
struct checkpoints {
    int keep; /* number of newest checkpoints to keep; 0: no checkpoints at all */
    struct interval every;
    const struct directory *run;     /* rank 0: the run's directory */
    const struct identity *identity; /* rank 0 */
    const struct model *model;       /* rank 0; everything except the weights */
};

struct job {
    struct settings settings;
    struct run_settings run;
    struct loader train;
    const struct loader *validation, *test; /* NULL: none */
    struct baseline_metrics baseline;       /* on these sets */
    /* [mlp.parameters], one array for all ranks of a team: initial weights in, final weights out */
    float *parameters;
    struct observer observer;
    atomic_int *stop_signal; /* the number of a signal that arrived, else 0; NULL: none */
    const struct checkpoint
        *resume; /* to start from, with its weights in parameters; NULL: a new run */
    struct checkpoints checkpoints;
};
