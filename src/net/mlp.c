#include "net/mlp.h"

#include <string.h>

const char *const activation_words[] = {
    "relu", "leaky-relu", "gelu", "gelu-tanh", "silu", "tanh", "sigmoid", "elu", NULL};
const char *const activation_modules[] = {"nn.ReLU()", "nn.LeakyReLU", "nn.GELU()",
    "nn.GELU(approximate='tanh')", "nn.SiLU()", "nn.Tanh()", "nn.Sigmoid()", "nn.ELU()"};

enum status mlp_init(struct mlp *mlp, int64_t inputs, const int64_t *hidden, int n_hidden,
    int64_t outputs, struct error *error)
{
    if (n_hidden + 1 > MLP_LAYERS_MAX)
        return fail(error, STATUS_USAGE, "--hidden: %d hidden layers; at most %d are possible",
            n_hidden, MLP_LAYERS_MAX - 1);
    memset(mlp, 0, sizeof *mlp);
    mlp->layers = n_hidden + 1;
    mlp->width[0] = inputs;
    for (int l = 0; l < n_hidden; l++)
        mlp->width[l + 1] = hidden[l];
    mlp->width[mlp->layers] = outputs;

    for (int l = 0; l < mlp->layers; l++) {
        int64_t in = mlp->width[l], out = mlp->width[l + 1], weights;
        mlp->weight_at[l] = mlp->parameters;
        if (__builtin_mul_overflow(in, out, &weights) || weights > INT32_MAX ||
            mlp->parameters + weights + out > ((int64_t)1 << 40))
            return fail(error, STATUS_USAGE,
                "--hidden: layer %d of %lld x %lld weights is too large; at most 2^31 - 1 fit",
                l + 1, (long long)out, (long long)in);
        mlp->bias_at[l] = mlp->parameters + weights;
        mlp->parameters += weights + out;
    }
    return STATUS_OK;
}

double mlp_train_flops(const struct mlp *mlp)
{
    double sum = 0;
    for (int l = 0; l < mlp->layers; l++)
        sum += (l > 0 ? 6 : 4) * (double)mlp->width[l] * (double)mlp->width[l + 1];
    return sum;
}
