/* tiles.c: every tile of a part exactly once, in the order that dense.h describes. */
#include "net/dense.h"

#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

enum { MOST_TILES = 4096 };

struct visit {
    int64_t lane, row;
};

/* The order by three plain loops over everything; returns how many tiles there are. */
static int64_t plain_order(const struct part *part, int64_t group, struct visit *visits)
{
    int64_t height = part->rows.end - part->rows.first, n = 0;
    for (int64_t first = 0; first < height; first += group)
        for (int64_t lane = 0; lane * height < part->tiles.end; lane++)
            for (int64_t row = first; row < first + group && row < height; row++) {
                int64_t number = lane * height + row;
                if (number >= part->tiles.first && number < part->tiles.end)
                    visits[n++] = (struct visit){lane, part->rows.first + row};
            }
    return n;
}

/* Visits the tiles of one group; returns the place in the order behind them. */
static int64_t check_group(
    struct tile_walk walk, const struct part *part, const struct visit *want, int64_t at, int64_t n)
{
    for (; tiles_next(&walk); at++) {
        assert_true(at < n);
        if (walk.lane != want[at].lane || walk.row != want[at].row)
            fail_msg("rows %d-%d, tiles %d-%d, group %d, tile %d: lane panel %d, row panel %d",
                (int)part->rows.first, (int)part->rows.end, (int)part->tiles.first,
                (int)part->tiles.end, (int)walk.group, (int)at, (int)walk.lane, (int)walk.row);
    }
    return at;
}

/* Every group twice: a copy of the walk visits the same tiles again. */
static void check_part(const struct part *part, int64_t group)
{
    static struct visit want[MOST_TILES];
    struct tile_walk walk = tiles_walk(*part, group);
    int64_t n = plain_order(part, group, want), at = 0;
    assert_int_equal(n, part->tiles.end - part->tiles.first);
    while (tiles_group(&walk)) {
        assert_true(range_size(walk.rows) >= 1 && range_size(walk.rows) <= group);
        int64_t behind = check_group(walk, part, want, at, n);
        assert_int_equal(check_group(walk, part, want, at, n), behind);
        at = behind;
    }
    assert_int_equal(at, n);
    assert_false(tiles_group(&walk));
}

/* Groups of one row panel, of some, of all. */
static const int64_t groups[] = {1, 2, 3, 5, 12, 64, 1000};
enum { N_GROUPS = sizeof groups / sizeof *groups };

TEST(every_tile_of_every_part_once)
{
    for (int64_t height = 1; height <= 7; height++)
        for (int64_t lanes = 1; lanes <= 4; lanes++)
            for (int64_t first = 0; first < height * lanes; first++)
                for (int64_t end = first + 1; end <= height * lanes; end++)
                    for (int i = 0; i < N_GROUPS; i++)
                        check_part(&(struct part){{i, i + height}, {first, end}}, groups[i]);
}

TEST(large_shapes)
{
    static const int64_t heights[] = {1, 12, 13, 64, 341}, lanes[] = {1, 2, 9, 12};
    for (int i = 0; i < 5 * 4 * N_GROUPS; i++) {
        int64_t height = heights[i % 5], all = height * lanes[i / 5 % 4];
        for (int64_t parts = 1; parts <= 5; parts++)
            for (int64_t p = 0; p < parts; p++) {
                struct part part = {{17, 17 + height}, split_even(all, parts, p)};
                if (!part_is_empty(&part))
                    check_part(&part, groups[i / 20]);
            }
    }
}

TEST(empty_parts)
{
    assert_true(part_is_empty(&(struct part){{3, 3}, {0, 4}}));
    assert_true(part_is_empty(&(struct part){{3, 5}, {4, 4}}));
    assert_true(part_is_empty(&(struct part){{3, 5}, {4, 2}}));
    assert_false(part_is_empty(&(struct part){{3, 4}, {0, 1}}));
    struct tile_walk walk = tiles_walk((struct part){{3, 5}, {4, 2}}, 2);
    assert_false(tiles_group(&walk));
    walk = tiles_walk((struct part){{3, 3}, {0, 4}}, 2);
    assert_false(tiles_group(&walk));
}
