/* Compiled once per level (base/level.h). */
#include "optim/rules.h"

#include <math.h>

/* The flags are constants at each call site. `buffer` is read only with momentum. */
static inline void step(float *restrict w, float *restrict v, float *restrict buffer,
    const float *restrict sum, int64_t n, struct optimizer_scalars s, bool decay, bool momentum)
{
    for (int64_t i = 0; i < n; i++) {
        float g = sum[i] * s.scale;
        if (decay)
            g = g + s.weight_decay * w[i];
        float square = v[i] * s.keep + s.add * g * g;
        float root = sqrtf(square) + s.eps;
        v[i] = square;
        if (momentum) {
            float b = s.momentum * buffer[i] + g / root;
            buffer[i] = b;
            w[i] -= s.lr * b;
        } else {
            w[i] -= s.lr * g / root;
        }
    }
}

extern optimizer_rule LEVEL_NAME(rmsprop);

void LEVEL_NAME(rmsprop)(float *w, float *const state[OPTIMIZER_STATES_MAX], const float *sum,
    int64_t n, const struct optimizer_scalars *scalars)
{
    bool decay = scalars->weight_decay != 0;
    if (state[1] && decay)
        step(w, state[0], state[1], sum, n, *scalars, true, true);
    else if (state[1])
        step(w, state[0], state[1], sum, n, *scalars, false, true);
    else if (decay)
        step(w, state[0], state[1], sum, n, *scalars, true, false);
    else
        step(w, state[0], state[1], sum, n, *scalars, false, false);
}
