#include "optim/optimizer.h"

#include <stdlib.h>

#include "base/memory.h"
#include "optim/sgd.h"

enum status optimizer_init(struct optimizer *optimizer, int64_t n, double momentum,
    double weight_decay, struct error *error)
{
    *optimizer = (struct optimizer){(float)momentum, (float)weight_decay, NULL};
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

void optimizer_step(const struct optimizer *optimizer, enum level level, float *w, const float *sum,
    int64_t at, int64_t n, float scale, float lr)
{
    static sgd_function *const table[N_LEVELS] = {sgd_base, sgd_v3, sgd_v4};
    float *velocity = optimizer->velocity ? optimizer->velocity + at : NULL;
    table[level](w, velocity, sum, n, scale, lr, optimizer->momentum, optimizer->weight_decay);
}
