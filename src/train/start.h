/* start.h: where a resumed run begins. */
#ifndef TRAIN_START_H
#define TRAIN_START_H

#include "train/run_state.h"
#include "train/step.h"

/* The arrays are [mlp.parameters] in canonical order, on the first rank of every team; the weights
 * themselves are in job->parameters. */
struct start {
    struct run_state state;                 /* on all ranks the same */
    float *optimizer[OPTIMIZER_STATES_MAX]; /* [optimizer_states()] */
    float *best; /* weights of state.stop.best_step; NULL: there are none */
};

/* Rank 0's start and `parameters`, the latter in the memory of each team, reach every team.
 * Collective. STATUS_NO_RESOURCE. */
enum status start_share(struct start *start, float *parameters, const struct settings *settings,
    struct teams *teams, struct error *error);

/* Frees the arrays once a trainer has what is in them; the state stays. */
void start_drop_arrays(struct start *start);

/* Frees all of it. */
void start_clear(struct start *start);

#endif
