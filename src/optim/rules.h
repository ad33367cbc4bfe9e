/* rules.h: the loops of the optimizers, one table per level. For optimizer.c.
 *
 * w [n], state[i] [n] as optimizer_state_name() numbers them (NULL where there is none), sum [n].
 * They do not overlap. Clipping has already been done: clip_value and clip_factor are not read.
 */
#ifndef OPTIM_RULES_H
#define OPTIM_RULES_H

#include "optim/optimizer.h"

typedef void optimizer_rule(float *w, float *const state[OPTIMIZER_STATES_MAX], const float *sum,
    int64_t n, const struct optimizer_scalars *scalars);

#endif
