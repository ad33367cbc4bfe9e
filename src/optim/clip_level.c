/* Compiled once per level (base/level.h). */
#include <stdint.h>

#include "base/level.h"

void LEVEL_NAME(clip)(
    float *out, const float *sum, int64_t n, float scale, float value, float factor);

/* Both comparisons are false for a NaN, so it passes through, as in torch's clamp. */
void LEVEL_NAME(clip)(float *restrict out, const float *restrict sum, int64_t n, float scale,
    float value, float factor)
{
    for (int64_t i = 0; i < n; i++) {
        float g = sum[i] * scale;
        g = g > value ? value : g;
        g = g < -value ? -value : g;
        out[i] = g * factor;
    }
}
