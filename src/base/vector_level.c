/* Compiled once a level (level.h). */
#include "base/vector.h"

#include <string.h>

extern const struct vector LEVEL_NAME(vector);

static void add(float *restrict left, const float *restrict right, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        left[i] += right[i];
}

/* Without their signs floats are ordered as their bits are, and a NaN lies above infinity; unlike a
 * maximum of floats this one takes whole vectors. */
static float largest(const float *x, int64_t n)
{
    int32_t most = 0, infinity = 0x7f800000;
    for (int64_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= INT32_MAX;
        most = bits > most ? bits : most;
    }
    most = most < infinity ? most : infinity;
    float result;
    memcpy(&result, &most, sizeof result);
    return result;
}

static void scale_f32(float *restrict out, const float *restrict x, const float *restrict shift,
    const float *restrict factor, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (x[i] - shift[i]) * factor[i];
}

static void scale_u8(float *restrict out, const uint8_t *restrict x, const float *restrict shift,
    const float *restrict factor, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = ((float)x[i] - shift[i]) * factor[i];
}

const struct vector LEVEL_NAME(vector) = {
    .add = add,
    .largest = largest,
    .scale_f32 = scale_f32,
    .scale_u8 = scale_u8,
};
