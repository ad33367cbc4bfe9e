/* prediction.h: computes predictions from a network's outputs z.
 *
 *   one class (cross-entropy)            the class with the largest z; ties: the first
 *       probabilities: softmax of z      e[j] = exp(z[j] - max z), p[j] = e[j] / (e[0] + e[1] ...)
 *   labels (binary cross-entropy)        output j is "yes" if z[j] > 0
 *       probabilities: sigmoid of z      1 / (1 + exp(-z)), for z < 0 as exp(z) / (1 + exp(z))
 *   values (mse, mae, huber)             y = z / factor + shift, which undoes the target scaling;
 *                                        computed in double, rounded once to float32
 *
 * Probabilities use the exp in net/loss.h and are computed in float32 in the order of j, so their
 * bits are the same on every machine. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "data/scale.h"
#include "net/loss.h"

enum prediction_kind { PREDICTION_CLASS, PREDICTION_LABELS, PREDICTION_VALUES };

enum prediction_kind prediction_kind_of(enum loss_kind loss);

int64_t prediction_class(const float *z, int64_t n);

static inline bool answer_is_yes(float z)
{
    return z > 0;
}

/* True if a label's target, which is 0 or 1, means "yes". */
static inline bool target_is_yes(float target)
{
    return target > 0.5F;
}

/* Converts n outputs z to n probabilities p, which may be the same array. Not for
 * PREDICTION_VALUES. */
void prediction_probabilities(
    const struct loss *loss, enum prediction_kind kind, const float *z, int64_t n, float *p);

/* Converts output j to the units of the targets. Returns z unchanged if `scale` is NULL or has 0
 * features. */
float prediction_value(const struct scale *scale, int64_t j, float z);
