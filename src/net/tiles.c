#include "net/tiles.h"

/* Positions the walk before the first tile of a lane panel of its group. */
static void enter_lane(struct tile_walk *walk, int64_t lane)
{
    int64_t begin = walk->part.tiles.first - lane * range_size(walk->part.rows);
    walk->lane = lane;
    walk->row = walk->part.rows.first + (begin > walk->rows.first ? begin : walk->rows.first) - 1;
}

struct tile_walk tiles_walk(struct part part, int64_t group)
{
    return (struct tile_walk){.part = part, .group = group};
}

bool tiles_group(struct tile_walk *walk)
{
    int64_t height = range_size(walk->part.rows);
    if (walk->rows.end >= height || part_is_empty(&walk->part))
        return false;
    walk->rows = (struct range){walk->rows.end, least(walk->rows.end + walk->group, height)};
    enter_lane(walk, walk->part.tiles.first / height);
    return true;
}

bool tiles_next(struct tile_walk *walk)
{
    const struct part *part = &walk->part;
    int64_t height = range_size(part->rows);
    for (;;) {
        int64_t end = least(part->tiles.end - walk->lane * height, walk->rows.end);
        if (++walk->row < part->rows.first + end)
            return true;
        if ((walk->lane + 1) * height >= part->tiles.end)
            return false;
        enter_lane(walk, walk->lane + 1);
    }
}
