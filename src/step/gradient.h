/* gradient.h: computes the gradient of one team's slices, in the fixed order of summation.
 *
 * Tile by tile (net/panel.h), a worker adds block after block to the sum of a slice, and joins
 * slices along the tree (base/sums/tree.h) while the tile is in cache. The actions are the same for
 * every tile, so they are listed once per pass, as a script. Each position of the tree's stack has
 * a buffer:
 *
 *     position   0 ... kept-1             kept ...
 *     buffer     home: all parameters,    scratch: one tile of one worker,
 *                kept after the pass      reused for the next tile
 *
 * so memory grows with the number of sums that must be kept between passes. Sums for other teams
 * are kept in home. A single team may finish each tile during the last pass, and then nothing is
 * kept.
 *
 * The losses of the samples are summed in the same order, by blocks, slices and tree.
 */
#pragma once

#include "base/memory.h"
#include "base/team.h"
#include "base/vector.h"
#include "base/sums/tree.h"
#include "net/dense.h"
#include "step/pass.h"
#include "step/settings.h"

/* The operation on one block of samples, the same for every tile. */
struct action {
    int64_t first, rows; /* of the workspace */
    int position;        /* in the tree's stack: the buffer that receives the block's chains */
    bool add;            /* add the chains instead of writing them */
    int joins;           /* how many times the top buffer is then added to the one below */
};

struct gradient {
    const struct settings *settings;
    const struct panels *panels;
    const struct vector *vector;
    struct pass_extent extent;
    int threads; /* of this rank */
    /* [extent.always] of [parameters], shared by the team. After the last pass of a batch the first
     * buffers hold the subtrees of this team's slices: sums, not yet divided for the mean. */
    float *home[TREE_DEPTH];
    float *scratch;        /* [threads x extent.within x tile_floats] */
    struct action *action; /* [threads x extent.blocks] */
};

/* Initializes everything except the memory, for passes of this extent. */
void gradient_init(struct gradient *gradient, const struct settings *settings,
    const struct panels *panels, const struct pass_extent *extent, int threads);

/* Place the gradient's memory (base/memory.h): the part shared by the team, and this rank's own. */
void gradient_place_home(void *object, struct carver *carver);
void gradient_place_own(void *object, struct carver *carver);

/* Callbacks that receive the sum of each run of parameters as soon as it is complete. */
struct finisher {
    /* sum [n]: of the parameters [at, at + n); tile: its number in this layer's weight, or -1 for
     * a bias */
    void (*finish)(void *context, int layer, int64_t tile, int64_t at, const float *sum, int64_t n);
    /* called before these parameters are summed: prefetches the memory that finish() will use */
    void (*expect)(void *context, int64_t at, int64_t n);
    void *context;
};

/* The order of the tiles where the sums of some parameters are needed first: bucket by bucket. */
struct filling {
    int buckets;
    const unsigned char *bucket_of; /* [parameters / tile_floats] */
    void (*filled)(void *context);  /* this worker has summed its tiles of one more bucket */
    void (*tend)(void *context);    /* called every few tens of microseconds between tiles */
    void *context;
};

/* Adds the rows of one pass, from `walk` to `end`, to the gradient; they start at row 0 of the
 * workspace. `stack` belongs to the caller: it is empty before the first pass of a batch and the
 * same for every worker. Call from all workers, between barriers; each handles its own tiles. A
 * finisher may be passed only in the last pass of a single team; all slices are then joined into
 * one sum, and the finisher receives every finished tile. A filling may be passed only without a
 * finisher. */
void gradient_add(struct gradient *gradient, const struct worker *worker,
    const struct workspace *workspace, const struct walk *walk, const struct walk *end,
    struct tree_stack *stack, const struct finisher *finisher, const struct filling *filling);

/* Sums of one double per row, such as the losses, added in the same order. */
struct row_sums {
    struct tree_stack stack;
    double value[TREE_DEPTH]; /* by position of the stack */
};

/* Adds the values of one pass; row[0] is the value for its first row. */
void row_sums_add(
    struct row_sums *sums, const double *row, const struct walk *begin, const struct walk *end);
