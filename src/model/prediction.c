#include "model/prediction.h"

enum prediction_kind prediction_kind_of(enum loss_kind loss)
{
    return loss == LOSS_CROSS_ENTROPY ? PREDICTION_CLASS
           : loss == LOSS_BCE         ? PREDICTION_LABELS
                                      : PREDICTION_VALUES;
}

int64_t prediction_class(const float *z, int64_t n)
{
    int64_t best = 0;
    for (int64_t j = 1; j < n; j++)
        best = z[j] > z[best] ? j : best;
    return best;
}

static void softmax(const struct loss *loss, const float *z, int64_t n, float *p)
{
    float most = z[prediction_class(z, n)], sum = 0;
    for (int64_t j = 0; j < n; j++) {
        p[j] = loss->exp(z[j] - most);
        sum += p[j];
    }
    for (int64_t j = 0; j < n; j++)
        p[j] = p[j] / sum;
}

void prediction_probabilities(
    const struct loss *loss, enum prediction_kind kind, const float *z, int64_t n, float *p)
{
    if (kind == PREDICTION_CLASS) {
        softmax(loss, z, n, p);
        return;
    }
    for (int64_t j = 0; j < n; j++) {
        float e = loss->exp(z[j] > 0 ? -z[j] : z[j]);
        p[j] = (z[j] > 0 ? 1 : e) / (1 + e);
    }
}

float prediction_value(const struct scale *scale, int64_t j, float z)
{
    return scale && scale->features > 0 ? (float)scale_undo(scale, j, (double)z) : z;
}
