/* dropout.h: dropout, with one function per level.
 *
 * Inverted dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: "Dropout", JMLR 2014,
 * as in torch.nn.Dropout): a value becomes 0 with probability p; otherwise it is multiplied by 1 /
 * (1 - p), which is rounded to float32 once. So evaluation, which does not use dropout, needs no
 * scaling.
 *
 * Whether unit u of a sample's x[layer] is dropped depends only on the seed, the step, the layer,
 * the sample's position in the batch and the unit. The unit becomes 0 if word position % 4 of the
 * random block
 *
 *     RANDOM_DROPOUT, layer, step, position / 4, u             (base/random.h, the layout of masks)
 *
 * is below floor(p 2^32). So the result depends neither on passes nor on ranks.
 *
 * Threads: any, on values of their own. All levels give the same bits.
 */
#pragma once

#include <stdint.h>

#include "base/level.h"

/* The position of a sample in the run. */
struct dropout_place {
    uint64_t seed;
    int64_t step;     /* counted from 1 over all epochs */
    int64_t position; /* in the batch */
};

/* Applies dropout to x [rows x n], whose rows are `stride` apart: consecutive samples from `first`
 * on, consecutive units from `unit` on. Multiplies slope by the same factors unless it is NULL.
 * 0 <= p < 1. */
typedef void dropout_function(float *x, float *slope, int64_t rows, int64_t n, int64_t stride,
    float p, struct dropout_place first, int layer, int64_t unit);

LEVEL_TABLE(dropout_function, dropout)

static inline float dropout_scale(float p)
{
    return (float)(1 / (1 - (double)p));
}
