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

#include <stdint.h>

#include "base/level.h"
#include "base/status.h"

struct optimizer {
    float momentum;
    float weight_decay;
    float *velocity; /* [n] of the parameters it steps; NULL without momentum */
};

/* State for n parameters. STATUS_NO_RESOURCE. */
enum status optimizer_init(struct optimizer *optimizer, int64_t n, double momentum,
    double weight_decay, struct error *error);
void optimizer_clear(struct optimizer *optimizer);

/* Steps w [n] by the gradient sum [n]; `at` is the place of this run in the state. */
void optimizer_step(const struct optimizer *optimizer, enum level level, float *w, const float *sum,
    int64_t at, int64_t n, float scale, float lr);

#endif
