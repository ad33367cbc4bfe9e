/* dropout.h: dropout, one table per level.
 *
 * Inverted dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: "Dropout", JMLR 2014,
 * as in torch.nn.Dropout): with probability p a value becomes 0, else it is multiplied by 1 / (1 -
 * p), rounded to float32 once, so that evaluation, without dropout, needs no scaling.
 *
 * Whether unit u of a sample's x[layer] is dropped is a function of the seed, the step, the
 * sample's position in the batch and the unit: it becomes 0 if word position % 4 of the random
 * block
 *
 *     RANDOM_DROPOUT, layer, step, position / 4, u             (base/random.h, the layout of masks)
 *
 * is below floor(p 2^32). So it depends neither on passes nor on ranks.
 *
 * Threads: any, on values of their own. All levels give the same bits.
 */
#ifndef NET_DROPOUT_H
#define NET_DROPOUT_H

#include <stdint.h>

#include "base/level.h"

/* The position of a sample in the run. */
struct dropout_place {
    uint64_t seed;
    int64_t step;     /* counted from 1 over all epochs */
    int64_t position; /* in the batch */
};

struct dropout {
    /* Applies dropout to x [rows x n], rows `stride` apart: consecutive samples from `first` on,
     * consecutive units from `unit` on; slope gets the same factors, unless it is NULL. 0 <= p <
     * 1. */
    void (*drop)(float *x, float *slope, int64_t rows, int64_t n, int64_t stride, float p,
        struct dropout_place first, int layer, int64_t unit);
};

LEVEL_TABLE(const struct dropout, dropout)

static inline float dropout_scale(float p)
{
    return (float)(1 / (1 - (double)p));
}

#endif
