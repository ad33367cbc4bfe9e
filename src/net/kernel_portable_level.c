/* Compiled once per level (base/level.h), so that fmaf() is one instruction where the CPU has it;
 * elsewhere it is a slow call. */
#include <math.h>

#include "net/kernel.h"

void LEVEL_NAME(portable_tile)(const struct kernel *kernel, int64_t k, const float *lane_panel,
    const float *row_panel, bool add, float *c, int64_t stride)
{
    float sum[PORTABLE_ROWS][PORTABLE_LANES] = {{0}};
    (void)kernel;
    for (int64_t t = 0; t < k; t++)
        for (int r = 0; r < PORTABLE_ROWS; r++)
#pragma omp simd /* without it gcc unrolls the loop over lanes and does not vectorize it */
            for (int l = 0; l < PORTABLE_LANES; l++)
                sum[r][l] = fmaf(row_panel[t * PORTABLE_ROWS + r],
                    lane_panel[t * PORTABLE_LANES + l], sum[r][l]);
    for (int r = 0; r < PORTABLE_ROWS; r++)
        for (int l = 0; l < PORTABLE_LANES; l++)
            c[r * stride + l] = add ? c[r * stride + l] + sum[r][l] : sum[r][l];
}
