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
    return (struct batch_sums){.weight = step_batch_weight(step, batch, step_class_weight(step)),
        .square = square->stack.size ? reduce_join_doubles(step->reduce, square->value) : 0};
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

/* Measures the largest magnitudes that the weights and all owners' states have now. Collective. */
static struct optimizer_bounds measure_bounds(struct step *step)
{
    struct comm *comm = step->teams->comm;
    int size = comm->size;
    float largest[OPTIMIZER_STATES_MAX] = {0}, *all = (float *)(void *)step->rank_reports;
    struct optimizer_bounds bounds = {
        .weight = (double)step->vector->largest(step->weights.master, step->panels.parameters)};
    for (int i = 0; i < optimizer_states(&step->settings->optimizer); i++)
        largest[i] = step->vector->largest(step->optimizer.state[i], range_size(step->owned));
    comm_gather_all(comm, largest, sizeof largest, all);
    for (int i = 0; i < OPTIMIZER_STATES_MAX * size; i++) {
        double *bound = &bounds.state[i % OPTIMIZER_STATES_MAX];
        *bound = fmax(*bound, (double)all[i]);
    }
    return bounds;
}

bool step_update_allowed(struct step *step, float largest_sum)
{
    const struct optimizer_settings *optimizer = &step->settings->optimizer;
    step->bounds = step->own[0].bounds;
    if (!isfinite(largest_sum))
        return false;
    if (optimizer_allows(optimizer, &step->scalars, &step->bounds, (double)largest_sum))
        return true;
    step->bounds = measure_bounds(step);
    return optimizer_allows(optimizer, &step->scalars, &step->bounds, (double)largest_sum);
}

void step_derive(struct step *step, const struct worker *worker)
{
    for (int l = 1; l < step->panels.layers; l++) {
        struct range tiles = worker_share(worker, step->panels.layer[l].tiles, 1);
        for (int64_t t = tiles.first; t < tiles.end; t++)
            weights_derive(&step->weights, &step->panels, l, t);
    }
}
