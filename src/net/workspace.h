/* workspace.h: the activations of the rows that are in memory at once, in panels (panel.h).
 *
 * For a layer l with input x and sums z = x W^T + b, d = d loss / d z:
 *
 *     x_rows[l]  XR    forward's row panels
 *     x_wide[l]  XO (first layer) or XL: the gradient's panels, and what relu's derivative looks at
 *     d_rows[l]  ZR    backward's row panels; none in the first layer
 *     d_wide[l]  ZL (first layer) or ZO: the gradient's panels
 *     slope[l]   [row panel][lane panel][RW][LN]: d x / d what x was made of, where it does not
 *                follow from x (activations other than relu); none in the first layer
 *     z          [rows][z_stride], row-major: the last layer's sums, which the loss turns into d
 *
 * What training alone wants (d, slope) is not there otherwise, and then nothing is dropped out.
 *
 * What the gradient needs of a pass is kept for all of its rows (x_wide, d_wide); the others serve
 * from one product to the next and hold fewer rows, those that a worker takes at a time: row panel
 * p lies at p + shift there, and workers with rows of their own have copies of the struct with
 * shifts of their own. Capacities are multiples of RW. Rows and units that are not there hold 0 or
 * the values of an input row of zeros; no sum reads them.
 *
 * Threads: as its users share it.
 */
#ifndef NET_WORKSPACE_H
#define NET_WORKSPACE_H

#include <stdbool.h>

#include "net/dropout.h"
#include "net/panel.h"

struct workspace {
    bool for_training;
    int64_t rows;                   /* capacity of the wide arrays */
    int64_t shift;                  /* row panels */
    struct dropout_place first_row; /* for dropout */
    int64_t z_stride;
    float *x_rows[MLP_LAYERS_MAX], *x_wide[MLP_LAYERS_MAX];
    float *d_rows[MLP_LAYERS_MAX], *d_wide[MLP_LAYERS_MAX];
    float *slope[MLP_LAYERS_MAX];
    float *z;
    float *unfinished; /* [width / LN][rows][LN]: sums that await further blocks */
};

/* Floats that a workspace takes, for `rows` of a pass of which `at_once` go from product to
 * product. Without `for_training` the input's XO, slope and all of d are not there (NULL). */
int64_t workspace_floats(
    const struct panels *panels, int64_t rows, int64_t at_once, bool for_training);

/* Lays a workspace out in a block of that size, which stays the caller's, is aligned to 64 bytes
 * and was set to 0. The shift is 0. */
void workspace_place(struct workspace *workspace, const struct panels *panels, int64_t rows,
    int64_t at_once, bool for_training, float *block);

/* Row panels that a worker should take at a time, so that what it writes is still in its
 * second-level cache when it is read; but enough of them that the weights do not stream by for
 * nothing. */
int64_t workspace_panels_at_once(const struct panels *panels);

#endif
