/* Compiled once per level (base/level.h). Flags such as `decay` are constants at each call site, so
 * the compiled loops contain only what they need. */
#include "optim/rules.h"

#include <math.h>

static inline float gradient(float sum, float w, struct optimizer_scalars s, bool decay)
{
    float g = sum * s.scale;
    return decay ? g + s.weight_decay * w : g;
}

/* --- sgd -------------------------------------------------------------------------------------- */

static inline void sgd_with_momentum(float *restrict w, float *restrict velocity,
    const float *restrict sum, int64_t n, struct optimizer_scalars s, bool decay, bool plain)
{
    for (int64_t i = 0; i < n; i++) {
        float g = gradient(sum[i], w[i], s, decay);
        float v = s.momentum * velocity[i] + (plain ? g : s.intake * g);
        velocity[i] = v;
        w[i] -= s.lr * (plain || !s.nesterov ? v : g + s.momentum * v);
    }
}

static inline void sgd_without(
    float *restrict w, const float *restrict sum, int64_t n, struct optimizer_scalars s, bool decay)
{
    for (int64_t i = 0; i < n; i++)
        w[i] -= s.lr * gradient(sum[i], w[i], s, decay);
}

static void sgd(float *w, float *const state[OPTIMIZER_RULE_STATES_MAX], const float *sum,
    int64_t n, const struct optimizer_scalars *scalars)
{
    bool decay = scalars->weight_decay != 0;
    bool plain = scalars->intake == 1 && !scalars->nesterov;
    if (!state[0] && decay)
        sgd_without(w, sum, n, *scalars, true);
    else if (!state[0])
        sgd_without(w, sum, n, *scalars, false);
    else if (plain && decay)
        sgd_with_momentum(w, state[0], sum, n, *scalars, true, true);
    else if (plain)
        sgd_with_momentum(w, state[0], sum, n, *scalars, false, true);
    else
        sgd_with_momentum(w, state[0], sum, n, *scalars, true, false);
}

/* --- adam and adamw --------------------------------------------------------------------------- */

/* Interpolates like torch's lerp, which starts from the nearer end. */
static inline float blend(float m, float g, bool near, float part)
{
    return (near ? m : g) + part * (g - m);
}

static inline void adam_step(float *restrict w, float *restrict m, float *restrict v,
    const float *restrict sum, int64_t n, struct optimizer_scalars s, bool decay)
{
    const bool near = s.mix < 0.5f;
    const float part = near ? s.mix : -(1 - s.mix);
    for (int64_t i = 0; i < n; i++) {
        float weight = w[i] * s.shrink, g = gradient(sum[i], weight, s, decay);
        float mean = blend(m[i], g, near, part);
        float square = v[i] * s.keep + s.add * g * g;
        m[i] = mean;
        v[i] = square;
        w[i] = weight - s.lr * mean / (sqrtf(square) / s.root + s.eps);
    }
}

static void adam(float *w, float *const state[OPTIMIZER_RULE_STATES_MAX], const float *sum,
    int64_t n, const struct optimizer_scalars *scalars)
{
    if (scalars->weight_decay != 0)
        adam_step(w, state[0], state[1], sum, n, *scalars, true);
    else
        adam_step(w, state[0], state[1], sum, n, *scalars, false);
}

/* --- rmsprop ---------------------------------------------------------------------------------- */

/* `buffer` is read only with momentum. */
static inline void rmsprop_step(float *restrict w, float *restrict v, float *restrict buffer,
    const float *restrict sum, int64_t n, struct optimizer_scalars s, bool decay, bool momentum)
{
    for (int64_t i = 0; i < n; i++) {
        float g = gradient(sum[i], w[i], s, decay);
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

static void rmsprop(float *w, float *const state[OPTIMIZER_RULE_STATES_MAX], const float *sum,
    int64_t n, const struct optimizer_scalars *scalars)
{
    bool decay = scalars->weight_decay != 0;
    if (state[1] && decay)
        rmsprop_step(w, state[0], state[1], sum, n, *scalars, true, true);
    else if (state[1])
        rmsprop_step(w, state[0], state[1], sum, n, *scalars, false, true);
    else if (decay)
        rmsprop_step(w, state[0], state[1], sum, n, *scalars, true, false);
    else
        rmsprop_step(w, state[0], state[1], sum, n, *scalars, false, false);
}

/* --- adagrad ---------------------------------------------------------------------------------- */

static inline void adagrad_step(float *restrict w, float *restrict squares,
    const float *restrict sum, int64_t n, struct optimizer_scalars s, bool decay)
{
    for (int64_t i = 0; i < n; i++) {
        float g = gradient(sum[i], w[i], s, decay);
        float all = squares[i] + g * g;
        squares[i] = all;
        w[i] -= s.lr * g / (sqrtf(all) + s.eps);
    }
}

static void adagrad(float *w, float *const state[OPTIMIZER_RULE_STATES_MAX], const float *sum,
    int64_t n, const struct optimizer_scalars *scalars)
{
    if (scalars->weight_decay != 0)
        adagrad_step(w, state[0], sum, n, *scalars, true);
    else
        adagrad_step(w, state[0], sum, n, *scalars, false);
}

/* --- lion ------------------------------------------------------------------------------------- */

static void lion(float *w, float *const state[OPTIMIZER_RULE_STATES_MAX], const float *restrict sum,
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

/* --- clipping --------------------------------------------------------------------------------- */

/* Both comparisons are false for a NaN, so it passes through, as in torch's clamp. */
static void clip(float *restrict out, const float *restrict sum, int64_t n, float scale,
    float value, float factor)
{
    for (int64_t i = 0; i < n; i++) {
        float g = sum[i] * scale;
        g = g > value ? value : g;
        g = g < -value ? -value : g;
        out[i] = g * factor;
    }
}

/* --- averaging -------------------------------------------------------------------------------- */

static void average(float *restrict ema, const float *restrict w, int64_t n, float share)
{
    for (int64_t i = 0; i < n; i++)
        ema[i] = fmaf(share, w[i] - ema[i], ema[i]);
}

const struct rules LEVEL_NAME(rules) = {
    .step = {[OPTIMIZER_SGD] = sgd,
        [OPTIMIZER_ADAM] = adam,
        [OPTIMIZER_ADAMW] = adam,
        [OPTIMIZER_RMSPROP] = rmsprop,
        [OPTIMIZER_ADAGRAD] = adagrad,
        [OPTIMIZER_LION] = lion},
    .clip = clip,
    .average = average,
};
