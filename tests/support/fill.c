#include "support/fill.h"

#include "support/reference.h"

void fill_uniform(float *out, int64_t n, uint64_t seed)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)((int64_t)(reference_word(seed, 0, 0, 0, (uint32_t)i) >> 8) - 8388608) /
                 8388608.0f;
}

void fill_labels(int32_t *out, int64_t n, int64_t classes, uint64_t seed)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (int32_t)(reference_word(seed, 0, 1, 0, (uint32_t)i) % (uint64_t)classes);
}
