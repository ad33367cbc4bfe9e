#include "step/step_update.h"

#include <float.h>
#include <math.h>

int64_t step_class_weight(const struct step *step)
{
    int64_t sum = 0;
    for (int w = 0; w < step->workers; w++)
        sum += step->report[w].class_weight;
    return sum;
}

double step_batch_weight(
    const struct step *step, const struct batch *batch, int64_t class_weight, double weight)
{
    if (step->row_weight)
        return weight;
    return step->weight_unit > 0 ? (double)class_weight * step->weight_unit : (double)batch->size;
}

struct batch_sums step_batch_sums(
    struct step *step, const struct worker *worker, const struct batch *batch)
{
    const struct own *own = own_of(step, worker);
    const struct row_sums *square = &own->square;
    double weight = step->row_weight ? reduce_join_doubles(step->reduce, own->weight.value) : 0;
    struct batch_sums sums = {
        .weight = step_batch_weight(step, batch, step_class_weight(step), weight),
        .square = square->stack.size ? reduce_join_doubles(step->reduce, square->value) : 0};
    sums.bound = (double)batch->size * sums.square;
    return sums;
}

struct optimizer_scalars step_scalars(
    const struct settings *settings, const struct batch *batch, double lr, double weight)
{
    struct optimizer_scalars scalars = optimizer_scalars(
        &settings->optimizer, batch->step, lr, weight > 0 ? (float)(1 / weight) : 0);
    if (settings->clip.value > 0)
        scalars.clip_value = (float)settings->clip.value;
    return scalars;
}

void step_derive(
    const struct step *step, const struct worker *worker, const struct weights *weights)
{
    for (int l = 1; l < step->panels.layers; l++) {
        struct range tiles = worker_share(worker, step->panels.layer[l].tiles, 1);
        for (int64_t t = tiles.first; t < tiles.end; t++)
            weights_derive(weights, &step->panels, l, t);
    }
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

/* If |x| or |d| is infinite, so is the bound, even where the other is 0, because 0 * inf in the
 * gradient is not 0. */
double step_gradient_bound(const struct step *step, int64_t rows)
{
    double bound = 0;
    for (int l = 0; l < step->panels.layers; l++) {
        float x = 1, d = 0; /* 1: the bias */
        for (int w = 0; w < step->workers; w++) {
            raise_to(&x, step->report[w].x[l]);
            raise_to(&d, step->report[w].d[l]);
        }
        if (!isfinite(x) || !isfinite(d))
            return (double)INFINITY;
        bound = fmax(bound, (double)x * (double)d * (double)rows);
    }
    return bound;
}

bool step_update_is_certain(const struct step *step, const struct optimizer_scalars *scalars,
    struct optimizer_bounds *bounds, double bound)
{
    const double limit = (double)FLT_MAX / 4; /* of a sum; the rest is room for rounding errors */
    return bound < limit && optimizer_allows(&step->settings->optimizer, scalars, bounds, bound);
}
