/* job.h: a training run as its caller specifies it: settings, data, weights and observer. */
#ifndef RUN_JOB_H
#define RUN_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "data/loader.h"
#include "optim/schedule.h"
#include "run/records.h"
#include "run/stop.h"
#include "step/settings.h"

/* The unit of the interval between evaluations or checkpoints; seconds are for checkpoints only. */
enum eval_unit { EVAL_EPOCHS, EVAL_STEPS, EVAL_END, EVAL_NEVER, EVAL_SECONDS };

/* The times at which the memory of all teams is verified (step/step.h): before every checkpoint, at
 * the end of the run, and at a regular interval. */
struct verification {
    enum eval_unit unit; /* EVAL_EPOCHS, EVAL_STEPS; EVAL_NEVER: no verification at all */
    int64_t every;       /* 0: no regular interval */
};

/* The settings that a run adds to those of its steps. */
struct run_settings {
    struct schedule schedule;
    struct plateau_settings plateau; /* used if schedule.kind is SCHEDULE_PLATEAU */
    struct metric_choice plateau_metric;
    enum eval_unit eval_unit;
    int64_t eval_every;
    struct verification verification;
    struct stop_rules stop;
};

struct directory;
struct identity;
struct model;
struct resume_state;

/* The times and the place at which a run writes checkpoints (run/checkpoint.h). A run stopped by a
 * signal always writes one; so does a run that ends as planned, unless the unit is EVAL_NEVER. */
struct checkpoints {
    bool kept; /* false: no checkpoints */
    enum eval_unit unit;
    int64_t every;
    int keep;                        /* number of newest checkpoints to keep, at least 1 */
    const struct directory *run;     /* rank 0: the run's directory */
    const struct identity *identity; /* rank 0 */
    const struct model *model;       /* rank 0; everything except the weights */
};

struct job {
    struct settings settings;
    struct run_settings run;
    struct loader train;
    const struct loader *validation, *test; /* NULL: none */
    float *parameters; /* [mlp.parameters]: initial weights in, final weights out */
    bool shared;       /* parameters are one array for all ranks of a team */
    struct observer observer;
    atomic_int *stop_signal;           /* the number of a signal that arrived, else 0; NULL: none */
    const struct resume_state *resume; /* the state to start from; NULL: a new run */
    struct checkpoints checkpoints;
};

#endif
