/* Compiled once per level (base/level.h). */
#include "net/activation.h"

#include "net/elementary.h"

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

/* --- curves ----------------------------------------------------------------------------------- */

struct point {
    float y, slope;
};

static inline struct point leaky_relu(float z, float leaky_slope)
{
    return z > 0 ? (struct point){z, 1} : (struct point){leaky_slope * z, leaky_slope};
}

static inline struct point gelu(float z)
{
    struct normal normal = elementary_normal(z);
    return (struct point){z * normal.below, fmaf(z, normal.density, normal.below)};
}

static inline struct point gelu_tanh(float z)
{
    const float b = 1.59576917f, c = 0.0713548139f; /* 2 sqrt(2/pi), and 0.044715 times that */
    float cut = z < -12.0f ? -12.0f : z;
    cut = cut > 12.0f ? 12.0f : cut;
    float square = cut * cut, s = elementary_sigmoid(cut * fmaf(c, square, b));
    float v_slope = fmaf(3 * c, square, b);
    return (struct point){z * s, fmaf(z, fmaf(-s, s, s) * v_slope, s)};
}

static inline struct point silu(float z)
{
    float s = elementary_sigmoid(z);
    return (struct point){z * s, fmaf(z, fmaf(-s, s, s), s)};
}

static inline struct point hyperbolic(float z)
{
    float t = elementary_tanh(z);
    return (struct point){t, fmaf(-t, t, 1.0f)};
}

static inline struct point logistic(float z)
{
    float s = elementary_sigmoid(z);
    return (struct point){s, fmaf(-s, s, s)};
}

static inline struct point elu(float z)
{
    float below = elementary_expm1(z > 0 ? 0 : z);
    return z > 0 ? (struct point){z, 1} : (struct point){below, below + 1.0f};
}

static inline struct point point_of(enum activation_kind kind, float leaky_slope, float z)
{
    return kind == ACTIVATION_LEAKY_RELU  ? leaky_relu(z, leaky_slope)
           : kind == ACTIVATION_GELU      ? gelu(z)
           : kind == ACTIVATION_GELU_TANH ? gelu_tanh(z)
           : kind == ACTIVATION_SILU      ? silu(z)
           : kind == ACTIVATION_TANH      ? hyperbolic(z)
           : kind == ACTIVATION_ELU       ? elu(z)
                                          : logistic(z);
}

static inline void curve(enum activation_kind kind, float leaky_slope, float *restrict z,
    float *restrict slope, const float *restrict bias, int64_t rows, int64_t n)
{
    for (int64_t r = 0; slope && r < rows; r++)
        for (int64_t j = 0; j < n; j++) {
            struct point at = point_of(kind, leaky_slope, z[r * n + j] + bias[j]);
            z[r * n + j] = at.y;
            slope[r * n + j] = at.slope;
        }
    for (int64_t r = 0; !slope && r < rows; r++)
        for (int64_t j = 0; j < n; j++)
            z[r * n + j] = point_of(kind, leaky_slope, z[r * n + j] + bias[j]).y;
}

/* One loop per kind, so that no loop branches on the kind. */
static void bias_curve(enum activation_kind kind, float leaky_slope, float *z, float *slope,
    const float *bias, int64_t rows, int64_t n)
{
    if (kind == ACTIVATION_LEAKY_RELU)
        curve(ACTIVATION_LEAKY_RELU, leaky_slope, z, slope, bias, rows, n);
    else if (kind == ACTIVATION_GELU)
        curve(ACTIVATION_GELU, 0, z, slope, bias, rows, n);
    else if (kind == ACTIVATION_GELU_TANH)
        curve(ACTIVATION_GELU_TANH, 0, z, slope, bias, rows, n);
    else if (kind == ACTIVATION_SILU)
        curve(ACTIVATION_SILU, 0, z, slope, bias, rows, n);
    else if (kind == ACTIVATION_TANH)
        curve(ACTIVATION_TANH, 0, z, slope, bias, rows, n);
    else if (kind == ACTIVATION_SIGMOID)
        curve(ACTIVATION_SIGMOID, 0, z, slope, bias, rows, n);
    else if (kind == ACTIVATION_ELU)
        curve(ACTIVATION_ELU, 0, z, slope, bias, rows, n);
    else
        bias_relu(z, bias, rows, n);
}

/* --- backward --------------------------------------------------------------------------------- */

static void relu_backward(float *restrict dy, const float *restrict y, float scale, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dy[i] = y[i] > 0 ? dy[i] * scale : 0;
}

static void curve_backward(float *restrict dy, const float *restrict slope, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        dy[i] *= slope[i];
}

/* Sums `width` columns together; the sums stay in registers. */
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
    .bias_curve = bias_curve,
    .relu_backward = relu_backward,
    .curve_backward = curve_backward,
    .column_sums = column_sums,
};
