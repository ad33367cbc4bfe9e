#include "net/mlp.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

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

/* --- initial weights -------------------------------------------------------------------------- */

const char *const init_words[] = {"he", "pytorch", "xavier", "auto", "by-activation", NULL};

static void fill(float *out, int64_t n, float bound, struct random_stream stream, uint64_t row)
{
    for (int64_t i = 0; i < n; i += 4) {
        uint32_t word[4];
        random_block(stream, row, (uint32_t)(i / 4), word);
        for (int64_t j = i; j < n && j < i + 4; j++)
            out[j] = random_symmetric(word[j - i]) * bound;
    }
}

/* Returns the kind that INIT_BY_ACTIVATION selects for a layer. */
static enum init_kind kind_for(const struct mlp *mlp, int layer)
{
    int hidden = layer + 1 < mlp->layers ? layer : layer - 1;
    enum activation_kind activation = hidden >= 0 ? mlp->activation[hidden] : ACTIVATION_RELU;
    return activation == ACTIVATION_TANH || activation == ACTIVATION_SIGMOID ? INIT_XAVIER
                                                                             : INIT_HE;
}

static float bound_of(enum init_kind kind, double in, double out)
{
    return (float)(kind == INIT_HE       ? sqrt(6.0 / in)
                   : kind == INIT_XAVIER ? sqrt(6.0 / (in + out))
                                         : 1 / sqrt(in));
}

void mlp_init_parameters(
    const struct mlp *mlp, enum init_kind kind, uint64_t seed, float *parameters)
{
    for (int l = 0; l < mlp->layers; l++) {
        int64_t in = mlp->width[l], out = mlp->width[l + 1];
        struct random_stream stream = {seed, RANDOM_INIT, (uint32_t)l};
        enum init_kind here = kind == INIT_BY_ACTIVATION ? kind_for(mlp, l) : kind;
        float bound = bound_of(here, (double)in, (double)out);
        fill(parameters + mlp->weight_at[l], in * out, bound, stream, 0);
        if (kind == INIT_PYTORCH)
            fill(parameters + mlp->bias_at[l], out, bound, stream, 1);
        else
            memset(parameters + mlp->bias_at[l], 0, (size_t)out * sizeof(float));
    }
}
