/* cost.h: the arithmetic that a network costs. */
#ifndef NET_COST_H
#define NET_COST_H

#include "net/mlp.h"

/* Floating-point operations to train on one sample: 6 in out per layer (forward, backward,
 * weights), 4 in out for the first, which needs no derivative of its inputs. */
double cost_train_flops(const struct mlp *mlp);

#endif
