/* rules.h: the loops of the optimizers, of clipping and of averaging, one table per level. For
 * optimizer.c.
 *
 * w, sum and each state[i] have n elements and do not overlap. i counts as in
 * optimizer_state_name(); a state that the optimizer's rule does not use is NULL. Clipping has
 * already been done, so clip_value and clip_factor are not read.
 */
#pragma once

#include "optim/optimizer.h"

typedef void optimizer_rule(float *w, float *const state[OPTIMIZER_RULE_STATES_MAX],
    const float *sum, int64_t n, const struct optimizer_scalars *scalars);

struct rules {
    optimizer_rule *step[N_OPTIMIZERS];
    void (*clip)(float *out, const float *sum, int64_t n, float scale, float value, float factor);
    void (*average)(float *average, const float *w, int64_t n, float share);
};

LEVEL_TABLE(const struct rules, rules)
