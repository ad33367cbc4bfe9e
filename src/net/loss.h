/* loss.h: the loss of each sample and its derivative, with one function table per level.
 *
 * Cross-entropy of a softmax over n classes, z the outputs of a row, c its label:
 *
 *     m    = max z[j]                         in the order of j
 *     e[j] = exp(z[j] - m)                    the exp below, float32
 *     s    = e[0] + e[1] + ...                float32, in the order of j
 *     loss = log(s) - (z[c] - m)              double, with the log below; z[c] - m in float32
 *     d[j] = e[j] / s - (j == c)              float32, each operation rounded once
 *
 * With class weights w and label smoothing v (torch.nn.CrossEntropyLoss, weight and
 * label_smoothing) the label has a share a, and every class a share b[j]:
 *
 *     a    = (1 - v) w[c]      b[j] = (v / n) w[j]                 float32; 1-v, v/n rounded once
 *     g    = a + (b[0] + b[1] + ...)                               double, in the order of j
 *     loss = (g log(s) - a (z[c] - m)) - sum of b[j] (z[j] - m)    double, z[j] - m in float32
 *     d[j] = g (e[j] / s) - b[j], then d[c] - a                    float32, g rounded once
 *
 * and without smoothing the terms with b are omitted. The mean over the batch is weighted: the sum
 * of losses over the sum of w[c] (see loss_weights()).
 *
 * A sample's weight u multiplies the results of every loss: u * loss in double, u * d[j] in float32.
 * The mean is then the sum of losses over the sum of u, with class weights that of u w[c] (see
 * loss_row_weights()).
 *
 * Mean squared error over n outputs, t the targets of a row (torch.nn.MSELoss averages over samples
 * and outputs):
 *
 *     d    = z[j] - t[j]                      float32
 *     loss = (sum of d * d in the order of j, in double, each product exact) / n
 *     d[j] = d * (2 / n)                      float32, 2/n rounded once
 *
 * Binary cross-entropy with logits (torch.nn.BCEWithLogitsLoss), targets in [0, 1]:
 *
 *     e    = exp(-|z[j]|),  S = 1 / (1 + e) for z[j] >= 0, else e (1 / (1 + e))           float32
 *     loss = (sum of (max(z[j], 0) - z[j] t[j]) + log(product of 1 + e)) / n              double
 *     d[j] = (S - t[j]) * (1 / n)                          float32, 1/n rounded once
 *
 * Mean absolute error (torch.nn.L1Loss) and Huber's loss (torch.nn.HuberLoss), with D its delta:
 *
 *     d    = z[j] - t[j]                      float32
 *     loss = (sum of |d|) / n                 double
 *     d[j] = sign(d) * (1 / n)                sign(0) = 0
 *
 *     loss = (sum of d^2 / 2 where |d| < D, else D (|d| - D / 2)) / n                     double
 *     d[j] = d clamped to +-D, * (1 / n)
 *
 * The sums of the last three losses, and the sum for smoothing, take the outputs in runs of 512, in
 * order. Within a run, output j goes to accumulator j mod 16. The 16 accumulators start at 0 (those
 * of products at 1) and are joined in halves, ((0+8)+(4+12)) + ...: i with i + 8, then with i + 4,
 * i + 2 and i + 1. So wide rows can be vectorized. At the end of a run, its sum is added to the
 * row's sum, and then the logarithm of its product.
 *
 * Derivatives are not divided for the mean over the batch: the weight update does that.
 *
 *   exp(x), x <= 0, float32: 0 for x < -87; k = rint(x * log2 e), r = (x - k * 0.693359375) + k *
 *   2.12194440e-4 (ln 2 in two parts: Cody and Waite, "Software Manual for the Elementary
 *   Functions", 1980), then sum r^i / i! for i <= 7 by Horner's rule, times 2^k. Each operation
 *   rounds once. A NaN stays a NaN.
 *   log(s), s >= 1, double: s = f 2^k with f in [sqrt(1/2), sqrt 2), then
 *   2 atanh(q) + k ln 2, q = (f - 1)/(f + 1): the series of atanh up to the 21st power, by Horner's
 *   rule in q^2.
 *
 * Threads: any, on rows of their own. All levels give the same bits.
 */
#pragma once

#include <stdint.h>

#include "base/level.h"

enum loss_kind {
    LOSS_CROSS_ENTROPY,
    LOSS_MSE,
    LOSS_BCE,
    LOSS_MAE,
    LOSS_HUBER,
    N_LOSSES,
    LOSS_AUTO = N_LOSSES /* to be chosen from the data; never in a criterion */
};

extern const char *const loss_words[]; /* "cross-entropy", ..., "huber", "auto", NULL */

/* The loss function and its parameters. */
struct criterion {
    enum loss_kind kind;
    float label_smoothing; /* cross-entropy: in [0, 1) */
    float huber_delta;     /* huber: above 0 */
    /* [classes], cross-entropy: at least 0, above 0 for a class that occurs; NULL: all 1. Owned by
     * the caller */
    const float *class_weight;
};

/* Computes the losses of rows of a batch: turns z [rows x n], rows `stride` apart, into d in place
 * and writes loss [rows]. Reads label [rows] or target [rows x n], without gaps, depending on the
 * criterion. */
void loss_rows(enum level level, const struct criterion *criterion, float *z, const int32_t *label,
    const float *target, double *loss, int64_t rows, int64_t n, int64_t stride);

/* Multiplies losses and derivatives, as loss_rows() leaves them, by the weights of their samples:
 * weight [rows]. */
void loss_weigh(enum level level, const float *weight, float *z, double *loss, int64_t rows,
    int64_t n, int64_t stride);

/* --- the weighted mean ------------------------------------------------------------------------
 *
 * Weights of samples are summed as losses are. */

/* Writes each row's term in the sum of weights to out [rows]: u, or u w[c], which is exact. */
void loss_row_weights(const struct criterion *criterion, const float *weight, const int32_t *label,
    double *out, int64_t rows);

/* If only classes have weights, the sum does not depend on the order of summation: weights
 * are counted in whole units. The unit is the power of two that makes the largest weight at least
 * 2^31 and less than 2^32 units. A weight that is not a whole number of units is rounded to the
 * nearest; only weights below a 256th of the largest can need that. */
double loss_weight_unit(const struct criterion *criterion, int64_t classes);
/* Returns the sum of the labels' weights in units; it cannot overflow for up to 2^31 rows. */
int64_t loss_weights(
    const struct criterion *criterion, double unit, const int32_t *label, int64_t rows);

/* --- for loss_rows(), predictions and tests ------------------------------------------------- */

typedef void loss_rows_function(const struct criterion *criterion, float *z, const int32_t *label,
    const float *target, double *loss, int64_t rows, int64_t n, int64_t stride);

struct loss {
    loss_rows_function *rows[N_LOSSES];
    void (*weigh)(
        const float *weight, float *z, double *loss, int64_t rows, int64_t n, int64_t stride);
    float (*exp)(float x);
    double (*log)(double s);
};

LEVEL_TABLE(const struct loss, loss)
