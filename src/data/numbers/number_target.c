#include "data/numbers/number_target.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* Gives the n numbers y[0], y[stride], ... mean 0 and variance 1. */
static void standardise(double *y, int64_t n, int64_t stride)
{
    double sum = 0, square = 0;
    for (int64_t i = 0; i < n; i++)
        sum += y[i * stride];
    double mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) {
        y[i * stride] -= mean;
        square += y[i * stride] * y[i * stride];
    }
    double deviation = sqrt(square / (double)n);
    /* The mean of equal numbers may differ from them by rounding. */
    double factor = deviation > 1e-14 * fabs(mean) ? 1 / deviation : 0;
    for (int64_t i = 0; i < n; i++)
        y[i * stride] *= factor;
}

static enum status copy_labels(struct number_target *target, const struct dataset *dataset,
    const struct subset *train, struct error *error)
{
    target->classes = dataset->classes;
    TRY(memory_take(
        &target->label, (size_t)train->size, sizeof *target->label, "the labels of bins", error));
    for (int64_t i = 0; i < train->size; i++)
        target->label[i] = dataset->labels[subset_at(train, i)];
    return STATUS_OK;
}

static enum status copy_targets(struct number_target *target, const struct dataset *dataset,
    const struct subset *train, struct error *error)
{
    int64_t outputs = dataset->outputs;
    target->outputs = outputs;
    TRY(memory_take(&target->y, (size_t)train->size, (size_t)outputs * sizeof *target->y,
        "the targets of bins", error));
    for (int64_t i = 0; i < train->size; i++)
        for (int64_t k = 0; k < outputs; k++)
            target->y[i * outputs + k] =
                (double)dataset->targets[subset_at(train, i) * outputs + k];
    for (int64_t k = 0; k < outputs; k++)
        standardise(target->y + k, train->size, outputs);
    return STATUS_OK;
}

enum status number_target_init(struct number_target *target, const struct dataset *dataset,
    const struct subset *train, struct error *error)
{
    *target = (struct number_target){.rows = train->size};
    enum status status = STATUS_OK;
    if (dataset->classes > 0)
        status = copy_labels(target, dataset, train, error);
    else if (dataset->outputs > 0)
        status = copy_targets(target, dataset, train, error);
    if (status)
        number_target_clear(target);
    return status;
}

void number_target_clear(struct number_target *target)
{
    free(target->label);
    free(target->y);
    *target = (struct number_target){0};
}
