/* mlp.h: a multilayer perceptron, y = W_L ... f(W_1 x + b_1) ... + b_L.
 *
 * The shape of the network, without its parameters. panel.h describes their layout in memory during
 * training; files, hashes and initial weights use the canonical order:
 *
 *   for each layer weight [out x in] row-major, then bias [out]
 *
 * Threads: any. Collective: no.
 */
#ifndef NET_MLP_H
#define NET_MLP_H

#include <stdint.h>

#include "base/status.h"

enum { MLP_LAYERS_MAX = 64 };

enum activation_kind {
    ACTIVATION_RELU,
    ACTIVATION_LEAKY_RELU,
    ACTIVATION_GELU, /* exact, through erf */
    ACTIVATION_GELU_TANH,
    ACTIVATION_SILU,
    ACTIVATION_TANH,
    ACTIVATION_SIGMOID,
    ACTIVATION_ELU,
    N_ACTIVATIONS
};

struct mlp {
    int layers;                        /* number of products: hidden layers + 1 */
    int64_t width[MLP_LAYERS_MAX + 1]; /* inputs, hidden ..., outputs */
    int64_t weight_at[MLP_LAYERS_MAX]; /* offset of layer l's weight (l = 0 ...) in the block */
    int64_t bias_at[MLP_LAYERS_MAX];
    int64_t parameters;
    enum activation_kind activation[MLP_LAYERS_MAX]; /* after layer l; the last layer has none */
    float leaky_slope;                               /* slope of leaky-relu below 0 */
    /* while training: probability that an input, or an output of a hidden layer, becomes 0 */
    float dropout_input, dropout_hidden;
};

extern const char *const activation_words[]; /* "relu", "leaky-relu", ..., NULL */
/* "nn.ReLU()", ...: PyTorch's; of leaky-relu without its slope. */
extern const char *const activation_modules[];

/* `hidden` [n_hidden] widths, each followed by relu, no dropout. STATUS_USAGE if there are too many
 * layers or parameters. */
enum status mlp_init(struct mlp *mlp, int64_t inputs, const int64_t *hidden, int n_hidden,
    int64_t outputs, struct error *error);

/* Floating-point operations to train on one sample: 6 in out per layer (forward, backward,
 * weights), 4 in out for the first, which needs no derivative of its inputs. */
double mlp_train_flops(const struct mlp *mlp);

#endif
