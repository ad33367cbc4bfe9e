/* pass.h: divides a team's slices into blocks, and groups the blocks into passes.
 *
 *   slice 0                      slice 1                      of a batch
 *   |-- block --|-- block --|-b-|-- block --|-- block --|-b-|
 *   |------- pass 1 --------|-------- pass 2 -------|- 3 ---|
 *
 * A block has at most KERNEL_BLOCK rows of one slice, counted from the slice's first row; the last
 * block of a slice may be shorter, and an empty slice is one empty block. A pass consists of as
 * many whole blocks, in order, as its row limit allows, but at least one; so passes have no effect
 * on the sums.
 *
 * Each worker walks through the blocks by itself; the same arguments give the same blocks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/split.h"
#include "base/sums/tree.h"
#include "step/plan.h"

struct block {
    struct range rows;  /* of the batch */
    bool opens, closes; /* true for the first and the last block of its slice */
    int64_t slice;
};

struct walk {
    const struct plan_stage *stage;
    int64_t batch_size;
    struct range slices; /* of this team */
    int64_t slice, row;  /* where the next block begins */
};

struct walk walk_begin(const struct plan_stage *stage, int64_t batch_size, int team);

/* Returns the next block and moves the walk past it; false if none is left. */
bool walk_block(struct walk *walk, struct block *block);

/* Sets `end` to the end of the pass that begins here; false if no block is left. */
bool walk_pass(const struct walk *walk, int64_t pass_rows, struct walk *end);

/* True if no block is left. */
static inline bool walk_is_over(const struct walk *walk)
{
    return walk->slice >= walk->slices.end;
}

/* Returns the rows between two points of a walk. */
static inline struct range walk_rows(const struct walk *begin, const struct walk *end)
{
    return (struct range){begin->row, end->row};
}

static inline bool walk_reached(const struct walk *walk, const struct walk *end)
{
    return walk->slice == end->slice && walk->row == end->row;
}

/* Performs the pushes and joins between two points of a walk on a tree's stack (base/sums/tree.h);
 * returns the largest number of positions in use at any time. */
int walk_stack(struct walk walk, const struct walk *end, struct tree_stack *stack);

/* The extent of a team's largest passes, for which it needs memory. */
struct pass_extent {
    int64_t rows;
    int blocks;
    int always; /* positions of the tree's stack in use between passes: each needs a buffer */
    int within; /* positions in use within a pass */
};

/* pass_extent_of() returns the extent over all batches of a plan; pass_extent_add() extends one to
 * cover the passes of one batch. */
struct pass_extent pass_extent_of(const struct plan *plan, int team, int64_t pass_rows);
void pass_extent_add(struct pass_extent *extent, const struct plan_stage *stage, int64_t batch_size,
    int team, int64_t pass_rows);
