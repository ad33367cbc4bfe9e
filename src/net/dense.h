/* dense.h: the products of a layer, z = x W^T + b, tile by tile, each finished while it is in
 * cache.
 *
 * The tiles of forward and backward are samples x units; those of the gradient are the master's
 * (panel.h). Parts of them are as in tiles.h.
 *
 * Threads: any, on parts of their own. Collective: no.
 */
#ifndef NET_DENSE_H
#define NET_DENSE_H

#include "net/tiles.h"
#include "net/workspace.h"

/* All tiles of these row panels, for a product with this number of units. */
struct part part_of_rows(const struct panels *panels, struct range rows, int64_t units);

/* Packs some rows of inputs: x [rows x in] -> x_rows[0], x_wide[0]. */
void dense_input(
    const struct panels *panels, struct workspace *workspace, struct range rows, const float *x);

/* While training, applies the network's dropout to n rows of inputs x [n x in], before they enter
 * the workspace as rows `first` and following. */
void dense_drop_inputs(const struct panels *panels, const struct workspace *workspace,
    int64_t first, int64_t n, float *x);

/* Layer l: x[l] -> activation, dropout -> x[l+1]; returns its largest magnitude. The last layer: ->
 * z, plain sums; returns 0. */
float dense_forward(const struct panels *panels, const struct weights *weights,
    struct workspace *workspace, int layer, struct part part);

/* Packs some rows of the loss's derivative: z -> d[layers-1]. */
void dense_output(const struct panels *panels, struct workspace *workspace, struct range rows);

/* Layer l > 0: d[l] -> through the derivative of the function that made x[l] -> d[l-1]. Returns the
 * largest magnitude of d[l-1] in this part, infinity if any is not finite. */
float dense_backward(const struct panels *panels, const struct weights *weights,
    struct workspace *workspace, int layer, struct part part);

/* The gradient of one tile of a layer's weight from k <= KERNEL_BLOCK rows of the workspace:
 * written to sum [RW * LN], or added to it. */
void dense_gradient(const struct panels *panels, const struct workspace *workspace, int layer,
    int64_t tile, int64_t first_row, int64_t k, bool add, float *sum);

/* The same for the bias of a layer. Its units are in the gradient's panels, of LN (first layer) or
 * RW units. */
int64_t dense_bias_panels(const struct panels *panels, int layer);
int64_t dense_bias_width(const struct panels *panels, int layer);
void dense_bias_gradient(const struct panels *panels, const struct workspace *workspace, int layer,
    int64_t panel, int64_t first_row, int64_t k, bool add, float *sum);

#endif
