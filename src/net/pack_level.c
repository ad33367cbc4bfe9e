/* Compiled once a level (base/level.h). */
#include "net/pack.h"

#include <string.h>

pack_function LEVEL_NAME(pack);

/* Four floats at a time go through registers on every level; the compiler joins them where it has
 * wider ones. */
typedef float quad __attribute__((vector_size(16)));

static inline quad load(const float *from)
{
    quad x;
    memcpy(&x, from, sizeof x);
    return x;
}

/* out[t * width + l] = in[l * lane + t] for 4 lanes and 4 steps. */
static inline void transpose4(float *out, int width, const float *in, int64_t lane)
{
    quad a = load(in), b = load(in + lane), c = load(in + 2 * lane), d = load(in + 3 * lane);
    quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    quad cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    quad step[4] = {__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
        __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
        __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
        __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
    for (int t = 0; t < 4; t++)
        memcpy(out + (size_t)t * (size_t)width, &step[t], sizeof step[t]);
}

static inline void copy_lanes(
    float *restrict panel, int width, int used, int64_t k, const float *restrict from, int64_t step)
{
    for (int64_t t = 0; t < k; t++)
        for (int l = 0; l < used; l++)
            panel[t * width + l] = from[t * step + l];
}

/* The widths of the known kernels, so that the compiler sees whole vectors and no loop. */
static void copy_whole(float *panel, int width, int64_t k, const float *from, int64_t step)
{
    switch (width) {
    case 32:
        copy_lanes(panel, 32, 32, k, from, step);
        break;
    case 16:
        copy_lanes(panel, 16, 16, k, from, step);
        break;
    case 12:
        copy_lanes(panel, 12, 12, k, from, step);
        break;
    case 6:
        copy_lanes(panel, 6, 6, k, from, step);
        break;
    default:
        copy_lanes(panel, width, width, k, from, step);
    }
}

static void transpose_lanes(
    float *restrict panel, int width, int used, int64_t k, const float *restrict from, int64_t lane)
{
    int64_t whole = k - k % 4;
    int l = 0;
    for (; l + 4 <= used; l += 4) {
        for (int64_t t = 0; t < whole; t += 4)
            transpose4(panel + t * width + l, width, from + l * lane + t, lane);
        for (int64_t t = whole; t < k; t++)
            for (int i = l; i < l + 4; i++)
                panel[t * width + i] = from[i * lane + t];
    }
    for (; l < used; l++)
        for (int64_t t = 0; t < k; t++)
            panel[t * width + l] = from[l * lane + t];
}

void LEVEL_NAME(pack)(
    float *panel, int width, int used, int64_t k, const float *from, int64_t lane, int64_t step)
{
    if (step == 1) {
        transpose_lanes(panel, width, used, k, from, lane);
    } else if (lane == 1 && used == width) {
        copy_whole(panel, width, k, from, step);
    } else if (lane == 1) {
        copy_lanes(panel, width, used, k, from, step);
    } else {
        for (int64_t t = 0; t < k; t++)
            for (int l = 0; l < used; l++)
                panel[t * width + l] = from[l * lane + t * step];
    }
    for (int64_t t = 0; t < k && used < width; t++)
        for (int l = used; l < width; l++)
            panel[t * width + l] = 0;
}
