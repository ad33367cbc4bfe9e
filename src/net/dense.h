/* dense.h: the products of a layer, z = x W^T + b, tile by tile, each finished while it is in
 * cache.
 *
 * The tiles of forward and backward are samples x units, of the gradient those of the master
 * (panel.h); parts of them as in tiles.h.
 *
 * Threads: any, on parts of their own. Collective: no.
 */
#ifndef NET_DENSE_H
#define NET_DENSE_H

#include "net/tiles.h"
#include "net/workspace.h"

/* All tiles of these row panels for a product with so many units. */
struct part part_of_rows(const struct panels *panels, struct range rows, int64_t units);

/* Some rows of inputs: x [rows x in] -> x_rows[0], x_wide[0]. */
void dense_input(
    const struct panels *panels, struct workspace *workspace, struct range rows, const float *x);

/* While training, drops out of some rows of inputs x [n x in] what the network's rates say, before
 * they go into the workspace as rows `first` and so on. */
void dense_drop_inputs(const struct panels *panels, const struct workspace *workspace,
    int64_t first, int64_t n, float *x);

/* Layer l: x[l] -> activation, dropout -> x[l+1], of which the largest magnitude is returned; the
 * last layer -> z, plain sums, and 0. */
float dense_forward(const struct panels *panels, const struct weights *weights,
    struct workspace *workspace, int layer, struct part part);

/* Of some rows: d in z, as the loss leaves it, -> d[layers-1]. */
void dense_output(const struct panels *panels, struct workspace *workspace, struct range rows);

/* Layer l > 0: d[l] -> through the derivative of what made x[l] -> d[l-1]. Returns the largest
 * magnitude of d[l-1] in this part, infinity if any is not finite. */
float dense_backward(const struct panels *panels, const struct weights *weights,
    struct workspace *workspace, int layer, struct part part);

/* The gradient of one tile of a layer's weight from k <= KERNEL_BLOCK rows of the workspace:
 * written to sum [RW * LN], or added to it. */
void dense_gradient(const struct panels *panels, const struct workspace *workspace, int layer,
    int64_t tile, int64_t first_row, int64_t k, bool add, float *sum);

/* The same for the bias of a layer. Its units come in the gradient's panels: of LN (first layer) or
 * RW units. */
int64_t dense_bias_panels(const struct panels *panels, int layer);
int64_t dense_bias_width(const struct panels *panels, int layer);
void dense_bias_gradient(const struct panels *panels, const struct workspace *workspace, int layer,
    int64_t panel, int64_t first_row, int64_t k, bool add, float *sum);

#endif
