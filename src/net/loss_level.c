/* Compiled once per level (base/level.h). */
#include "net/loss.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

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
    bits = (bits + 127) << 23; /* the low bits of `shifted` hold k; the high ones are shifted out */
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

/* --- sums of wide rows ----------------------------------------------------------------------- */

enum { RUN = 512, LANES = 16 };

static inline double join_sums(double sum[LANES])
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            sum[i] += sum[i + half];
    return sum[0];
}

/* Each factor is at most 2, so a product of RUN factors is finite. */
static inline double join_products(double product[LANES])
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            product[i] *= product[i + half];
    return product[0];
}

/* --- cross-entropy ---------------------------------------------------------------------------- */

/* The shares of the label and of every class in a sample's loss. */
struct shares {
    const float *weight; /* NULL: all 1 */
    float label, each;   /* as fractions of a class weight */
    double sum;          /* over all classes, without the label's own share */
    bool plain;          /* label 1, each 0, sum 0 and no weights */
};

static struct shares shares_of(const struct criterion *criterion, int64_t n)
{
    double smoothing = (double)criterion->label_smoothing;
    struct shares shares = {.weight = criterion->class_weight,
        .label = (float)(1 - smoothing),
        .each = (float)(smoothing / (double)n),
        .plain = !criterion->class_weight && smoothing == 0};
    for (int64_t j = 0; j < n && smoothing > 0; j++)
        shares.sum += (double)(shares.each * (shares.weight ? shares.weight[j] : 1));
    return shares;
}

static inline float share_of(const struct shares *shares, int64_t j)
{
    return shares->each * (shares->weight ? shares->weight[j] : 1);
}

/* Returns the sum of b[j] (z[j] - m). */
static double below_most(const struct shares *shares, const float *z, float most, int64_t n)
{
    double all = 0;
    if (shares->each == 0)
        return 0;
    for (int64_t first = 0; first < n; first += RUN) {
        double sum[LANES] = {0};
        int64_t end = n - first < RUN ? n : first + RUN, j = first;
        for (; j + LANES <= end; j += LANES)
            for (int i = 0; i < LANES; i++)
                sum[i] += (double)share_of(shares, j + i) * (double)(z[j + i] - most);
        for (int i = 0; j + i < end; i++)
            sum[i] += (double)share_of(shares, j + i) * (double)(z[j + i] - most);
        all += join_sums(sum);
    }
    return all;
}

/* Turns the softmax into d in place and returns the loss; `margin` is z[c] - m, `below` the result
 * of below_most(). */
static double share_out(const struct shares *shares, float *restrict p, int32_t label, double log,
    double margin, double below, int64_t n)
{
    float own = shares->label * (shares->weight ? shares->weight[label] : 1);
    double all = (double)own + shares->sum;
    float factor = (float)all;
    for (int64_t j = 0; j < n; j++)
        p[j] *= factor;
    for (int64_t j = 0; j < n && shares->each > 0; j++)
        p[j] -= share_of(shares, j);
    p[label] -= own;
    return (all * log - (double)own * margin) - below;
}

/* ROWS rows are processed side by side: each is summed in its own order, and together they fill
 * vectors. A last layer wider than NARROW fills vectors by itself. */
enum { ROWS = 16, NARROW = 64 };

/* Replaces n columns of ROWS rows by the softmax of each row. On entry `most` holds the first value
 * of each row, on return the largest; `sum` receives the sum of each row's exponentials. */
