/* sgd.h: the loops of sgd, one a level. For optimizer.c. */
#ifndef OPTIM_SGD_H
#define OPTIM_SGD_H

#include <stdint.h>

/* velocity NULL: without momentum. */
typedef void sgd_function(float *w, float *velocity, const float *sum, int64_t n, float scale,
    float lr, float momentum, float weight_decay);

extern sgd_function sgd_base, sgd_v3, sgd_v4;

#endif
