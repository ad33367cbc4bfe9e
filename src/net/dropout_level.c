/* Compiled once per level (base/level.h). */
#include "net/dropout.h"

#include "base/random.h"

/* Units processed side by side, so that the words of a block are vectors. */
enum { UNITS = 16, WORDS = 4 };

struct mask {
    uint32_t key[5]; /* Threefry's four key words, and the fifth derived from them */
    uint32_t step, purpose;
    uint32_t below;
    float scale;
};

static struct mask mask_of(float p, struct dropout_place place, int layer)
{
    const uint64_t seed = place.seed, step = (uint64_t)place.step;
    struct mask mask = {.key = {(uint32_t)seed, (uint32_t)(seed >> 32), (uint32_t)(step >> 32), 0},
        .step = (uint32_t)step,
        .purpose = (uint32_t)RANDOM_DROPOUT << 24 | (uint32_t)layer,
        .below = (uint32_t)((double)p * 0x1p32),
        .scale = dropout_scale(p)};
    mask.key[4] = 0x1BD11BDA ^ mask.key[0] ^ mask.key[1] ^ mask.key[2] ^ mask.key[3];
    return mask;
}

static inline void mix(uint32_t *a, uint32_t *b, int turn)
{
    *a += *b;
    *b = (*b << turn | *b >> (32 - turn)) ^ *a;
}

/* Four rounds of Threefry, and the next key injection. */
static inline void turn_even(uint32_t x[WORDS], const uint32_t key[5], uint32_t count)
{
    mix(&x[0], &x[1], 10), mix(&x[2], &x[3], 26);
    mix(&x[0], &x[3], 11), mix(&x[2], &x[1], 21);
    mix(&x[0], &x[1], 13), mix(&x[2], &x[3], 27);
    mix(&x[0], &x[3], 23), mix(&x[2], &x[1], 5);
    for (uint32_t i = 0; i < WORDS; i++)
        x[i] += key[(count + i) % 5];
    x[3] += count;
}

static inline void turn_odd(uint32_t x[WORDS], const uint32_t key[5], uint32_t count)
{
    mix(&x[0], &x[1], 6), mix(&x[2], &x[3], 20);
    mix(&x[0], &x[3], 17), mix(&x[2], &x[1], 11);
    mix(&x[0], &x[1], 25), mix(&x[2], &x[3], 10);
    mix(&x[0], &x[3], 18), mix(&x[2], &x[1], 20);
    for (uint32_t i = 0; i < WORDS; i++)
        x[i] += key[(count + i) % 5];
    x[3] += count;
}

/* Draws the words for four positions and for the units from `unit` on: Threefry4x32-20, one block
 * per unit. */
static void draw(uint32_t word[restrict WORDS][UNITS], const struct mask *mask, uint32_t position4,
    uint32_t unit)
{
    const uint32_t *key = mask->key;
    for (uint32_t u = 0; u < UNITS; u++) {
        uint32_t x[WORDS] = {
            unit + u + key[0], position4 + key[1], mask->step + key[2], mask->purpose + key[3]};
        turn_even(x, key, 1);
        turn_odd(x, key, 2);
        turn_even(x, key, 3);
        turn_odd(x, key, 4);
        turn_even(x, key, 5);
        for (int w = 0; w < WORDS; w++)
            word[w][u] = x[w];
    }
}

static inline void keep(
    float *restrict x, const uint32_t *restrict word, const struct mask *mask, int64_t n)
{
#pragma omp simd /* without it gcc unrolls the loop over units and does not vectorize it */
    for (int64_t u = 0; u < n; u++)
        x[u] = word[u] < mask->below ? 0 : x[u] * mask->scale;
}

/* A row of a tile consists of whole vectors; a row of inputs may end with fewer units. */
static inline void keep_units(float *x, const uint32_t *word, const struct mask *mask, int64_t n)
{
    if (n == UNITS)
        keep(x, word, mask, UNITS);
    else
        keep(x, word, mask, n);
}

void LEVEL_NAME(dropout)(float *x, float *slope, int64_t rows, int64_t n, int64_t stride, float p,
    struct dropout_place first, int layer, int64_t unit)
{
    uint32_t word[WORDS][UNITS];
    struct mask mask = mask_of(p, first, layer);
    for (int64_t u = 0; u < n; u += UNITS) {
        int64_t width = n - u < UNITS ? n - u : UNITS;
        for (int64_t r = 0; r < rows; r++) {
            int64_t position = first.position + r, which = position % WORDS;
            if (r == 0 || which == 0)
                draw(word, &mask, (uint32_t)(position / WORDS), (uint32_t)(unit + u));
            keep_units(x + r * stride + u, word[which], &mask, width);
            if (slope)
                keep_units(slope + r * stride + u, word[which], &mask, width);
        }
    }
}
