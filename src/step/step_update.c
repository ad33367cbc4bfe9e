#include "step/step_update.h"

#include <math.h>

int64_t step_class_weight(const struct step *step)
{
    int64_t sum = 0;
    for (int w = 0; w < step->workers; w++)
        sum += step->report[w].class_weight;
    return sum;
}

double step_batch_weight(const struct step *step, const struct batch *batch, int64_t class_weight)
{
    return step->weight_unit > 0 ? (double)class_weight * step->weight_unit : (double)batch->size;
}

struct batch_sums step_batch_sums(
    struct step *step, const struct worker *worker, const struct batch *batch)
{
    const struct row_sums *square = &own_of(step, worker)->square;
    struct batch_sums sums = {.weight = step_batch_weight(step, batch, step_class_weight(step)),
        .square = square->stack.size ? reduce_join_doubles(step->reduce, square->value) : 0};
    sums.bound = (double)batch->size * sums.square;
    return sums;
}

struct optimizer_scalars step_scalars(
    const struct settings *settings, const struct batch *batch, double lr, double weight)
{
    struct optimizer_scalars scalars =
        optimizer_scalars(&settings->optimizer, batch->step, lr, (float)(1 / weight));
    if (settings->clip.value > 0)
        scalars.clip_value = (float)settings->clip.value;
    return scalars;
}

struct verdict step_verdict(double weight)
{
    const double unknown = (double)NAN;
    return (struct verdict){.finite = true,
        .weight = weight,
        .gradient_norm = unknown,
        .sample_square = unknown,
        .square = unknown};
}
