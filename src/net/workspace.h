/* workspace.h: the activations of the rows that are in memory at the same time, in panels
 * (panel.h).
 *
 * For a layer l with input x and sums z = x W^T + b, d = d loss / d z:
 *
 *     x_rows[l]  XR    forward's row panels
 *     x_wide[l]  XO (first layer) or XL: the gradient's panels, and the input of relu's derivative
 *     d_rows[l]  ZR    backward's row panels; none in the first layer
 *     d_wide[l]  ZL (first layer) or ZO: the gradient's panels
 *     slope[l]   [row panel][lane panel][RW][LN]: the derivative of x with respect to the sums it
 *                was computed from, where it does not follow from x (activations other than
 *                relu); none in the first layer
 *     z          [rows][z_stride], row-major: the last layer's sums, which the loss turns into d
 *
 * The arrays that only training needs (d, slope) exist only for training; dropout is also applied
 * only then.
 *
 * The arrays that the gradient of a pass reads (x_wide, d_wide) hold all rows of the pass. The
 * others carry values from one product to the next and hold only the rows that a worker takes at a
 * time. In those arrays row panel p is at p + shift; workers with rows of their own have copies of
 * the struct, each with a shift of its own. Capacities are multiples of RW. Rows and units beyond
 * the last hold 0 or the values of an input row of zeros; no sum reads them.
 *
 * Threads: any; the users decide who writes which rows.
 */
#pragma once

#include <stdbool.h>

#include "base/memory.h"
#include "net/dropout.h"
#include "net/panel.h"

struct workspace {
    bool for_training;
    int64_t rows;                   /* rows of the wide arrays */
    int64_t shift;                  /* row panels */
    struct dropout_place first_row; /* for dropout */
    int64_t z_stride;
    float *x_rows[MLP_LAYERS_MAX], *x_wide[MLP_LAYERS_MAX];
    float *d_rows[MLP_LAYERS_MAX], *d_wide[MLP_LAYERS_MAX];
    float *slope[MLP_LAYERS_MAX];
    float *z;
    float *unfinished; /* [width / LN][rows][LN]: sums that further blocks are added to */
};

/* Places a workspace in a zeroed block, which still belongs to the caller. The shift is 0. The
 * workspace is for a pass of `rows` rows; groups of `at_once` rows go through all products in turn.
 * Without `for_training`, XO of the input, slope and d are NULL. */
void workspace_place(struct workspace *workspace, const struct panels *panels, int64_t rows,
    int64_t at_once, bool for_training, struct carver *carver);

/* Returns the bytes that a workspace takes. */
int64_t workspace_bytes(
    const struct panels *panels, int64_t rows, int64_t at_once, bool for_training);

/* Returns the number of row panels that a worker should take at a time: few enough that its results
 * are still in its second-level cache when they are read, and enough that streaming the weights
 * pays off. */
int64_t workspace_panels_at_once(const struct panels *panels);
