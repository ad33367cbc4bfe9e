/* loss.h: the loss of each sample and its derivative, one table a level.
 *
 * Cross-entropy of a softmax over n classes, z the outputs of a row, c its label:
 *
 *     m    = max z[j]                         in the order of j
 *     e[j] = exp(z[j] - m)                    the exp below, float32
 *     s    = e[0] + e[1] + ...                float32, in the order of j
 *     loss = log(s) - (z[c] - m)              double: the log below of s, z[c] - m in float32
 *     d[j] = e[j] / s - (j == c)              float32, each operation rounded once
 *
 * Mean squared error over n outputs, t the targets of a row (torch.nn.MSELoss averages over samples
 * and outputs):
 *
 *     d    = z[j] - t[j]                      float32
 *     loss = (sum of d * d in the order of j, in double, each product exact) / n
 *     d[j] = d * (2 / n)                      float32, 2/n rounded once
 *
 * Derivatives are unscaled: the mean over the batch is taken where the weights are stepped.
 *
 *   exp(x), x <= 0, float32: 0 for x < -87; k = rint(x * log2 e), r = (x - k * 0.693359375) + k *
 *   2.12194440e-4 (ln 2 in two parts: Cody and Waite, "Software Manual for the Elementary
 *   Functions", 1980), then sum r^i / i! for i <= 7 by Horner, times 2^k. Each operation rounds
 *   once. A NaN stays a NaN.
 *   log(s), s >= 1, double: s = f 2^k with f in [sqrt(1/2), sqrt 2), then
 *   2 atanh((f - 1)/(f + 1)) + k ln 2, the series of atanh to the 21st power, by Horner in q^2.
 *
 * Threads: any, on rows of their own. All levels give the same bits.
 */
#ifndef NET_LOSS_H
#define NET_LOSS_H

#include <stdint.h>

#include "base/level.h"

enum loss_kind { LOSS_CROSS_ENTROPY, LOSS_MSE, LOSS_BCE, LOSS_MAE, LOSS_HUBER, N_LOSSES };

/* "cross-entropy" */
const char *loss_name(enum loss_kind kind);

/* What a loss is made of. */
struct criterion {
    enum loss_kind kind;
    float label_smoothing;     /* cross-entropy: in [0, 1) */
    float huber_delta;         /* huber: above 0 */
    const float *class_weight; /* [classes], cross-entropy; NULL: all 1. The caller's */
};

struct loss {
    /* z [rows x n], rows `stride` apart, -> d in place; loss [rows]; target [rows x n] without
     * gaps. */
    void (*cross_entropy)(
        float *z, const int32_t *label, double *loss, int64_t rows, int64_t n, int64_t stride);
    void (*squared)(
        float *z, const float *target, double *loss, int64_t rows, int64_t n, int64_t stride);
    /* The functions above, for tests. */
    float (*exp)(float x);
    double (*log)(double s);
};

const struct loss *loss_of(enum level level);

#endif
