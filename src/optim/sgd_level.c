/* Compiled once a level (base/level.h). */
#include <stddef.h>

#include "base/level.h"
#include "optim/sgd.h"

static void with_momentum(float *restrict w, float *restrict velocity, const float *restrict sum,
    int64_t n, float scale, float lr, float momentum, float weight_decay)
{
    if (weight_decay == 0) {
        for (int64_t i = 0; i < n; i++) {
            float v = momentum * velocity[i] + sum[i] * scale;
            velocity[i] = v;
            w[i] -= lr * v;
        }
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        float v = momentum * velocity[i] + (sum[i] * scale + weight_decay * w[i]);
        velocity[i] = v;
        w[i] -= lr * v;
    }
}

static void plain(float *restrict w, const float *restrict sum, int64_t n, float scale, float lr,
    float weight_decay)
{
    if (weight_decay == 0) {
        for (int64_t i = 0; i < n; i++)
            w[i] -= lr * (sum[i] * scale);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        w[i] -= lr * (sum[i] * scale + weight_decay * w[i]);
}

void LEVEL_NAME(sgd)(float *w, float *velocity, const float *sum, int64_t n, float scale, float lr,
    float momentum, float weight_decay)
{
    if (velocity)
        with_momentum(w, velocity, sum, n, scale, lr, momentum, weight_decay);
    else
        plain(w, sum, n, scale, lr, weight_decay);
}
