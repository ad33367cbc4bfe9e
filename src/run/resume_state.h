/* resume_state.h: the state from which a run is resumed. */
#ifndef RUN_RESUME_STATE_H
#define RUN_RESUME_STATE_H

#include "run/run_state.h"
#include "step/step.h"

/* The arrays are [mlp.parameters] in canonical order, on the first rank of every team; the weights
 * themselves are in job->parameters. */
struct resume_state {
    struct run_state state;                 /* the same on all ranks */
    float *optimizer[OPTIMIZER_STATES_MAX]; /* [optimizer_states()] */
    float *best;                            /* weights of state.stop.best_step; NULL: none */
};

/* Sends rank 0's start and `parameters` to every team, which has the latter in memory that it
 * shares. Collective. STATUS_NO_RESOURCE. */
enum status resume_state_share(struct resume_state *start, float *parameters,
    const struct settings *settings, struct teams *teams, struct error *error);

/* Frees the arrays once a trainer has copied them; the state stays. */
void resume_state_drop_arrays(struct resume_state *start);

/* Frees all of it. */
void resume_state_clear(struct resume_state *start);

#endif
