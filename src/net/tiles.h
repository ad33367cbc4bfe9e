/* tiles.h: the order in which a worker visits its tiles of a product.
 *
 * A part of a product is a range of row panels and a range of tiles of the grid that these form
 * with all lane panels, numbered lane panel by lane panel:
 *
 *     lane panel     0        1        2                 rows  5 ... 8
 *     row panel 5   [0]      [4]      [8]                tiles 2 ... 9
 *               6   [1]      [5]      [9]
 *               7   [2]      [6]      [10]
 *               8   [3]      [7]      [11]
 *
 * So workers take rows of their own, or, if there are few rows, tiles of all rows. Row panels are
 * visited in groups that stay in a core's second-level cache while the lane panels pass: group by
 * group, within it lane panel by lane panel, within that row panel by row panel.
 *
 * Threads: any.
 */
#ifndef NET_TILES_H
#define NET_TILES_H

#include <stdbool.h>

#include "base/split.h"

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

/* `group`: row panels per group, at least 1. The walk begins before the first group. */
struct tile_walk tiles_walk(struct part part, int64_t group);

/* Moves to the next group, before its first tile; false if there is none, or no tile at all. */
bool tiles_group(struct tile_walk *walk);

/* Moves to the next tile of this group; false if there is none. A copy of the walk visits the same
 * tiles again. */
bool tiles_next(struct tile_walk *walk);

#endif
