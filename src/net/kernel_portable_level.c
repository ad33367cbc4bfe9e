/* Compiled once a level (base/level.h). */
#include <math.h>

#include "net/kernel.h"

void LEVEL_NAME(portable_block)(const struct kernel *kernel, int64_t m, int64_t n, int64_t k,
    struct matrix a, struct matrix b, bool add, float *c, int64_t stride);

enum { LANES = 32 };

/* One row of c, `lanes` columns from j on. */
static void chains(int64_t k, const float *a, int64_t a_step, const float *b, int64_t b_row,
    int64_t b_column, int lanes, float sum[LANES])
{
    for (int j = 0; j < LANES; j++)
        sum[j] = 0;
    if (b_column == 1 && lanes == LANES) {
        for (int64_t t = 0; t < k; t++)
            for (int j = 0; j < LANES; j++)
                sum[j] = fmaf(a[t * a_step], b[t * b_row + j], sum[j]);
        return;
    }
    for (int64_t t = 0; t < k; t++)
        for (int j = 0; j < lanes; j++)
            sum[j] = fmaf(a[t * a_step], b[t * b_row + j * b_column], sum[j]);
}

void LEVEL_NAME(portable_block)(const struct kernel *kernel, int64_t m, int64_t n, int64_t k,
    struct matrix a, struct matrix b, bool add, float *c, int64_t stride)
{
    (void)kernel;
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j += LANES) {
            int lanes = n - j < LANES ? (int)(n - j) : LANES;
            float sum[LANES];
            chains(k, a.at + i * a.row, a.column, b.at + j * b.column, b.row, b.column, lanes, sum);
            float *out = c + i * stride + j;
            for (int l = 0; l < lanes; l++)
                out[l] = add ? out[l] + sum[l] : sum[l];
        }
}
