/* random.h: counter-based random numbers. No generator has state.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC'11),
 * from Random123. A number is a function of the seed and of the place where it is used, so any
 * worker on any rank draws the same numbers. The layout of the 128-bit counter, four 32-bit words:
 *
 *     word 0   unit / 4        unit: the number within its row (a feature, a weight of a layer)
 *     word 1   row             low half of a sample's position or number; 0 if there is none
 *     word 2   row             high half
 *     word 3   purpose << 24 | layer
 *
 * key = the 64-bit seed, low half first. One block provides units 4q ... 4q+3, in word order.
 *
 * Masks are drawn by the million in every step, with neighbouring units side by side in vectors. So
 * masks have a different layout, and use Threefry4x32-20 from the same paper and library, which
 * only adds, rotates and xors; Philox needs 64-bit products, which compilers vectorize poorly. One
 * block provides one unit at positions 4q ... 4q+3, in word order:
 *
 *     word 0   unit
 *     word 1   position / 4    of the sample in its batch
 *     word 2   step            low half
 *     word 3   purpose << 24 | layer
 *
 * key = the 64-bit seed, low half first, the high half of the step, 0.
 *
 * Threads: any.
 */
#pragma once

#include <stdint.h>

enum random_purpose {
    RANDOM_INIT = 1,     /* initial weights; layer = 0, 1, ...; unit = index in the layer */
    RANDOM_ORDER = 2,    /* round keys for the order of an epoch; row = epoch */
    RANDOM_SPLIT = 3,    /* round keys for the validation split */
    RANDOM_FEATURES = 4, /* synthetic data; row = sample number */
    RANDOM_LABELS = 5,
    RANDOM_TEACHER = 6,
    RANDOM_NOISE = 7,
    RANDOM_DROPOUT = 8, /* masks (net/dropout.h) for the inputs of layer = 0, 1, ... */
    RANDOM_TUNE = 9,    /* tries of tune; row = number of the try; unit / 4 = enum searched */
};

struct random_stream {
    uint64_t seed;
    enum random_purpose purpose;
    uint32_t layer;
};

/* Computes the four words of block `unit4` (= unit / 4) of a row. */
void random_block(struct random_stream stream, uint64_t row, uint32_t unit4, uint32_t word[4]);

/* Returns the number for `unit` of a row, uniform over the 32-bit numbers. */
uint32_t random_word(struct random_stream stream, uint64_t row, uint32_t unit);

/* Converts a word to a multiple of 2^-23 in [-1, 1): (top 24 bits - 2^23) * 2^-23, exact in
 * float32. */
static inline float random_symmetric(uint32_t word)
{
    return (float)((int32_t)(word >> 8) - (1 << 23)) * 0x1p-23f;
}
