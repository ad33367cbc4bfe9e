/* Compiled once a level (base/level.h). */
#include "net/activation.h"

extern const struct activation LEVEL_NAME(activation);

static void bias(float *restrict z, const float *restrict bias, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < n; j++)
            z[r * n + j] += bias[j];
}

static void bias_relu(float *restrict z, const float *restrict bias, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < n; j++) {
            float sum = z[r * n + j] + bias[j];
            z[r * n + j] = sum <= 0 ? 0 : sum;
        }
}

static void relu_backward(float *restrict dy, const float *restrict y, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dy[i] = y[i] > 0 ? dy[i] : 0;
}

/* So many columns at once, whose sums stay in registers. */
static inline void sum_columns(
    float *restrict sum, const float *restrict dz, int64_t rows, int64_t stride, int width)
{
    float local[16] = {0};
    for (int64_t r = 0; r < rows; r++)
        for (int j = 0; j < width; j++)
            local[j] += dz[r * stride + j];
    for (int j = 0; j < width; j++)
        sum[j] = local[j];
}

static void column_sums(
    float *restrict sum, const float *restrict dz, int64_t rows, int64_t n, int64_t stride)
{
    int64_t j = 0;
    for (; j + 16 <= n; j += 16)
        sum_columns(sum + j, dz + j, rows, stride, 16);
    for (; j + 4 <= n; j += 4)
        sum_columns(sum + j, dz + j, rows, stride, 4);
    for (; j < n; j++)
        sum_columns(sum + j, dz + j, rows, stride, 1);
}

const struct activation LEVEL_NAME(activation) = {
    .bias = bias,
    .bias_relu = bias_relu,
    .relu_backward = relu_backward,
    .column_sums = column_sums,
};
