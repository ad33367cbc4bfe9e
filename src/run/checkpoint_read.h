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

/* True if a run's directory has any checkpoint, intact or not, judged by name and file type. */
bool checkpoint_any(const char *run);

/* Finds the newest intact checkpoint in a run's directory. Returns its path, and in `report` [size]
 * a line on the damage to each newer one. STATUS_NO_INPUT: there is none; STATUS_BAD_DATA: all are
 * damaged. */
enum status checkpoint_find(
    const char *run, char path[FILE_PATH_MAX], char *report, size_t size, struct error *error);

/* Checks by their hashes that no byte of a checkpoint has changed. STATUS_BAD_DATA (file, damage),
 * STATUS_NO_INPUT, STATUS_IO, STATUS_NO_RESOURCE. */
enum status checkpoint_check(const char *path, struct error *error);

/* Returns the definition number of the newest intact checkpoint in a run's directory; this
 * program's own if there is none. */
int64_t checkpoint_definition(const char *run);

/* Reads an intact checkpoint. If its definition is not this program's, returns STATUS_BAD_DATA,
 * naming both. If its identity differs, returns the status of the trait, naming it and both values.
 * Fills the state first, then `parameters` and the arrays of `start`, which the caller frees, also
 * on failure. */
enum status checkpoint_read(const char *path, const struct settings *settings,
    const struct identity *identity, struct resume_state *start, float *parameters,
    struct error *error);

/* Sends rank 0's `start` and `parameters` to every team, where the parameters are in memory shared
 * by its ranks. Collective. STATUS_NO_RESOURCE. */
enum status resume_state_share(struct resume_state *start, float *parameters,
    const struct settings *settings, struct teams *teams, struct error *error);

/* Frees the arrays after a trainer has copied them; the state stays. */
void resume_state_drop_arrays(struct resume_state *start);

#endif
