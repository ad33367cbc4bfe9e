/* pass.c: how a team walks its slices, against what pass.h draws, over a grid of sizes. */
#include "step/pass.h"

#include "net/kernel.h"
#include "support/unit.h"

static const int64_t batch_sizes[] = {1, 2, 5, 31, 255, 256, 257, 511, 512, 513, 1000, 3000};
static const int64_t slice_counts[] = {1, 2, 3, 4, 5, 7, 8, 13, 64};
static const int team_counts[] = {1, 2, 3, 4, 5, 9};
static const int64_t pass_sizes[] = {1, 255, 256, 257, 300, 512, 700, 1024, INT64_MAX};
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* A plan whose whole batch is larger than the batch that is walked, as with a tail. */
static struct plan make_plan(int64_t batch, int64_t slices, int teams)
{
    struct plan plan;
    struct error error;
    struct plan_request request = {
        batch + 77, batch + 77, .epochs = 1, .slices = slices, .teams = teams, .threads = 1};
    if (plan_make(&plan, &request, &error))
        fail_msg("%s", error.text);
    return plan;
}

/* Calls check(plan, batch, team) for all of the grid. */
static void over_the_grid(void (*check)(const struct plan *plan, int64_t batch, int team))
{
    for (int b = 0; b < COUNT(batch_sizes); b++)
        for (int s = 0; s < COUNT(slice_counts); s++)
            for (int t = 0; t < COUNT(team_counts); t++) {
                struct plan plan = make_plan(batch_sizes[b], slice_counts[s], team_counts[t]);
                for (int team = 0; team < team_counts[t]; team++)
                    check(&plan, batch_sizes[b], team);
            }
}

/* Where slice s of a batch begins: floor(s batch / slices). */
static int64_t slice_begin(const struct plan *plan, int64_t batch, int64_t slice)
{
    return slice * batch / plan->stage[0].slices;
}

/* --- blocks -------------------------------------------------------------------------------- */

/* The blocks that the drawing in pass.h asks for, one after the other, and then none. */
static void check_blocks(const struct plan *plan, int64_t batch, int team)
{
    struct range slices = plan_team_slices(plan->stage, team);
    struct walk walk = walk_begin(plan->stage, batch, team);
    struct block block;
    for (int64_t s = slices.first; s < slices.end; s++) {
        int64_t begin = slice_begin(plan, batch, s), end = slice_begin(plan, batch, s + 1);
        int64_t at = begin;
        do {
            int64_t until = at + KERNEL_BLOCK < end ? at + KERNEL_BLOCK : end;
            assert_true(walk_block(&walk, &block));
            assert_int_equal(block.slice, s);
            assert_int_equal(block.rows.first, at);
            assert_int_equal(block.rows.end, until);
            assert_int_equal(block.opens, at == begin);
            assert_int_equal(block.closes, until == end);
            at = until;
        } while (at < end);
    }
    assert_false(walk_block(&walk, &block));
    assert_false(walk_block(&walk, &block));
}

TEST(blocks_are_those_of_the_slices)
{
    over_the_grid(check_blocks);
}

/* Said once more without the slices: over all teams each row of the batch lies in one block. */
TEST(every_row_in_exactly_one_block)
{
    for (int b = 0; b < COUNT(batch_sizes); b++)
        for (int s = 0; s < COUNT(slice_counts); s++)
            for (int t = 0; t < COUNT(team_counts); t++) {
                int64_t batch = batch_sizes[b], next = 0;
                struct plan plan = make_plan(batch, slice_counts[s], team_counts[t]);
                for (int team = 0; team < team_counts[t]; team++) {
                    struct walk walk = walk_begin(&plan.stage[0], batch, team);
                    struct block block;
                    while (walk_block(&walk, &block)) {
                        assert_int_equal(block.rows.first, next);
                        assert_in_range(range_size(block.rows), 0, KERNEL_BLOCK);
                        next = block.rows.end;
                    }
                }
                assert_int_equal(next, batch);
            }
}

/* 3 rows in 8 slices: five of the slices have none, yet each is one block. */
TEST(an_empty_slice_is_one_empty_block)
{
    static const int64_t rows[] = {0, 0, 1, 0, 0, 1, 0, 1};
    struct plan plan = make_plan(3, 8, 1);
    struct walk walk = walk_begin(&plan.stage[0], 3, 0);
    struct block block;
    for (int64_t s = 0; s < 8; s++) {
        assert_true(walk_block(&walk, &block));
        assert_int_equal(block.slice, s);
        assert_int_equal(range_size(block.rows), rows[s]);
        assert_true(block.opens && block.closes);
    }
    assert_false(walk_block(&walk, &block));
}

/* --- passes -------------------------------------------------------------------------------- */

/* One pass from `walk`: whole blocks, at least one, no more rows than allowed unless it is a single
 * block, and none left out that would have fitted. Returns its end. */
static struct walk check_pass(struct walk walk, int64_t pass_rows)
{
    struct walk end, at = walk;
    struct block block;
    int64_t rows = 0, blocks = 0;
    assert_true(walk_pass(&walk, pass_rows, &end));
    assert_false(walk_reached(&walk, &end));
    while (!walk_reached(&at, &end)) {
        assert_true(walk_block(&at, &block));
        rows += range_size(block.rows);
        blocks++;
    }
    assert_true(blocks >= 1);
    assert_true(rows <= pass_rows || blocks == 1);
    assert_int_equal(walk_rows(&walk, &end).first, walk.row);
    assert_int_equal(range_size(walk_rows(&walk, &end)), rows);
    if (walk_block(&at, &block))
        assert_true(rows + range_size(block.rows) > pass_rows);
    return end;
}

