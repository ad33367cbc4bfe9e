/* Compiled once per level (base/level.h). */
#include "optim/rules.h"

extern optimizer_rule LEVEL_NAME(lion);

void LEVEL_NAME(lion)(float *w, float *const state[OPTIMIZER_STATES_MAX], const float *restrict sum,
    int64_t n, const struct optimizer_scalars *scalars)
{
    const struct optimizer_scalars s = *scalars;
    float *restrict m = state[0];
    for (int64_t i = 0; i < n; i++) {
        float g = sum[i] * s.scale;
        float c = s.momentum * m[i] + s.mix * g;
        float sign = (float)((c > 0) - (c < 0));
        m[i] = s.keep * m[i] + s.add * g;
        w[i] = w[i] * s.shrink - s.lr * sign;
    }
}
