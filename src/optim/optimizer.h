/* optimizer.h: from a gradient to the next weights, on flat runs of floats.
 *
 * sgd, as torch.optim.SGD defines it (dampening 0, no Nesterov), g the mean gradient:
 *
 *     g = sum * scale               scale = 1 / samples of the batch, rounded to float32
 *     g = g + weight_decay * w
 *     v = momentum * v + g          v starts at 0
 *     w = w - lr * v
 *
 * Each operation rounds once (no contraction); momentum, weight_decay and lr are float32. A term
 * whose factor is 0 is left out, and without momentum there is no v. Source: the algorithm box of
 * https://pytorch.org/docs/stable/generated/torch.optim.SGD.html.
 *
 * Threads: any, on runs of their own. Collective: no. All levels give the same bits.
 */
#ifndef OPTIM_OPTIMIZER_H
#define OPTIM_OPTIMIZER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/level.h"

struct optimizer {
    float momentum;
    float weight_decay;
    float
        *velocity; /* [n] of the parameters it steps, from 0; NULL without momentum. The owner's */
};

/* No |v| and no |w| of any owner can be larger than these: see optimizer_allows(). */
struct optimizer_bounds {
    double velocity, weight;
};

/* Whether a step by sums of at most `largest_sum` can be taken without any weight overflowing, by
 * bounds kept over the steps:  V <- momentum V + largest g,  W <- W + lr V. If so, the bounds are
 * those after that step; if not, they are left, and may only have grown too loose (weight decay
 * feeds W into g, though it shrinks the weights; or the largest sum was itself a bound): set them
 * to the largest magnitudes there are, and ask again. A function of scalars that all share, so all
 * decide alike. */
bool optimizer_allows(const struct optimizer *optimizer, struct optimizer_bounds *bounds,
    double largest_sum, float scale, float lr);

/* Steps w [n] by the gradient sum [n]; `at` is the place of this run in the state. */
void optimizer_step(const struct optimizer *optimizer, enum level level, float *w, const float *sum,
    int64_t at, int64_t n, float scale, float lr);

#endif