static void check_passes(const struct plan *plan, int64_t batch, int team)
{
    for (int p = 0; p < COUNT(pass_sizes); p++) {
        struct walk walk = walk_begin(plan->stage, batch, team), end;
        struct range slices = plan_team_slices(plan->stage, team);
        int passes = 0;
        while (walk.slice < slices.end) {
            walk = check_pass(walk, pass_sizes[p]);
            passes++;
        }
        assert_false(walk_pass(&walk, pass_sizes[p], &end));
        assert_int_equal(walk.row, slice_begin(plan, batch, slices.end));
        if (pass_sizes[p] == INT64_MAX)
            assert_int_equal(passes, range_size(slices) > 0);
    }
}

TEST(passes_are_as_many_whole_blocks_as_fit)
{
    over_the_grid(check_passes);
}

/* --- heights of the tree's stack ----------------------------------------------------------- */

/* How many aligned subtrees leaves [first, end) make up, the largest taken first. */
static int subtrees(int64_t first, int64_t end)
{
    int n = 0;
    for (; first < end; n++) {
        int64_t size = 1;
        while (first % (2 * size) == 0 && first + 2 * size <= end)
            size *= 2;
        first += size;
    }
    return n;
}

/* While a block of slice s is added up, there are the subtrees of the slices before it, and s. */
static void check_heights(const struct plan *plan, int64_t batch, int team)
{
    int64_t first = plan_team_slices(plan->stage, team).first;
    for (int p = 0; p < COUNT(pass_sizes); p++) {
        struct pass_extent want = {0}, extent = {0};
        struct walk walk = walk_begin(plan->stage, batch, team), end;
        struct tree_stack stack = {.size = 0};
        for (; walk_pass(&walk, pass_sizes[p], &end); walk = end) {
            struct block block = {.closes = true};
            int64_t rows = range_size(walk_rows(&walk, &end));
            int blocks = 0, most = 0, least_after, got = walk_stack(walk, &end, &stack);
            for (struct walk at = walk; !walk_reached(&at, &end) && walk_block(&at, &block);) {
                int now = subtrees(first, block.slice) + 1;
                most = now > most ? now : most;
                blocks++;
            }
            least_after =
                block.closes ? subtrees(first, block.slice + 1) : subtrees(first, block.slice) + 1;
            assert_int_equal(got, most);
            assert_int_equal(stack.size, least_after);
            want.within = most > want.within ? most : want.within;
            want.rows = rows > want.rows ? rows : want.rows;
            want.blocks = blocks > want.blocks ? blocks : want.blocks;
            want.always = least_after > want.always ? least_after : want.always;
        }
        pass_extent_add(&extent, plan->stage, batch, team, pass_sizes[p]);
        assert_int_equal(extent.rows, want.rows);
        assert_int_equal(extent.blocks, want.blocks);
        assert_int_equal(extent.always, want.always);
        assert_int_equal(extent.within, want.within);
    }
}

TEST(heights_are_those_of_the_subtrees)
{
    over_the_grid(check_heights);
}

/* By hand: 8 slices of 100 rows, a team alone. In one pass the stack is 4 high while slice 7 is
 * added and 1 in the end; in passes of a slice, 3 outlive the pass that ends with slice 6. */
TEST(heights_of_eight_slices)
{
    struct plan plan = make_plan(800, 8, 1);
    struct pass_extent whole = {0}, single = {0};
    pass_extent_add(&whole, &plan.stage[0], 800, 0, INT64_MAX);
    pass_extent_add(&single, &plan.stage[0], 800, 0, 100);
    assert_int_equal(whole.within, 4);
    assert_int_equal(whole.always, 1);
    assert_int_equal(single.within, 4);
    assert_int_equal(single.always, 3);
    assert_int_equal(whole.rows, 800);
    assert_int_equal(single.rows, 100);
    assert_int_equal(whole.blocks, 8);
    assert_int_equal(single.blocks, 1);
}

/* The extent of a plan holds the whole batches and the tails of all its stages. */
TEST(extent_of_stages)
{
    struct plan_request request = {.samples = 1500,
        .batch = 1000,
        .epochs = 2,
        .slices = 3,
        .teams = 1,
        .threads = 1,
        .changes = 1,
        .change = {{700, 1}}};
    const int64_t sizes[] = {1000, 500, 700, 100};
    struct plan plan;
    struct error error;
    assert_int_equal(plan_make(&plan, &request, &error), STATUS_OK);
    for (int p = 0; p < COUNT(pass_sizes); p++) {
        struct pass_extent all = pass_extent_of(&plan, 0, pass_sizes[p]), want = {0};
        for (int i = 0; i < COUNT(sizes); i++)
            pass_extent_add(&want, &plan.stage[i / 2], sizes[i], 0, pass_sizes[p]);
        assert_memory_equal(&all, &want, sizeof want);
    }
    assert_int_equal(pass_extent_of(&plan, 0, INT64_MAX).rows, 1000);
}
