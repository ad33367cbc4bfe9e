/* clip.h: clipping of gradients by value and by norm.
 *
 *     by value   g = clamp(g, -value, value), element by element     torch clip_grad_value_
 *     by norm    g = g * f,  f = min(1, norm / (|g| + 1e-6))         torch clip_grad_norm_
 *
 * g is the mean gradient and |g| the Euclidean norm over all parameters, after clipping by value if
 * both are requested. |g| is the root of an exact sum of squares (base/sums/exact_sum.h), so it depends
 * neither on the order of the parameters in memory nor on which rank holds them. Both |g| and f are
 * computed in double, and f is rounded to float32 once. Source: torch.nn.utils.clip_grad.
 *
 * Threads: any, on runs of their own. Collective: no. All levels give the same bits.
 */
#ifndef OPTIM_CLIP_H
#define OPTIM_CLIP_H

#include "base/sums/exact_sum.h"
#include "optim/optimizer.h"

struct clip {
    double value, norm; /* 0: not so */
};

/* f for a gradient of this norm; 1 without clipping by norm. */
float clip_factor(const struct clip *clip, double norm);

/* out[i] = clamp(sum[i] * scale, -clip_value, clip_value) * clip_factor. */
void clip_run(float *out, const float *sum, int64_t n, const struct optimizer_scalars *scalars,
    enum level level);

/* Adds the squares of these n elements. */
void clip_add_squares(struct exact_sum *squares, const float *sum, int64_t n,
    const struct optimizer_scalars *scalars, enum level level);

#endif
