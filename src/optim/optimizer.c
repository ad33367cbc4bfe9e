#include "optim/optimizer.h"

#include <float.h>
#include <stddef.h>

#include "optim/sgd.h"

bool optimizer_allows(const struct optimizer *optimizer, struct optimizer_bounds *bounds,
    double largest_sum, float scale, float lr)
{
    const double limit = (double)FLT_MAX / 4; /* the rest is room for roundings */
    double gradient =
        largest_sum * (double)scale + (double)optimizer->weight_decay * bounds->weight;
    double velocity = (double)optimizer->momentum * bounds->velocity + gradient;
    double weight = bounds->weight + (double)lr * velocity;
    if (!(velocity < limit && weight < limit))
        return false;
    *bounds = (struct optimizer_bounds){velocity, weight};
    return true;
}

void optimizer_step(const struct optimizer *optimizer, enum level level, float *w, const float *sum,
    int64_t at, int64_t n, float scale, float lr)
{
    static sgd_function *const table[N_LEVELS] = {sgd_base, sgd_v3, sgd_v4};
    float *velocity = optimizer->velocity ? optimizer->velocity + at : NULL;
    table[level](w, velocity, sum, n, scale, lr, optimizer->momentum, optimizer->weight_decay);
}
