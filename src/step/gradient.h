/* gradient.h: the gradient of one team's slices, in the order of sums.
 *
 * Tile by tile (net/panel.h), a worker adds block after block to the sum of a slice, and joins
 * slices by the tree (base/sums/tree.h) while the tile is in cache. What is to be done is the same for
 * every tile, so it is written down once a pass, as a script. Every position of the tree's stack
 * has a buffer:
 *
 *     position   0 ... kept-1             kept ...
 *     buffer     home: all parameters,    scratch: one tile of one worker,
 *                outlives the pass        forgotten with the tile
 *
 * so memory grows with what must outlive a pass. What travels to other teams lies in home; a team
 * that is alone may finish each tile of the last pass at once, and then nothing is kept.
 *
 * The losses of the samples go through the same blocks, slices and tree.
 */
#ifndef STEP_GRADIENT_H
#define STEP_GRADIENT_H

#include "base/team.h"
#include "base/sums/tree.h"
#include "comm/teams.h"
#include "net/dense.h"
#include "step/pass.h"
#include "step/settings.h"

struct gradient;

/* For the slices of a team, `threads` workers on this rank, and passes of `pass_rows`. The home
 * buffers are the team's. Collective over the team. STATUS_NO_RESOURCE. */
enum status gradient_create(struct gradient **gradient, const struct settings *settings,
    const struct panels *panels, struct teams *teams, int64_t pass_rows, struct error *error);
void gradient_destroy(struct gradient *gradient);

/* Bytes that a team of that many workers takes. */
int64_t gradient_bytes(const struct settings *settings, const struct panels *panels, int team,
    int workers, int64_t pass_rows);

/* The home buffers, [panels->parameters] each. After the last pass of a batch the first of them
 * hold the subtrees of this team's slices, not yet divided by anything. */
float *const *gradient_buffers(const struct gradient *gradient);

/* What is done with the whole sum of a run of parameters as soon as it is there. */
struct finisher {
    /* of parameters at ... at + n - 1; tile: of this layer's weight, or -1 for a bias */
    void (*finish)(void *context, int layer, int64_t tile, int64_t at, const float *sum, int64_t n);
    /* they are about to be summed: have what finish() will touch on its way */
    void (*expect)(void *context, int64_t at, int64_t n);
    void *context;
};

/* Adds the rows of one pass, from `walk` to `end`, which lie in the workspace from its row 0 on.
 * `stack` is the caller's: empty before the first pass of a batch, the same for every worker. Call
 * from all workers, between barriers: a worker has its own tiles. With a finisher, in the last pass
 * of a team that is alone, the slices are folded to one sum and every tile is handed over. */
void gradient_add(struct gradient *gradient, const struct worker *worker,
    const struct workspace *workspace, const struct walk *walk, const struct walk *end,
    struct tree_stack *stack, const struct finisher *finisher);

/* Sums of one double per row, such as the losses, in the same order. */
struct row_sums {
    struct tree_stack stack;
    double value[TREE_DEPTH]; /* at the stack's positions */
};

/* Adds the rows of one pass; row[0] is the first of them. */
void row_sums_add(
    struct row_sums *sums, const double *row, const struct walk *begin, const struct walk *end);

#endif
