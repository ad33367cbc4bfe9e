/* trainer.h: a whole training run on prepared data.
 *
 * Everything that must agree on all ranks (settings, data, initial parameters) is the caller's to
 * make equal; trainer_create() compares hashes of it. What can fail fails there, before any output
 * is made: ranks that disagree, threads or memory that cannot be had.
 */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "comm/reduce.h"
#include "comm/teams.h"
#include "data/loader.h"
#include "net/kernel.h"
#include "net/loss.h"
#include "net/mlp.h"
#include "optim/clip.h"
#include "optim/optimizer.h"
#include "optim/plateau.h"
#include "optim/schedule.h"
#include "train/plan.h"
#include "train/records.h"

enum eval_unit { EVAL_EPOCHS, EVAL_STEPS, EVAL_END, EVAL_NEVER };

struct settings {
    struct plan plan;
    struct mlp mlp;
    struct criterion criterion;
    struct kernel kernel;
    enum reduce_kind reduce;
    struct optimizer_settings optimizer;
    struct schedule schedule;
    struct plateau_settings plateau; /* schedule.kind SCHEDULE_PLATEAU */
    struct clip clip;
    uint64_t seed;
    bool shuffle;
    int64_t cache_bytes; /* of a core's second-level cache; 0: not known */
    int64_t pass_rows;   /* 0: by memory, or the default; INT64_MAX: the whole batch */
    int64_t memory;      /* bytes that a pass's activations may take in a team; 0: not said */
    enum eval_unit eval_unit;
    int64_t eval_every;
};

struct job {
    struct settings settings;
    struct loader train;
    const struct loader *validation, *test; /* NULL: none */
    float *parameters; /* [mlp.parameters]: initial weights in, final weights out */
    bool shared;       /* parameters are one array for all ranks of a team */
    struct observer observer;
    atomic_int *stop_signal; /* NULL, or 0 until a signal came: its number */
};

struct trainer;

/* Prepares to train on all ranks of these teams: settings.plan.teams = their number,
 * settings.plan.threads workers on each rank. Job and teams stay the caller's; the job's observer
 * and stop_signal may be set later. Collective. STATUS_BAD_DATA (ranks disagree),
 * STATUS_NO_RESOURCE, STATUS_BUG. */
enum status trainer_create(
    struct trainer **trainer, struct job *job, struct teams *teams, struct error *error);

/* Takes NULL. Collective. */
void trainer_destroy(struct trainer *trainer);

/* Trains, once. The calling thread is worker 0. Whatever the status, the result is filled, and the
 * parameters are those after result->steps_done steps. STATUS_DIVERGED, STATUS_STOPPED (a signal),
 * or that of a failing observer. Collective. */
enum status trainer_run(struct trainer *trainer, struct result *result, struct error *error);

#endif
