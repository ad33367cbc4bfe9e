/* Compiled once a level (level.h). */
#include "base/vector.h"

#include <float.h>
#include <math.h>

extern const struct vector LEVEL_NAME(vector);

static void add(float *restrict left, const float *restrict right, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        left[i] += right[i];
}

static bool all_finite(const float *x, int64_t n)
{
    int bad = 0;
    for (int64_t i = 0; i < n; i++)
        bad |= !(fabsf(x[i]) <= FLT_MAX);
    return !bad;
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
    .finite = all_finite,
    .scale_f32 = scale_f32,
    .scale_u8 = scale_u8,
};
