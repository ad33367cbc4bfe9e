/* Compiled once per level (level.h). */
#include "base/vector.h"

#include <string.h>

extern const struct vector LEVEL_NAME(vector);

static void add(float *restrict left, const float *restrict right, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        left[i] += right[i];
}

/* Floats without their signs are ordered like their bits, with NaN above infinity; unlike a maximum
 * of floats, this one is vectorized. */
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

/* Inlined where `type` is a constant, so that each type has a loop of its own. */
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
    switch (type) {
    case VALUE_U8:
        scale_type(VALUE_U8, out, x, shift, factor, n);
        break;
    case VALUE_F32:
        scale_type(VALUE_F32, out, x, shift, factor, n);
        break;
    case VALUE_I8:
        scale_type(VALUE_I8, out, x, shift, factor, n);
        break;
    case VALUE_U16:
        scale_type(VALUE_U16, out, x, shift, factor, n);
        break;
    case VALUE_I16:
        scale_type(VALUE_I16, out, x, shift, factor, n);
        break;
    case VALUE_U32:
        scale_type(VALUE_U32, out, x, shift, factor, n);
        break;
    case VALUE_I32:
        scale_type(VALUE_I32, out, x, shift, factor, n);
        break;
    case VALUE_U64:
        scale_type(VALUE_U64, out, x, shift, factor, n);
        break;
    case VALUE_I64:
        scale_type(VALUE_I64, out, x, shift, factor, n);
        break;
    case VALUE_F64:
        scale_type(VALUE_F64, out, x, shift, factor, n);
        break;
    case N_VALUE_TYPES:
        break;
    }
}

const struct vector LEVEL_NAME(vector) = {
    .add = add,
    .largest = largest,
    .scale = scale,
};
