#include "net/tiles.h"

/* Half of the second-level cache of common cores; the rest is for lane panels and results. */
enum { GROUP_BYTES = 512 << 10 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Stands before the first tile of a group's lane panel. */
static void enter_lane(struct tile_walk *walk, int64_t lane)
{
    int64_t begin = walk->part.tiles.first - lane * range_size(walk->part.rows);
    walk->lane = lane;
    walk->row = walk->part.rows.first + (begin > walk->rows.first ? begin : walk->rows.first) - 1;
}

struct tile_walk tiles_walk(struct part part, int64_t row_bytes)
{
    int64_t height = range_size(part.rows), fitting = GROUP_BYTES / row_bytes;
    struct tile_walk walk = {.part = part, .group = fitting < 1 ? 1 : fitting};
    walk.rows.end = least(walk.group, height);
    enter_lane(&walk, part.tiles.first / height);
    return walk;
}

bool tiles_next(struct tile_walk *walk)
{
    const struct part *part = &walk->part;
    int64_t height = range_size(part->rows);
    for (;;) {
        int64_t end = least(part->tiles.end - walk->lane * height, walk->rows.end);
        if (++walk->row < part->rows.first + end)
            return true;
        if ((walk->lane + 1) * height < part->tiles.end) {
            enter_lane(walk, walk->lane + 1);
            continue;
        }
        if (walk->rows.end == height)
            return false;
        walk->rows = (struct range){walk->rows.end, least(walk->rows.end + walk->group, height)};
        enter_lane(walk, part->tiles.first / height);
    }
}
