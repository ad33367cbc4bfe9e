#include "net/loss.h"

#include <math.h>
#include <stddef.h>

const char *const loss_words[] = {"cross-entropy", "mse", "bce", "mae", "huber", "auto", NULL};

void loss_rows(enum level level, const struct criterion *criterion, float *z, const int32_t *label,
    const float *target, double *loss, int64_t rows, int64_t n, int64_t stride)
{
    loss_of(level)->rows[criterion->kind](criterion, z, label, target, loss, rows, n, stride);
}

void loss_weigh(enum level level, const float *weight, float *z, double *loss, int64_t rows,
    int64_t n, int64_t stride)
{
    loss_of(level)->weigh(weight, z, loss, rows, n, stride);
}

void loss_row_weights(const struct criterion *criterion, const float *weight, const int32_t *label,
    double *out, int64_t rows)
{
    const float *of_class = criterion->class_weight;
    for (int64_t r = 0; r < rows; r++)
        out[r] = (double)weight[r] * (of_class ? (double)of_class[label[r]] : 1);
}

double loss_weight_unit(const struct criterion *criterion, int64_t classes)
{
    enum { BITS = 32 };
    float most = 0;
    int exponent;
    for (int64_t c = 0; c < classes; c++)
        most = criterion->class_weight[c] > most ? criterion->class_weight[c] : most;
    frexp((double)most, &exponent);
    return ldexp(1, exponent - BITS);
}

int64_t loss_weights(
    const struct criterion *criterion, double unit, const int32_t *label, int64_t rows)
{
    int64_t sum = 0;
    for (int64_t r = 0; r < rows; r++)
        sum += llrint((double)criterion->class_weight[label[r]] / unit);
    return sum;
}
