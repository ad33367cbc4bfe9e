/* adam and adamw. Compiled once per level (base/level.h). */
#include "optim/rules.h"

#include <math.h>

/* Interpolates like torch's lerp, which starts from the nearer end. */
static inline float blend(float m, float g, bool near, float part)
{
    return (near ? m : g) + part * (g - m);
}

/* `decay` is a constant at each call site. */
static inline void step(float *restrict w, float *restrict m, float *restrict v,
    const float *restrict sum, int64_t n, struct optimizer_scalars s, bool decay)
{
    const bool near = s.mix < 0.5f;
    const float part = near ? s.mix : -(1 - s.mix);
    for (int64_t i = 0; i < n; i++) {
        float g = sum[i] * s.scale, weight = w[i] * s.shrink;
        if (decay)
            g = g + s.weight_decay * weight;
        float mean = blend(m[i], g, near, part);
        float square = v[i] * s.keep + s.add * g * g;
        m[i] = mean;
        v[i] = square;
        w[i] = weight - s.lr * mean / (sqrtf(square) / s.root + s.eps);
    }
}

extern optimizer_rule LEVEL_NAME(adam);

void LEVEL_NAME(adam)(float *w, float *const state[OPTIMIZER_STATES_MAX], const float *sum,
    int64_t n, const struct optimizer_scalars *scalars)
{
    if (scalars->weight_decay != 0)
        step(w, state[0], state[1], sum, n, *scalars, true);
    else
        step(w, state[0], state[1], sum, n, *scalars, false);
}
