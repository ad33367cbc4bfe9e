/* Compiled once per level (base/level.h). */
#include "optim/rules.h"

#include <math.h>

/* `decay` is a constant at each call site. */
static inline void step(float *restrict w, float *restrict squares, const float *restrict sum,
    int64_t n, struct optimizer_scalars s, bool decay)
{
    for (int64_t i = 0; i < n; i++) {
        float g = sum[i] * s.scale;
        if (decay)
            g = g + s.weight_decay * w[i];
        float all = squares[i] + g * g;
        squares[i] = all;
        w[i] -= s.lr * g / (sqrtf(all) + s.eps);
    }
}

extern optimizer_rule LEVEL_NAME(adagrad);

void LEVEL_NAME(adagrad)(float *w, float *const state[OPTIMIZER_STATES_MAX], const float *sum,
    int64_t n, const struct optimizer_scalars *scalars)
{
    if (scalars->weight_decay != 0)
        step(w, state[0], sum, n, *scalars, true);
    else
        step(w, state[0], sum, n, *scalars, false);
}
