/* init.h: initial weights.
 *
 *   he       weights uniform on [-b, b), b = sqrt(6 / in): variance 2 / in (He, Zhang, Ren, Sun,
 *            "Delving deep into rectifiers", ICCV 2015, eq. 10, in its uniform form); biases 0
 *   xavier   weights uniform on [-b, b), b = sqrt(6 / (in + out)) (Glorot and Bengio,
 *            "Understanding the difficulty of training deep feedforward neural networks", AISTATS
 *            2010, eq. 16); biases 0
 *   auto     per layer, by the activation after it or, for the last layer, before it: xavier for
 *            tanh and sigmoid, which are linear near 0 up to a factor; else he, since relu and the
 *            functions derived from it (leaky-relu, gelu, silu, elu) block about half of their input
 *   pytorch  weights and biases uniform on [-b, b), b = 1 / sqrt(in): torch.nn.Linear's default
 *
 * b is rounded to float32; a number is random_symmetric(word) * b. Stream RANDOM_INIT, layer =
 * layer number from 0, row 0 for the weight (unit = index in [out x in]), row 1 for the bias.
 *
 * Threads: any. Collective: no (all ranks compute the same weights).
 */
#ifndef NET_INIT_H
#define NET_INIT_H

#include <stdint.h>

#include "net/mlp.h"

enum init_kind { INIT_HE, INIT_PYTORCH, INIT_XAVIER, INIT_AUTO };
extern const char *const init_words[]; /* "he", "pytorch", "xavier", "auto", NULL */

void mlp_init_parameters(
    const struct mlp *mlp, enum init_kind kind, uint64_t seed, float *parameters);

#endif
