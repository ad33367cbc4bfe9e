/* pass.h: the blocks of a team's slices, and how passes take them.
 *
 *   slice 0                      slice 1                      of a batch
 *   |-- block --|-- block --|-b-|-- block --|-- block --|-b-|
 *   |------- pass 1 --------|-------- pass 2 -------|- 3 ---|
 *
 * A block is at most KERNEL_BLOCK rows of one slice, counted from the slice's first row; the last
 * one of a slice is shorter, and an empty slice is one empty block. A pass is as many whole blocks,
 * in order, as its rows allow, never fewer than one; so passes have no effect on the sums.
 *
 * Each worker walks on its own; the same arguments give the same blocks.
 */
#ifndef STEP_PASS_H
#define STEP_PASS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/split.h"
#include "base/sums/tree.h"
#include "step/plan.h"

struct block {
    struct range rows;  /* of the batch */
    bool opens, closes; /* the first and the last block of its slice */
    int64_t slice;
};

struct walk {
    const struct plan_stage *stage;
    int64_t batch_size;
    struct range slices; /* of this team */
    int64_t slice, row;  /* where the next block begins */
};

struct walk walk_begin(const struct plan_stage *stage, int64_t batch_size, int team);

/* Moves the walk past the next block; false when there is none. */
bool walk_block(struct walk *walk, struct block *block);

/* Sets `end` to the end of the pass that begins here; false when no block is left. */
bool walk_pass(const struct walk *walk, int64_t pass_rows, struct walk *end);

/* True if no block is left. */
static inline bool walk_is_over(const struct walk *walk)
{
    return walk->slice >= walk->slices.end;
}

/* Rows from one place of a walk to a later one. */
static inline struct range walk_rows(const struct walk *begin, const struct walk *end)
{
    return (struct range){begin->row, end->row};
}

static inline bool walk_reached(const struct walk *walk, const struct walk *end)
{
    return walk->slice == end->slice && walk->row == end->row;
}

/* Pushes and joins on a tree's stack (base/sums/tree.h) what lies between two places of a walk;
 * returns the most positions in use meanwhile. */
int walk_stack(struct walk walk, const struct walk *end, struct tree_stack *stack);

/* The largest passes of a team, which its memory must hold. */
struct pass_extent {
    int64_t rows;
    int blocks;
    int always; /* positions of the tree's stack in use between passes: each needs a buffer */
    int within; /* positions in use within a pass */
};

/* Over all batches of a plan; and extends an extent to the passes of one batch. */
struct pass_extent pass_extent_of(const struct plan *plan, int team, int64_t pass_rows);
void pass_extent_add(struct pass_extent *extent, const struct plan_stage *stage, int64_t batch_size,
    int team, int64_t pass_rows);

#endif
