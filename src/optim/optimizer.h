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
#include "base/status.h"

struct optimizer {
    float momentum;
    float weight_decay;
    float *velocity; /* [n] of the parameters it steps; NULL without momentum */
    /* No |v| and no |w| can be larger than these: see optimizer_allows(). */
    double velocity_bound, weight_bound;
};

/* State for n parameters. `largest_weight`: the largest magnitude of all weights, of all owners.
 * STATUS_NO_RESOURCE. */
enum status optimizer_init(struct optimizer *optimizer, int64_t n, double momentum,
    double weight_decay, float largest_weight, struct error *error);
void optimizer_clear(struct optimizer *optimizer);

/* Whether a step by sums of at most `largest_sum` can be taken without any weight overflowing, by
 * bounds kept over the steps:  V <- momentum V + largest g,  W <- W + lr V. If so, the bounds are those
 * after that step; if not, they may only have grown too loose (weight decay feeds W into g, though it
 * shrinks the weights): optimizer_rebound() and ask again. A function of scalars that all ranks share,
 * so all decide alike; from one thread, once a step. */
bool optimizer_allows(struct optimizer *optimizer, float largest_sum, float scale, float lr);

/* Sets the bounds to what is so: the largest magnitudes of all owners' weights and velocities. */
void optimizer_rebound(struct optimizer *optimizer, float largest_weight, float largest_velocity);

/* Steps w [n] by the gradient sum [n]; `at` is the place of this run in the state. */
void optimizer_step(const struct optimizer *optimizer, enum level level, float *w, const float *sum,
    int64_t at, int64_t n, float scale, float lr);

#endif
