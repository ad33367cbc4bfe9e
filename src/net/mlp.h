/* mlp.h: a multilayer perceptron, y = W_L ... f(W_1 x + b_1) ... + b_L.
 *
 * What the network is, without its numbers. How these lie in memory while it trains is panel.h's;
 * files, hashes and initial weights go by the canonical order:
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
    ACTIVATION_GELU, /* exact, by erf */
    ACTIVATION_GELU_TANH,
    ACTIVATION_SILU,
    ACTIVATION_TANH,
    ACTIVATION_SIGMOID,
    N_ACTIVATIONS
};

struct mlp {
    int layers;                        /* products; hidden layers + 1 */
    int64_t width[MLP_LAYERS_MAX + 1]; /* inputs, hidden ..., outputs */
    int64_t weight_at[MLP_LAYERS_MAX]; /* offset of layer l's weight (l = 0 ...) in the block */
    int64_t bias_at[MLP_LAYERS_MAX];
    int64_t parameters;
    enum activation_kind activation[MLP_LAYERS_MAX]; /* behind layer l; the last layer has none */
    float leaky_slope;                               /* of leaky-relu, below 0 */
    /* while training: the part of the inputs, and of every hidden layer's outputs, that becomes 0
     */
    float dropout_input, dropout_hidden;
};

extern const char *const activation_words[]; /* "relu", "leaky-relu", ..., NULL */
const char *activation_name(enum activation_kind kind);

/* `hidden` [n_hidden] widths, relu behind each, no dropout. STATUS_USAGE when there are too many
 * layers or parameters. */
enum status mlp_init(struct mlp *mlp, int64_t inputs, const int64_t *hidden, int n_hidden,
    int64_t outputs, struct error *error);

#endif
