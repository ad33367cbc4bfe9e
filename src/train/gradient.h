/* gradient.h: the gradient of one rank's slices, in the order of sums.
 *
 * Tile by tile (net/mlp.h), a worker adds block after block to the sum of a slice, and joins slices
 * by the tree (base/tree.h) while the tile is in cache. Every position of the tree's stack has a
 * buffer:
 *
 *     position   0 ... always-1           always ... within-1
 *     buffer     home: all parameters,    scratch: one tile of one worker,
 *                lives between passes     forgotten at the end of a pass
 *
 * so memory grows with what must outlive a pass, and what travels to the other ranks lies in home.
 *
 * The losses of the samples go through the same blocks, slices and tree.
 */
#ifndef TRAIN_GRADIENT_H
#define TRAIN_GRADIENT_H

#include "base/team.h"
#include "base/tree.h"
#include "train/pass.h"
#include "train/trainer.h"

struct gradient;

/* For the slices of `team`, `threads` workers, and passes of `pass_rows`. STATUS_NO_RESOURCE. */
enum status gradient_create(struct gradient **gradient, const struct settings *settings, int team,
    int threads, int64_t pass_rows, struct error *error);
void gradient_destroy(struct gradient *gradient);

/* Bytes that gradient_create() takes. */
int64_t gradient_bytes(const struct settings *settings, int team, int threads, int64_t pass_rows);

/* The home buffers, [parameters] each. After the last pass of a batch the first of them hold the
 * subtrees of this rank's slices, not yet divided by anything. */
float *const *gradient_buffers(const struct gradient *gradient);

/* Adds the rows of one pass, from `walk` to `end`, which lie in the workspace from its row 0 on.
 * `stack` is the caller's: empty before the first pass of a batch, the same for every worker. Call
 * from all workers, between barriers: a worker has its own tiles. */
void gradient_add(struct gradient *gradient, const struct worker *worker,
    const struct workspace *workspace, const struct walk *walk, const struct walk *end,
    struct tree_stack *stack);

/* The same for the losses [rows] of a pass; sum[TREE_DEPTH] is the stack's values. */
void losses_add(const double *row_loss, const struct walk *begin, const struct walk *end,
    struct tree_stack *stack, double *sum);

#endif
