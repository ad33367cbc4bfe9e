/* mlp.h: a multilayer perceptron, y = W_L ... f(W_1 x + b_1) ... + b_L.
 *
 * The shape of the network, without its parameters. panel.h describes their layout in memory during
 * training; files, hashes and initial weights use the canonical order:
 *
 *   for each layer weight [out x in] row-major, then bias [out]
 *
 * Threads: any. Collective: no.
 */
#pragma once

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
/* PyTorch's modules: "nn.ReLU()", ...; the module for leaky-relu is given without its slope. */
extern const char *const activation_modules[];

/* Initializes a network with `hidden` [n_hidden] widths, each followed by relu, without dropout.
 * STATUS_USAGE if there are too many layers or parameters. */
enum status mlp_init(struct mlp *mlp, int64_t inputs, const int64_t *hidden, int n_hidden,
    int64_t outputs, struct error *error);

/* Returns the floating-point operations needed to train on one sample: 6 in out per layer (forward,
 * backward, weights), but 4 in out for the first layer, which needs no derivative with respect to
 * its inputs. */
double mlp_train_flops(const struct mlp *mlp);

/* --- initial weights ---------------------------------------------------------------------------
 *
 *   he       weights uniform on [-b, b), b = sqrt(6 / in): variance 2 / in (He, Zhang, Ren, Sun,
 *            "Delving deep into rectifiers", ICCV 2015, eq. 10, in its uniform form); biases 0
 *   xavier   weights uniform on [-b, b), b = sqrt(6 / (in + out)) (Glorot and Bengio,
 *            "Understanding the difficulty of training deep feedforward neural networks", AISTATS
 *            2010, eq. 16); biases 0
 *   by-activation: chosen per layer by the activation after it (for the last layer, the one before it):
 *            xavier for tanh and sigmoid, which are nearly linear around 0; otherwise he, since
 *            relu and the functions derived from it (leaky-relu, gelu, silu, elu) block about half
 *            of the input
 *   auto     chosen by the caller
 *   pytorch  weights and biases uniform on [-b, b), b = 1 / sqrt(in): torch.nn.Linear's default
 *
 * b is rounded to float32; each number is random_symmetric(word) * b. Stream RANDOM_INIT, layer =
 * layer number from 0, row 0 for the weight (unit = index in [out x in]), row 1 for the bias. */
enum init_kind { INIT_HE, INIT_PYTORCH, INIT_XAVIER, INIT_AUTO, INIT_BY_ACTIVATION };
extern const char *const init_words[]; /* "he", "pytorch", ..., NULL */

void mlp_init_parameters(
    const struct mlp *mlp, enum init_kind kind, uint64_t seed, float *parameters);
