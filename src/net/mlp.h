/* mlp.h: a multilayer perceptron, y = W_L ... relu(W_1 x + b_1) ... + b_L.
 *
 * Shape alone. How its numbers lie in memory while it trains is panel.h's; files, hashes and
 * initial weights go by the canonical order:
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

#endif
