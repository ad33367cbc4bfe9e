/* init.h: initial weights.
 *
 *   he       weights uniform on [-b, b), b = sqrt(6 / in): variance 2 / in (He, Zhang, Ren, Sun,
 *            "Delving deep into rectifiers", ICCV 2015, eq. 10, in its uniform form); biases 0
 *   pytorch  weights and biases uniform on [-b, b), b = 1 / sqrt(in): torch.nn.Linear's default
 *
 * b is rounded to float32; a number is random_symmetric(word) * b. Stream RANDOM_INIT, layer =
 * layer number from 0, row 0 for the weight (unit = index in [out x in]), row 1 for the bias.
 *
 * Threads: any. Collective: no (every rank makes the same).
 */
#ifndef NET_INIT_H
#define NET_INIT_H

#include <stdint.h>

#include "net/mlp.h"

enum init_kind { INIT_HE, INIT_PYTORCH };

void mlp_init_parameters(
    const struct mlp *mlp, enum init_kind kind, uint64_t seed, float *parameters);

#endif
