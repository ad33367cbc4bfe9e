/* Compiled once per level (base/level.h). */
#include "optim/rules.h"

/* The flags are constants at each call site, so the compiled loops contain only what they need. */
static inline void with_momentum(float *restrict w, float *restrict velocity,
    const float *restrict sum, int64_t n, struct optimizer_scalars s, bool decay, bool plain)
{
    for (int64_t i = 0; i < n; i++) {
        float g = sum[i] * s.scale;
        if (decay)
            g = g + s.weight_decay * w[i];
        float v = s.momentum * velocity[i] + (plain ? g : s.intake * g);
        velocity[i] = v;
        w[i] -= s.lr * (plain || !s.nesterov ? v : g + s.momentum * v);
    }
}

static inline void without(
    float *restrict w, const float *restrict sum, int64_t n, struct optimizer_scalars s, bool decay)
{
    for (int64_t i = 0; i < n; i++) {
        float g = sum[i] * s.scale;
        if (decay)
            g = g + s.weight_decay * w[i];
        w[i] -= s.lr * g;
    }
}

extern optimizer_rule LEVEL_NAME(sgd);

void LEVEL_NAME(sgd)(float *w, float *const state[OPTIMIZER_STATES_MAX], const float *sum,
    int64_t n, const struct optimizer_scalars *scalars)
{
    bool decay = scalars->weight_decay != 0;
    bool plain = scalars->intake == 1 && !scalars->nesterov;
    if (!state[0] && decay)
        without(w, sum, n, *scalars, true);
    else if (!state[0])
        without(w, sum, n, *scalars, false);
    else if (plain && decay)
        with_momentum(w, state[0], sum, n, *scalars, true, true);
    else if (plain)
        with_momentum(w, state[0], sum, n, *scalars, false, true);
    else
        with_momentum(w, state[0], sum, n, *scalars, true, false);
}
