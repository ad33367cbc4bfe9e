/* checkpoint_write.h: writes a checkpoint (checkpoint.h). Rank 0 only. */
#ifndef RUN_CHECKPOINT_WRITE_H
#define RUN_CHECKPOINT_WRITE_H

#include "run/checkpoint.h"
#include "run/run_state.h"

/* The content of a checkpoint; arrays [mlp.parameters] in canonical order. */
struct checkpoint {
    const struct settings *settings;
    const struct model *model; /* everything except the weights */
    const struct identity *identity;
    struct run_state state;
    const float *weights;
    const float *optimizer[OPTIMIZER_STATES_MAX]; /* [optimizer_states()] */
    const float *best;                            /* NULL: equal to the weights, or not known */
};

/* Writes it among the checkpoints of `run`, makes their directory if it is missing, replaces one of
 * the same step, and removes those beyond the newest `keep`. On failure the others are unchanged.
 * Two things are noted instead of failing: an old checkpoint that cannot be removed, and a name
 * that something else has, under which none is written. STATUS_CANNOT_CREATE, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status checkpoint_write(const struct directory *run, const struct checkpoint *checkpoint,
    int keep, struct warnings *warnings, struct error *error);

#endif
