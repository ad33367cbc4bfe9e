#include "step/pass.h"

#include "net/kernel.h"

struct walk walk_begin(const struct plan_stage *stage, int64_t batch_size, int team)
{
    struct range slices = plan_team_slices(stage, team);
    int64_t row = plan_team_rows(stage, batch_size, team).first;
    return (struct walk){stage, batch_size, slices, slices.first, row};
}

bool walk_block(struct walk *walk, struct block *block)
{
    if (walk_is_over(walk))
        return false;
    struct range slice = plan_slice_rows(walk->stage, walk->batch_size, walk->slice);
    int64_t end = walk->row + KERNEL_BLOCK < slice.end ? walk->row + KERNEL_BLOCK : slice.end;
    *block = (struct block){.rows = {walk->row, end},
        .opens = walk->row == slice.first,
        .closes = end == slice.end,
        .slice = walk->slice};
    walk->row = end;
    walk->slice += block->closes;
    return true;
}

bool walk_pass(const struct walk *walk, int64_t pass_rows, struct walk *end)
{
    struct walk ahead = *walk;
    struct block block;
    if (!walk_block(&ahead, &block))
        return false;
    do
        *end = ahead;
    while (walk_block(&ahead, &block) && block.rows.end - walk->row <= pass_rows);
    return true;
}

int walk_stack(struct walk walk, const struct walk *end, struct tree_stack *stack)
{
    int most = stack->size;
    struct block block;
    while (!walk_reached(&walk, end) && walk_block(&walk, &block)) {
        if (block.opens)
            tree_push(stack, (struct tree_node){0, block.slice});
        most = stack->size > most ? stack->size : most;
        while (block.closes && tree_join(stack))
            ;
    }
    return most;
}

static int count_blocks(struct walk walk, const struct walk *end)
{
    struct block block;
    int n = 0;
    while (!walk_reached(&walk, end) && walk_block(&walk, &block))
        n++;
    return n;
}

static void raise_count(int *most, int n)
{
    *most = n > *most ? n : *most;
}

void pass_extent_add(struct pass_extent *extent, const struct plan_stage *stage, int64_t batch_size,
    int team, int64_t pass_rows)
{
    struct walk walk = walk_begin(stage, batch_size, team), end;
    struct tree_stack stack;
    stack.size = 0;
    for (; walk_pass(&walk, pass_rows, &end); walk = end) {
        int64_t rows = range_size(walk_rows(&walk, &end));
        extent->rows = rows > extent->rows ? rows : extent->rows;
        raise_count(&extent->blocks, count_blocks(walk, &end));
        raise_count(&extent->within, walk_stack(walk, &end, &stack));
        raise_count(&extent->always, stack.size);
    }
}

struct pass_extent pass_extent_of(const struct plan *plan, int team, int64_t pass_rows)
{
    struct pass_extent extent = {0};
    for (int s = 0; s < plan->stages; s++) {
        const struct plan_stage *stage = &plan->stage[s];
        pass_extent_add(&extent, stage, stage->batch, team, pass_rows);
        pass_extent_add(&extent, stage, stage->last_batch, team, pass_rows);
    }
    return extent;
}
