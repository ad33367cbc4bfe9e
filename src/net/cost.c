#include "net/cost.h"

static double products(const struct mlp *mlp, int first_layer)
{
    double sum = 0;
    for (int l = first_layer; l < mlp->layers; l++)
        sum += (double)mlp->width[l] * (double)mlp->width[l + 1];
    return sum;
}

double cost_train_flops(const struct mlp *mlp)
{
    return 4 * products(mlp, 0) + 2 * products(mlp, 1);
}
