/* dense.h: computes the products of a layer, z = x W^T + b, tile by tile; each tile is finished
 * while it is in cache.
 *
 * The tiles of forward and backward are samples x units; those of the gradient are the tiles of the
 * master copy (panel.h).
 *
 * Threads: any, on parts of their own. Collective: no.
 */
#pragma once

#include "net/workspace.h"

/* --- parts, and the order in which a worker visits their tiles -------------------------------
 *
 * A part of a product is a range of row panels, and a range of tiles in the grid of these row
 * panels and all lane panels. Tiles are numbered lane panel by lane panel:
 *
 *     lane panel     0        1        2                 rows  5 ... 8
 *     row panel 5   [0]      [4]      [8]                tiles 2 ... 9
 *               6   [1]      [5]      [9]
 *               7   [2]      [6]      [10]
 *               8   [3]      [7]      [11]
 *
 * So each worker can take rows of its own or, if there are few rows, some of the tiles of all rows.
 * Row panels are visited in groups that stay in a core's second-level cache while the lane panels
 * stream past. In each group, the lane panels are visited one after the other; for each lane panel,
 * all row panels of the group are visited. */
struct part {
    struct range rows;  /* row panels */
    struct range tiles; /* numbers in the grid of lane panels x these rows */
};

static inline bool part_is_empty(const struct part *part)
{
    return range_size(part->rows) <= 0 || range_size(part->tiles) <= 0;
}

struct tile_walk {
    struct part part;
    int64_t group;     /* row panels per group */
    struct range rows; /* row panels of this group, counted from part.rows.first */
    int64_t lane;      /* lane panel and row panel of the tile */
    int64_t row;
};

/* Returns a walk that begins before the first group. `group`: row panels per group, at least 1. */
struct tile_walk tiles_walk(struct part part, int64_t group);

/* Moves to the next group, before its first tile; false after the last group, or if the part has no
 * tiles. */
bool tiles_group(struct tile_walk *walk);

/* Moves to the next tile of this group; false if there is none. A copy of the walk visits the same
 * tiles again. */
bool tiles_next(struct tile_walk *walk);

/* Returns the part with all tiles of these row panels, for a product with this number of units. */
struct part part_of_rows(const struct panels *panels, struct range rows, int64_t units);

/* --- the products ---------------------------------------------------------------------------- */

/* Packs some rows of inputs: x [rows x in] -> x_rows[0], x_wide[0]. */
void dense_input(
    const struct panels *panels, struct workspace *workspace, struct range rows, const float *x);

/* While training, applies the network's dropout to n rows of inputs x [n x in], before they enter
 * the workspace as rows `first` and following. */
void dense_drop_inputs(const struct panels *panels, const struct workspace *workspace,
    int64_t first, int64_t n, float *x);

/* Runs layer l forward: x[l] -> activation, dropout -> x[l+1]; returns the largest magnitude of
 * x[l+1]. The last layer writes plain sums to z and returns 0. */
float dense_forward(const struct panels *panels, const struct weights *weights,
    struct workspace *workspace, int layer, struct part part);

/* Packs some rows of the loss's derivative: z -> d[layers-1]. */
void dense_output(const struct panels *panels, struct workspace *workspace, struct range rows);

/* Runs layer l > 0 backward: d[l] -> derivative of the function that produced x[l] -> d[l-1].
 * Returns the largest magnitude of d[l-1] in this part, or infinity if any value is not finite. */
float dense_backward(const struct panels *panels, const struct weights *weights,
    struct workspace *workspace, int layer, struct part part);

/* Computes the gradient of one tile of a layer's weight from k <= KERNEL_BLOCK rows of the
 * workspace; writes it to sum [RW * LN] or, if `add`, adds it. */
void dense_gradient(const struct panels *panels, const struct workspace *workspace, int layer,
    int64_t tile, int64_t first_row, int64_t k, bool add, float *sum);

/* The gradient of a layer's bias is computed in panels of LN units (first layer) or RW units:
 * dense_bias_width() returns their width, dense_bias_gradient() computes one panel. */
int64_t dense_bias_width(const struct panels *panels, int layer);
void dense_bias_gradient(const struct panels *panels, const struct workspace *workspace, int layer,
    int64_t panel, int64_t first_row, int64_t k, bool add, float *sum);
