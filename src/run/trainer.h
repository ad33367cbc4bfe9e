/* trainer.h: a whole training run on prepared data.
 *
 * Everything that must agree on all ranks (settings, data, initial parameters) is the caller's to
 * make equal; trainer_create() compares hashes of it. What can fail fails there, before any output
 * is made: ranks that disagree, threads or memory that cannot be had.
 */
#ifndef RUN_TRAINER_H
#define RUN_TRAINER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "comm/teams.h"
#include "data/loader.h"
#include "optim/plateau.h"
#include "optim/schedule.h"
#include "run/records.h"
#include "step/settings.h"
#include "run/stop.h"

/* Of evaluations and, with seconds, of checkpoints. */
enum eval_unit { EVAL_EPOCHS, EVAL_STEPS, EVAL_END, EVAL_NEVER, EVAL_SECONDS };

/* When the memory of all teams is verified (step/step.h): before every checkpoint and at the end,
 * and besides every so many epochs or steps. */
struct verification {
    enum eval_unit unit; /* EVAL_EPOCHS, EVAL_STEPS; EVAL_NEVER: not at all */
    int64_t every;       /* 0: not besides */
};

/* What a run adds to the settings of its steps. */
struct run_settings {
    struct schedule schedule;
    struct plateau_settings plateau; /* schedule.kind SCHEDULE_PLATEAU */
    struct metric_choice plateau_metric;
    enum eval_unit eval_unit;
    int64_t eval_every;
    struct verification verification;
    struct stop_rules stop;
};

struct resume_state;
struct identity;
struct model;

/* When and where a run keeps checkpoints (run/checkpoint.h). A run that ends by a signal writes
 * one in any case, and by its plan unless the unit is EVAL_NEVER. */
struct checkpoints {
    bool kept; /* false: none at all */
    enum eval_unit unit;
    int64_t every;
    int keep;                        /* the newest so many, at least 1 */
    const struct directory *run;     /* rank 0: in which they are */
    const struct identity *identity; /* rank 0 */
    const struct model *model;       /* rank 0; all of it but the weights */
};

struct job {
    struct settings settings;
    struct run_settings run;
    struct loader train;
    const struct loader *validation, *test; /* NULL: none */
    float *parameters; /* [mlp.parameters]: initial weights in, final weights out */
    bool shared;       /* parameters are one array for all ranks of a team */
    struct observer observer;
    atomic_int *stop_signal;           /* NULL, or 0 until a signal came: its number */
    const struct resume_state *resume; /* where a resumed run begins; NULL: at the first step */
    struct checkpoints checkpoints;
};

struct trainer;

/* Prepares to train on all ranks of these teams: settings.plan.teams = their number,
 * settings.plan.threads workers on each rank. Job and teams stay the caller's; the job's observer,
 * stop_signal and the run's directory may be set later. Collective. STATUS_BAD_DATA (ranks
 * disagree), STATUS_NO_RESOURCE, STATUS_BUG. */
enum status trainer_create(
    struct trainer **trainer, struct job *job, struct teams *teams, struct error *error);

/* Takes NULL. Collective. */
void trainer_destroy(struct trainer *trainer);

/* Trains, once. The calling thread is worker 0. Whatever the status, the result is filled, and the
 * parameters are those after result->weights_of_step steps, but for STOP_CORRUPTED, where they are
 * wrong. STATUS_DIVERGED, STATUS_STOPPED (a signal), STATUS_NO_RESOURCE (STOP_CORRUPTED), or that
 * of a failing observer. Collective. */
enum status trainer_run(struct trainer *trainer, struct result *result, struct error *error);

#endif
