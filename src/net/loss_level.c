/* Compiled once a level (base/level.h). */
#include "net/loss.h"

#include <stdbool.h>
#include <string.h>

extern const struct loss LEVEL_NAME(loss);

static inline float exp_negative(float x)
{
    const float log2e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    const float to_integer = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    float shifted = x * log2e + to_integer;
    float k = shifted - to_integer;
    float r = (x - k * ln2_high) - k * ln2_low;
    float sum = 1.0f / 5040;
    sum = sum * r + 1.0f / 720;
    sum = sum * r + 1.0f / 120;
    sum = sum * r + 1.0f / 24;
    sum = sum * r + 1.0f / 6;
    sum = sum * r + 0.5f;
    sum = sum * r + 1.0f;
    sum = sum * r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23; /* the low bits of `shifted` hold k; the rest falls out */
    float power;
    memcpy(&power, &bits, sizeof power);
    return x < -87.0f ? 0.0f : sum * power;
}

static inline double log_above_one(double s)
{
    uint64_t bits;
    memcpy(&bits, &s, sizeof bits);
    int64_t k = (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u;
    double f;
    memcpy(&f, &bits, sizeof f);
    bool high = f >= 1.4142135623730951;
    f = high ? f * 0.5 : f;
    k += high;
    double q = (f - 1) / (f + 1), square = q * q, sum = 1.0 / 21;
    for (int i = 19; i >= 1; i -= 2)
        sum = sum * square + 1.0 / i;
    return 2 * q * sum + (double)k * 0.6931471805599453;
}

/* Rows side by side, so that each is summed in its own order and all together are vectors. A wider
 * last layer fills vectors by itself. */
enum { ROWS = 16, NARROW = 64 };

/* Columns of z [n] -> softmax. `most` has the first z of each row, and then the largest; `sum` gets
 * that of its exponentials. */
static inline void softmax_columns(
    float e[restrict NARROW][ROWS], int64_t n, float most[restrict ROWS], float sum[restrict ROWS])
{
    for (int64_t j = 1; j < n; j++)
        for (int64_t r = 0; r < ROWS; r++)
            most[r] =
                e[j][r] <= most[r] ? most[r] : e[j][r]; /* a NaN wins, and so shows in the loss */
    for (int64_t r = 0; r < ROWS; r++)
        sum[r] = 0;
    for (int64_t j = 0; j < n; j++)
        for (int64_t r = 0; r < ROWS; r++) {
            e[j][r] = exp_negative(e[j][r] - most[r]);
            sum[r] += e[j][r];
        }
    for (int64_t j = 0; j < n; j++)
        for (int64_t r = 0; r < ROWS; r++)
            e[j][r] = e[j][r] / sum[r];
}

static void narrow_rows(float *restrict z, const int32_t *restrict label, double *restrict loss,
    int64_t rows, int64_t n, int64_t stride)
{
    float e[NARROW][ROWS], most[ROWS], sum[ROWS];
    double margin[ROWS], log[ROWS];
    for (int64_t j = 0; j < n; j++)
        for (int64_t r = 0; r < ROWS; r++)
            e[j][r] = r < rows ? z[r * stride + j] : 0;
    for (int64_t r = 0; r < ROWS; r++)
        most[r] = r < rows ? z[r * stride] : 0;
    softmax_columns(e, n, most, sum);
    for (int64_t r = 0; r < rows; r++)
        margin[r] = (double)(z[r * stride + label[r]] - most[r]);
    for (int64_t r = 0; r < ROWS; r++)
        log[r] = log_above_one((double)sum[r]);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t j = 0; j < n; j++)
            z[r * stride + j] = e[j][r];
        z[r * stride + label[r]] -= 1;
        /* log() takes its bits apart, so a NaN must go round it. */
        loss[r] = sum[r] == sum[r] ? log[r] - margin[r] : (double)sum[r];
    }
}

static double wide_row(float *z, int32_t label, int64_t n)
{
    float most = z[0];
    for (int64_t j = 1; j < n; j++)
        most = z[j] <= most ? most : z[j]; /* as above */
    float margin = z[label] - most;
    for (int64_t j = 0; j < n; j++)
        z[j] = exp_negative(z[j] - most);
    float sum = 0;
    for (int64_t j = 0; j < n; j++)
        sum += z[j];
    for (int64_t j = 0; j < n; j++)
        z[j] = z[j] / sum;
    z[label] -= 1;
    return sum == sum ? log_above_one((double)sum) - (double)margin : (double)sum;
}

static void cross_entropy(float *restrict z, const int32_t *restrict label, double *restrict loss,
    int64_t rows, int64_t n, int64_t stride)
{
    for (int64_t r = 0; n <= NARROW && r < rows; r += ROWS)
        narrow_rows(
            z + r * stride, label + r, loss + r, rows - r < ROWS ? rows - r : ROWS, n, stride);
    for (int64_t r = 0; n > NARROW && r < rows; r++)
        loss[r] = wide_row(z + r * stride, label[r], n);
}

static void squared(float *restrict z, const float *restrict target, double *restrict loss,
    int64_t rows, int64_t n, int64_t stride)
{
    float factor = (float)(2.0 / (double)n);
    for (int64_t r = 0; r < rows; r++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++) {
            float d = z[r * stride + j] - target[r * n + j];
            sum += (double)d * (double)d;
            z[r * stride + j] = d * factor;
        }
        loss[r] = sum / (double)n;
    }
}

static float exp_of(float x)
{
    return exp_negative(x);
}

static double log_of(double s)
{
    return log_above_one(s);
}

const struct loss LEVEL_NAME(loss) = {
    .cross_entropy = cross_entropy,
    .squared = squared,
    .exp = exp_of,
    .log = log_of,
};
