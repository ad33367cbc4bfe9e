#include "optim/optimizer.h"

#include <float.h>
#include <stdlib.h>

#include "base/memory.h"
#include "optim/sgd.h"

enum status optimizer_init(struct optimizer *optimizer, int64_t n, double momentum,
    double weight_decay, float largest_weight, struct error *error)
{
    *optimizer = (struct optimizer){.momentum = (float)momentum,
        .weight_decay = (float)weight_decay,
        .weight_bound = (double)largest_weight};
    if (optimizer->momentum == 0)
        return STATUS_OK;
    return memory_take(
        &optimizer->velocity, (size_t)n, sizeof(float), "the optimizer's momentum", error);
}

void optimizer_clear(struct optimizer *optimizer)
{
    free(optimizer->velocity);
    optimizer->velocity = NULL;
}

bool optimizer_allows(struct optimizer *optimizer, float largest_sum, float scale, float lr)
{
    const double limit = (double)FLT_MAX / 4; /* the rest is room for roundings */
    double gradient = (double)largest_sum * (double)scale +
                      (double)optimizer->weight_decay * optimizer->weight_bound;
    double velocity = (double)optimizer->momentum * optimizer->velocity_bound + gradient;
    double weight = optimizer->weight_bound + (double)lr * velocity;
    if (!(velocity < limit && weight < limit))
        return false;
    optimizer->velocity_bound = velocity;
    optimizer->weight_bound = weight;
    return true;
}

void optimizer_rebound(struct optimizer *optimizer, float largest_weight, float largest_velocity)
{
    optimizer->weight_bound = (double)largest_weight;
    optimizer->velocity_bound = (double)largest_velocity;
}

void optimizer_step(const struct optimizer *optimizer, enum level level, float *w, const float *sum,
    int64_t at, int64_t n, float scale, float lr)
{
    static sgd_function *const table[N_LEVELS] = {sgd_base, sgd_v3, sgd_v4};
    float *velocity = optimizer->velocity ? optimizer->velocity + at : NULL;
    table[level](w, velocity, sum, n, scale, lr, optimizer->momentum, optimizer->weight_decay);
}
