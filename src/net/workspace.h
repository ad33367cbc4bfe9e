/* workspace.h: the activations of the rows that are in memory at once, in panels (panel.h).
 *
 * For a layer l with input x and sums z = x W^T + b, d = d loss / d z:
 *
 *     x_rows[l]  XR    forward's row panels
 *     x_wide[l]  XO (first layer) or XL: the gradient's panels, and what relu's derivative looks at
 *     d_rows[l]  ZR    backward's row panels; none in the first layer
 *     d_wide[l]  ZL (first layer) or ZO: the gradient's panels
 *     z          [rows][z_stride], row-major: the last layer's sums, which the loss turns into d
 *
 * The capacity is a multiple of RW. Rows and units that are not there hold 0 or the values of an
 * input row of zeros; no sum reads them.
 *
 * Threads: as its users share it.
 */
#ifndef NET_WORKSPACE_H
#define NET_WORKSPACE_H

#include "net/panel.h"

struct workspace {
    int64_t rows; /* capacity */
    int64_t z_stride;
    float *x_rows[MLP_LAYERS_MAX], *x_wide[MLP_LAYERS_MAX];
    float *d_rows[MLP_LAYERS_MAX], *d_wide[MLP_LAYERS_MAX];
    float *z;
    float *unfinished; /* [width / LN][rows][LN]: sums that await further blocks */
};

/* Floats that a workspace for that many rows takes. Without `for_training` the input's XO and all
 * of d are not there (NULL). */
int64_t workspace_floats(const struct panels *panels, int64_t rows, bool for_training);

/* Lays a workspace out in a block of that size, which stays the caller's, is aligned to 64 bytes and
 * was set to 0. */
void workspace_place(struct workspace *workspace, const struct panels *panels, int64_t rows,
    bool for_training, float *block);

#endif