static inline void softmax_columns(
    float e[restrict NARROW][ROWS], int64_t n, float most[restrict ROWS], float sum[restrict ROWS])
{
    for (int64_t j = 1; j < n; j++)
        for (int64_t r = 0; r < ROWS; r++)
            most[r] =
                e[j][r] <= most[r] ? most[r] : e[j][r]; /* keeps a NaN, so the loss shows it */
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

/* Turns the softmax into d in place; returns the loss. */
static inline double conclude(const struct shares *shares, float *p, int32_t label, float sum,
    double log, double margin, double below, int64_t n)
{
    double loss = log - margin;
    if (shares->plain)
        p[label] -= 1;
    else
        loss = share_out(shares, p, label, log, margin, below, n);
    return sum == sum ? loss : (double)sum;
}

static void narrow_rows(const struct shares *shares, float *restrict z,
    const int32_t *restrict label, double *restrict loss, int64_t rows, int64_t n, int64_t stride)
{
    float e[NARROW][ROWS], most[ROWS], sum[ROWS];
    double margin[ROWS], log[ROWS], below[ROWS];
    for (int64_t j = 0; j < n; j++)
        for (int64_t r = 0; r < ROWS; r++)
            e[j][r] = r < rows ? z[r * stride + j] : 0;
    for (int64_t r = 0; r < ROWS; r++)
        most[r] = r < rows ? z[r * stride] : 0;
    softmax_columns(e, n, most, sum);
    for (int64_t r = 0; r < rows; r++)
        margin[r] = (double)(z[r * stride + label[r]] - most[r]);
    for (int64_t r = 0; r < rows; r++)
        below[r] = below_most(shares, z + r * stride, most[r], n);
    for (int64_t r = 0; r < ROWS; r++)
        log[r] = log_above_one((double)sum[r]);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t j = 0; j < n; j++)
            z[r * stride + j] = e[j][r];
        /* log_above_one() reads the bits of its argument, so conclude() has to handle a NaN. */
        loss[r] =
            conclude(shares, z + r * stride, label[r], sum[r], log[r], margin[r], below[r], n);
    }
}

static double wide_row(const struct shares *shares, float *z, int32_t label, int64_t n)
{
    float most = z[0];
    for (int64_t j = 1; j < n; j++)
        most = z[j] <= most ? most : z[j]; /* keeps a NaN, as above */
    float margin = z[label] - most;
    double below = below_most(shares, z, most, n);
    for (int64_t j = 0; j < n; j++)
        z[j] = exp_negative(z[j] - most);
    float sum = 0;
    for (int64_t j = 0; j < n; j++)
        sum += z[j];
    for (int64_t j = 0; j < n; j++)
        z[j] = z[j] / sum;
    return conclude(shares, z, label, sum, log_above_one((double)sum), (double)margin, below, n);
}

static void cross_entropy(const struct criterion *criterion, float *restrict z,
    const int32_t *restrict label, const float *target, double *restrict loss, int64_t rows,
    int64_t n, int64_t stride)
{
    const struct shares shares = shares_of(criterion, n);
    (void)target;
    for (int64_t r = 0; n <= NARROW && r < rows; r += ROWS)
        narrow_rows(&shares, z + r * stride, label + r, loss + r, rows - r < ROWS ? rows - r : ROWS,
            n, stride);
    for (int64_t r = 0; n > NARROW && r < rows; r++)
        loss[r] = wide_row(&shares, z + r * stride, label[r], n);
}

/* --- numeric targets -------------------------------------------------------------------------- */

