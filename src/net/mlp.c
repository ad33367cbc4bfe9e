#include "net/mlp.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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

int64_t workspace_row_floats(const struct mlp *mlp, bool for_training)
{
    int64_t floats = 0;
    for (int l = 0; l <= mlp->layers; l++)
        floats += mlp->width[l] * (for_training && l > 0 && l < mlp->layers ? 2 : 1);
    return floats;
}

enum status workspace_create(struct workspace *workspace, const struct mlp *mlp, int64_t capacity,
    bool for_training, struct error *error)
{
    memset(workspace, 0, sizeof *workspace);
    size_t floats;
    if (!checked_product(
            (size_t)capacity, (size_t)workspace_row_floats(mlp, for_training), &floats))
        floats = SIZE_MAX;
    enum status status = memory_take(&workspace->block, floats, sizeof(float),
        "the activations of a pass (a smaller --pass-rows takes less)", error);
    if (status)
        return status;
    workspace->capacity = capacity;
    float *at = workspace->block;
    for (int l = 0; l <= mlp->layers; l++) {
        workspace->output[l] = at;
        at += capacity * mlp->width[l];
    }
    if (!for_training)
        return STATUS_OK;
    for (int l = 1; l < mlp->layers; l++) {
        workspace->delta[l] = at;
        at += capacity * mlp->width[l];
    }
    workspace->delta[mlp->layers] = workspace->output[mlp->layers];
    return STATUS_OK;
}

void workspace_destroy(struct workspace *workspace)
{
    free(workspace->block);
    memset(workspace, 0, sizeof *workspace);
}

void mlp_forward(const struct mlp *mlp, const struct kernel *kernel, const float *parameters,
    struct workspace *workspace, struct range rows)
{
    const struct activation *activation = activation_of(kernel->level);
    int64_t n = range_size(rows);
    if (n <= 0)
        return;
    for (int l = 0; l < mlp->layers; l++) {
        int64_t in = mlp->width[l], out = mlp->width[l + 1];
        const float *bias = parameters + mlp->bias_at[l];
        float *z = workspace->output[l + 1] + rows.first * out;
        struct matrix x = {workspace->output[l] + rows.first * in, in, 1};
        struct matrix w_transposed = {parameters + mlp->weight_at[l], 1, in};
        kernel_multiply(kernel, n, out, in, x, w_transposed, false, z, out);
        if (l + 1 < mlp->layers)
            activation->bias_relu(z, bias, n, out);
        else
            activation->bias(z, bias, n, out);
    }
}

void mlp_backward(const struct mlp *mlp, const struct kernel *kernel, const float *parameters,
    struct workspace *workspace, struct range rows)
{
    const struct activation *activation = activation_of(kernel->level);
    int64_t n = range_size(rows);
    if (n <= 0)
        return;
    for (int l = mlp->layers - 1; l > 0; l--) {
        int64_t in = mlp->width[l], out = mlp->width[l + 1];
        struct matrix dz = {workspace->delta[l + 1] + rows.first * out, out, 1};
        struct matrix w = {parameters + mlp->weight_at[l], in, 1};
        float *dy = workspace->delta[l] + rows.first * in;
        kernel_multiply(kernel, n, in, out, dz, w, false, dy, in);
        activation->relu_backward(dy, workspace->output[l] + rows.first * in, n * in);
    }
}

void mlp_gradient(const struct mlp *mlp, const struct kernel *kernel,
    const struct workspace *workspace, struct tile tile, struct range rows, bool add, float *weight,
    float *bias, float *scratch)
{
    int64_t in = mlp->width[tile.layer], out = mlp->width[tile.layer + 1];
    int64_t n = range_size(rows), outputs = range_size(tile.outputs);
    const float *dz = workspace->delta[tile.layer + 1] + rows.first * out + tile.outputs.first;
    const float *x = workspace->output[tile.layer] + rows.first * in;
    kernel_multiply(kernel, outputs, in, n, (struct matrix){dz, 1, out}, (struct matrix){x, in, 1},
        add, weight, in);

    activation_of(kernel->level)->column_sums(add ? scratch : bias, dz, n, outputs, out);
    for (int64_t j = 0; add && j < outputs; j++)
        bias[j] += scratch[j];
}
