/* mlp.h: a multilayer perceptron, y = W_L ... relu(W_1 x + b_1) ... + b_L.
 *
 * Shape only; parameters, gradients and activations are flat blocks of their owners.
 *
 *   parameters, canonical order: for each layer weight [out x in] row-major, then bias [out]
 *
 * Activations of `rows` samples live in one block too, laid out for a capacity of rows (struct
 * workspace): the output of every layer, and the derivative of the loss by every layer's sum z. At
 * the last layer both are one place, since the loss turns the one into the other.
 *
 *   output[0]  inputs           [capacity x width[0]]
 *   output[l]  after layer l    [capacity x width[l]]
 *   delta[l]   d loss / d z_l   [capacity x width[l]]      delta[layers] = output[layers]
 *
 * Forward and backward work on any rows of a workspace, so workers take rows of their own; the
 * gradient of a layer's rows of W (a tile) sums over samples, so workers take tiles of their own.
 *
 * Threads: as said. Collective: no.
 */
#ifndef NET_MLP_H
#define NET_MLP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/split.h"
#include "base/status.h"
#include "net/activation.h"
#include "net/kernel.h"

enum { MLP_LAYERS_MAX = 64 };

struct mlp {
    int layers;                        /* products; hidden layers + 1 */
    int64_t width[MLP_LAYERS_MAX + 1]; /* inputs, hidden ..., outputs */
    int64_t weight_at[MLP_LAYERS_MAX]; /* offset of layer l's weight (l = 0 ...) in the block */
    int64_t bias_at[MLP_LAYERS_MAX];
    int64_t parameters;
};

/* `hidden` [n_hidden] widths. STATUS_USAGE when there are too many layers or parameters. */
enum status mlp_init(struct mlp *mlp, int64_t inputs, const int64_t *hidden, int n_hidden,
    int64_t outputs, struct error *error);

struct workspace {
    int64_t capacity; /* rows */
    float *output[MLP_LAYERS_MAX + 1];
    float *delta[MLP_LAYERS_MAX + 1];
    float *block;
};

/* Floats of activations a row of a workspace takes. */
int64_t workspace_row_floats(const struct mlp *mlp, bool for_training);

/* A workspace for training; without `for_training` only the outputs are there, delta is NULL.
 * STATUS_NO_RESOURCE, naming --pass-rows. */
enum status workspace_create(struct workspace *workspace, const struct mlp *mlp, int64_t capacity,
    bool for_training, struct error *error);
void workspace_destroy(struct workspace *workspace);

/* output[0] of these rows -> output[1 ... layers]; the last layer's are plain sums, no relu. */
void mlp_forward(const struct mlp *mlp, const struct kernel *kernel, const float *parameters,
    struct workspace *workspace, struct range rows);

/* delta[layers] of these rows -> delta[layers-1 ... 1]. */
void mlp_backward(const struct mlp *mlp, const struct kernel *kernel, const float *parameters,
    struct workspace *workspace, struct range rows);

/* A tile: the rows `outputs` of one layer's weight, and the same entries of its bias. */
struct tile {
    int layer; /* 0 ... layers-1 */
    struct range outputs;
};

/* The gradient of a tile from one block of samples (at most KERNEL_BLOCK rows of the workspace):
 * weight [outputs x in] and bias [outputs], written, or for the weight and bias added to if `add`.
 * `scratch` [outputs] serves the bias. */
void mlp_gradient(const struct mlp *mlp, const struct kernel *kernel,
    const struct workspace *workspace, struct tile tile, struct range rows, bool add, float *weight,
    float *bias, float *scratch);

#endif
