/* panel.h: the layout of a network in memory, chosen so that no step packs a weight.
 *
 * The kernel (kernel.h) multiplies a lane panel by a row panel, both running along the summed
 * dimension. With LN lanes and RW rows, an array "in panels of w over u, steps t" is
 *
 *     [u / w][t][w]       element (u, t) at ((u / w) * steps + t) * w + u % w
 *
 * One layer, x [n x in] -> z [n x out], needs these products:
 *
 *                 tile                 lane panels          row panels           summed over
 *     forward     samples x outputs    Wf over outputs      XR over samples      inputs
 *     backward    samples x inputs     Wb over inputs       ZR over samples      outputs
 *     gradient    as the master copy   see below            see below            samples
 *
 * The master copy of a weight, which the optimizer updates, is either Wf or Wb, in whole tiles: its
 * steps are padded to a multiple of RW, so tile (lane panel p, row panel q) of the gradient is run
 * number p * row_panels + q of RW * LN floats, with element (row r, lane l) at r * LN + l.
 *
 *                    master     lanes     rows       gradient from       also derived
 *     first layer    Wf         outputs   inputs     ZL of its output,   nothing: no derivative of
 *                                                    XO of its input     the inputs is needed
 *     other layers   Wb         inputs    outputs    XL of its input,    Wf [out / LN][in][LN],
 *                                                    ZO of its output    tile by tile, every update
 *
 * (So with a kernel of 32 lanes and 12 rows, a last layer of 10 outputs fills 10 of 12 rows instead
 * of 10 of 32 lanes.) The arrays of sample values are named X for an input or activation, and Z for
 * a derivative:
 *
 *     XR, ZR   over samples, steps units        [rows / RW][width][RW]
 *     XL, ZL   over units, steps samples        [width / LN][rows][LN]   written by products
 *     XO, ZO   over units, steps samples        [width / RW][rows][RW]
 *
 * A bias follows its weight, padded to whole tiles, so that every weight begins at a whole tile of
 * the block. All parameters of a network are one block of `parameters` floats in this order, and so
 * are gradients and the optimizer's state. Pads are 0 in all of them and stay 0: the gradient of a
 * pad is 0 because its inputs are 0, and every optimizer leaves a weight of 0 unchanged if its
 * gradient is 0. So sums over the parameters may run over whole tiles. Files, hashes and initial
 * weights use the canonical order (mlp.h).
 *
 * A kernel may read one step past a panel, so blocks end with PANEL_SLACK readable floats.
 *
 * Threads: any, on tiles of their own.
 */
#pragma once

#include <stdbool.h>

#include "base/memory.h"
#include "base/split.h"
#include "net/kernel.h"
#include "net/mlp.h"
#include "net/pack.h"

enum { PANEL_SLACK = KERNEL_LANES_MAX };

struct panel_layer {
    int64_t in, out;
    enum activation_kind activation; /* the one that produced its inputs; unused in the first */
    float dropout;                   /* probability that an input becomes 0 while training */
    bool first;                      /* true: the master is Wf, else Wb */
    int64_t lane_panels, row_panels; /* numbers of panels of the master and of the gradient */
    int64_t tiles;                   /* lane_panels * row_panels */
    int64_t weight_at, bias_at;      /* offsets of the master in the block of parameters */
    int64_t bias_floats;             /* pads included */
    int64_t forward_at;    /* offset of Wf, in the same block (first layer) or the derived one */
    int64_t forward_steps; /* steps of a lane panel of Wf */
};

struct panels {
    struct kernel kernel;
    const struct pack *pack;
    int layers;
    struct panel_layer layer[MLP_LAYERS_MAX];
    float leaky_slope;
    int64_t cache_bytes; /* size of a core's second-level cache; determines how tiles are grouped */
    int64_t tile_floats; /* RW * LN */
    int64_t parameters;  /* floats of the block of parameters, including pads */
    int64_t derived;     /* floats of the derived block */
};

/* A network's weights during a run. */
struct weights {
    float *master;  /* [parameters + PANEL_SLACK] */
    float *derived; /* [derived + PANEL_SLACK] */
};

/* Places both copies in one block, which begins with the master. */
void weights_place(struct weights *weights, const struct panels *panels, struct carver *carver);

/* `cache_bytes`: 0 if unknown. */
void panels_init(
    struct panels *panels, const struct mlp *mlp, const struct kernel *kernel, int64_t cache_bytes);

/* Returns the number of panels for n units. */
static inline int64_t panel_count(int64_t n, int64_t width)
{
    return divide_up(n, width);
}

/* Returns Wf of a layer. (Wb of any layer but the first is at its weight_at in the master.) */
float *weights_forward(const struct weights *weights, const struct panel_layer *layer);

/* Updates Wf from a tile of the master; does nothing in the first layer. */
void weights_derive(
    const struct weights *weights, const struct panels *panels, int layer, int64_t tile);

/* True if Wf matches the tile of the master, bit for bit; always true in the first layer. */
bool weights_are_derived(
    const struct weights *weights, const struct panels *panels, int layer, int64_t tile);

/* weights_from_canonical() converts from canonical order and also fills Wf; block_from_canonical()
 * does the same for any block of parameters, such as the optimizer's state; weights_to_canonical()
 * converts back, for the share of the outputs that `worker` of `workers` has. */
void weights_from_canonical(const struct weights *weights, const struct panels *panels,
    const struct mlp *mlp, const float *canonical);
void block_from_canonical(
    const struct panels *panels, const struct mlp *mlp, const float *canonical, float *master);
void weights_to_canonical(const struct panels *panels, const struct mlp *mlp, const float *master,
    float *canonical, int worker, int workers);
