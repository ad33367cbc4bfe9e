/* Compiled once per level (level.h). */
#include "base/vector.h"

#include <string.h>

static void add(float *restrict left, const float *restrict right, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        left[i] += right[i];
}

/* Without their signs, floats have the same order as their bits read as integers, with NaN above
 * infinity. Unlike a maximum of floats, a maximum of integers is vectorized. */
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

/* Always inlined with a constant `type`, so that each type has its own loop. */
static inline __attribute__((always_inline)) void scale_type(enum value_type type,
    float *restrict out, const void *restrict x, const float *restrict shift,
    const float *restrict factor, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (value_as_float(x, type, i) - shift[i]) * factor[i];
}

static void scale(float *out, const void *x, enum value_type type, const float *shift,
    const float *factor, int64_t n)
{
#define SCALE(name, number, argument)                                                              \
    case name:                                                                                     \
        scale_type(name, out, x, shift, factor, n);                                                \
        break;
    switch (type) {
        VALUE_TYPES(SCALE, )
    case N_VALUE_TYPES:
        break;
    }
}

const struct vector LEVEL_NAME(vector) = {
    .add = add,
    .largest = largest,
    .scale = scale,
};