static void squared(const struct criterion *criterion, float *restrict z, const int32_t *label,
    const float *restrict target, double *restrict loss, int64_t rows, int64_t n, int64_t stride)
{
    (void)criterion, (void)label;
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

/* One output's term in the sum of its row, and the derivative of that term before the mean over the
 * outputs is taken. */
struct term {
    double loss;
    float d;
};

static inline struct term absolute_term(float z, float target)
{
    float d = z - target;
    return (struct term){fabs((double)d), (float)((d > 0) - (d < 0))};
}

static inline struct term huber_term(float z, float target, float delta)
{
    float d = z - target, cut = d < -delta ? -delta : d;
    double size = fabs((double)d), border = (double)delta;
    double inside = 0.5 * size * size, outside = border * (size - 0.5 * border);
    return (struct term){size < border ? inside : outside, cut > delta ? delta : cut};
}

static inline void add_terms(enum loss_kind kind, float delta, float *restrict z,
    const float *restrict target, double sum[restrict LANES], float factor, int n)
{
#pragma omp simd /* without it gcc unrolls the loop over outputs and does not vectorize it */
    for (int i = 0; i < n; i++) {
        struct term term =
            kind == LOSS_MAE ? absolute_term(z[i], target[i]) : huber_term(z[i], target[i], delta);
        sum[i] += term.loss;
        z[i] = term.d * factor;
    }
}

/* Computes a row of a loss that is a plain sum of terms. */
static inline double sum_terms(
    enum loss_kind kind, float delta, float *restrict z, const float *restrict target, int64_t n)
{
    float factor = (float)(1.0 / (double)n);
    double all = 0;
    for (int64_t first = 0; first < n; first += RUN) {
        double sum[LANES] = {0};
        int64_t end = n - first < RUN ? n : first + RUN, j = first;
        for (; j + LANES <= end; j += LANES)
            add_terms(kind, delta, z + j, target + j, sum, factor, LANES);
        add_terms(kind, delta, z + j, target + j, sum, factor, (int)(end - j));
        all += join_sums(sum);
    }
    return all / (double)n;
}

/* The mean absolute error and Huber's loss: one loop each, so that no loop branches on the kind. */
static void absolute_or_huber(const struct criterion *criterion, float *restrict z,
    const int32_t *label, const float *restrict target, double *restrict loss, int64_t rows,
    int64_t n, int64_t stride)
{
    float delta = criterion->huber_delta;
    (void)label;
    for (int64_t r = 0; r < rows; r++)
        loss[r] = criterion->kind == LOSS_MAE
                      ? sum_terms(LOSS_MAE, 0, z + r * stride, target + r * n, n)
                      : sum_terms(LOSS_HUBER, delta, z + r * stride, target + r * n, n);
}

static inline void binary_terms(float *restrict z, const float *restrict target,
    double sum[restrict LANES], double product[restrict LANES], float factor, int n)
{
    float exponential[LANES]; /* filled in a loop of its own, without a branch for results of 0 */
#pragma omp simd
    for (int i = 0; i < n; i++)
        exponential[i] = exp_negative(-fabsf(z[i]));
#pragma omp simd
    for (int i = 0; i < n; i++) {
        float e = exponential[i], s = 1.0f / (1.0f + e), left = e * s;
        double at = (double)z[i], positive = 0.5 * (at + fabs(at)); /* max(z, 0), exactly */
        sum[i] += positive - at * (double)target[i];
        product[i] *= 1.0 + (double)e;
        z[i] = ((z[i] < 0 ? left : s) - target[i]) * factor;
    }
}

static void binary(const struct criterion *criterion, float *restrict z, const int32_t *label,
    const float *restrict target, double *restrict loss, int64_t rows, int64_t n, int64_t stride)
{
    float factor = (float)(1.0 / (double)n);
    (void)criterion, (void)label;
    for (int64_t r = 0; r < rows; r++) {
        loss[r] = 0;
        for (int64_t first = 0; first < n; first += RUN) {
            double sum[LANES] = {0}, product[LANES];
            int64_t end = n - first < RUN ? n : first + RUN, j = first;
            for (int i = 0; i < LANES; i++)
                product[i] = 1;
            for (; j + LANES <= end; j += LANES)
                binary_terms(z + r * stride + j, target + r * n + j, sum, product, factor, LANES);
            binary_terms(
                z + r * stride + j, target + r * n + j, sum, product, factor, (int)(end - j));
            loss[r] += join_sums(sum);
            loss[r] += log_above_one(join_products(product));
        }
        loss[r] /= (double)n;
    }
}

/* --- weights of samples ----------------------------------------------------------------------- */

static void weigh(const float *restrict weight, float *restrict z, double *restrict loss,
    int64_t rows, int64_t n, int64_t stride)
{
    for (int64_t r = 0; r < rows; r++) {
        loss[r] *= (double)weight[r];
        for (int64_t j = 0; j < n; j++)
            z[r * stride + j] *= weight[r];
    }
}

const struct loss LEVEL_NAME(loss) = {
    .rows = {[LOSS_CROSS_ENTROPY] = cross_entropy,
        [LOSS_MSE] = squared,
        [LOSS_BCE] = binary,
        [LOSS_MAE] = absolute_or_huber,
        [LOSS_HUBER] = absolute_or_huber},
    .weigh = weigh,
    .exp = exp_negative,
    .log = log_above_one,
};
