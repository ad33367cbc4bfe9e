/* gradient.h: the gradient of one team's slices, in the order of sums.
 *
 * Tile by tile (net/panel.h), a worker adds block after block to the sum of a slice, and joins
 * slices by the tree (base/sums/tree.h) while the tile is in cache. The actions are the same for
 * every tile, so they are listed once per pass, as a script. Every position of the tree's stack has
 * a buffer:
 *
 *     position   0 ... kept-1             kept ...
 *     buffer     home: all parameters,    scratch: one tile of one worker,
 *                kept after the pass      reused for the next tile
 *
 * so memory grows with the sums that must be kept between passes. Sums for other teams lie in home.
 * A team that is alone may finish each tile during the last pass, and then nothing is kept.
 *
 * The losses of the samples are summed over the same blocks, slices and tree.
 */
#ifndef STEP_GRADIENT_H
#define STEP_GRADIENT_H

#include "base/memory.h"
#include "base/team.h"
#include "base/vector.h"
#include "base/sums/tree.h"
#include "net/dense.h"
#include "step/pass.h"
#include "step/settings.h"

/* The action on one block of samples, for every tile. */
struct action {
    int64_t first, rows; /* of the workspace */
    int position;        /* of the tree's stack: the buffer to which the block's chains go */
    bool add;            /* ... or are added */
    int joins;           /* then: how often the topmost buffer is added to the one below */
};

struct gradient {
    const struct settings *settings;
    const struct panels *panels;
    const struct vector *vector;
    struct pass_extent extent;
    int threads; /* of this rank */
    /* [extent.always] of [parameters], the team's. After the last pass of a batch the first of them
     * hold the subtrees of this team's slices, not yet divided by anything. */
    float *home[TREE_DEPTH];
    float *scratch;        /* [threads x extent.within x tile_floats] */
    struct action *action; /* [threads x extent.blocks] */
};

/* Everything except the memory, for passes of this extent. */
void gradient_init(struct gradient *gradient, const struct settings *settings,
    const struct panels *panels, const struct pass_extent *extent, int threads);

/* Its memory (base/memory.h): the team's, and this rank's own. */
void gradient_place_home(void *object, struct carver *carver);
void gradient_place_own(void *object, struct carver *carver);

/* Called with the whole sum of a run of parameters as soon as it is complete. */
struct finisher {
    /* of parameters at ... at + n - 1; tile: of this layer's weight, or -1 for a bias */
    void (*finish)(void *context, int layer, int64_t tile, int64_t at, const float *sum, int64_t n);
    /* they are summed next: prefetches what finish() will touch */
    void (*expect)(void *context, int64_t at, int64_t n);
    void *context;
};

/* Adds the rows of one pass, from `walk` to `end`, which lie in the workspace from its row 0 on.
 * `stack` is the caller's: empty before the first pass of a batch, the same for every worker. Call
 * from all workers, between barriers; each has tiles of its own. With a finisher, in the last pass
 * of a team that is alone, the slices are folded to one sum and every tile is passed to it. */
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
