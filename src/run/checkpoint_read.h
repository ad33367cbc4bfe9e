/* checkpoint_read.h: finds and reads checkpoints (checkpoint.h). Rank 0 only, except for the
 * functions of resume_state. */
#ifndef RUN_CHECKPOINT_READ_H
#define RUN_CHECKPOINT_READ_H

#include "comm/teams.h"
#include "run/checkpoint.h"

/* The state from which a run is resumed. The arrays are [mlp.parameters] in canonical order, on the
 * first rank of every team; the weights themselves are in job->parameters. */
struct resume_state {
    struct run_state state;                 /* the same on all ranks */
    float *optimizer[OPTIMIZER_STATES_MAX]; /* [optimizer_states()] */
    float *best;                            /* weights of state.stop.best_step; NULL: none */
};

/* True if a run's directory has any checkpoint, intact or not: by name and kind. */
bool checkpoint_any(const char *run);

/* Finds the newest intact checkpoint of a run's directory: its path, and in `report` [size] a line
 * about the damage of each newer one. STATUS_NO_INPUT: there is none; STATUS_BAD_DATA: all are
 * damaged. */
enum status checkpoint_find(
    const char *run, char path[FILE_PATH_MAX], char *report, size_t size, struct error *error);

/* Checks that all bytes of a checkpoint are as they were written. STATUS_BAD_DATA (file, damage),
 * STATUS_NO_INPUT, STATUS_IO, STATUS_NO_RESOURCE. */
enum status checkpoint_check(const char *path, struct error *error);

/* The definition of the newest checkpoint of a run's directory whose state.json is intact; this
 * program's if there is none. */
int64_t checkpoint_definition(const char *run);

/* Reads an intact checkpoint. It must have this program's definition, else STATUS_BAD_DATA naming
 * both; and this identity, else the trait's status, naming it and both values. The state is filled
 * first, then `parameters` and the arrays of `start`, which the caller frees, also on failure. */
enum status checkpoint_read(const char *path, const struct settings *settings,
    const struct identity *identity, struct resume_state *start, float *parameters,
    struct error *error);

/* Sends rank 0's start and `parameters` to every team, which has the latter in memory that it
 * shares. Collective. STATUS_NO_RESOURCE. */
enum status resume_state_share(struct resume_state *start, float *parameters,
    const struct settings *settings, struct teams *teams, struct error *error);

/* Frees the arrays, once a trainer has copied them; the state stays. */
void resume_state_drop_arrays(struct resume_state *start);

#endif
