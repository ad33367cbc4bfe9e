#include "net/dense.h"

#include <stddef.h>

#include "base/vector.h"
#include "net/activation.h"
#include "net/dropout.h"

/* --- parts ------------------------------------------------------------------------------------ */

struct part part_of_rows(const struct panels *panels, struct range rows, int64_t units)
{
    int64_t lane_panels = panel_count(units, panels->kernel.lanes);
    return (struct part){rows, {0, lane_panels * range_size(rows)}};
}

/* Positions the walk before the first tile of a lane panel of its group. */
static void enter_lane(struct tile_walk *walk, int64_t lane)
{
    int64_t begin = walk->part.tiles.first - lane * range_size(walk->part.rows);
    walk->lane = lane;
    walk->row = walk->part.rows.first + (begin > walk->rows.first ? begin : walk->rows.first) - 1;
}

struct tile_walk tiles_walk(struct part part, int64_t group)
{
    return (struct tile_walk){.part = part, .group = group};
}

bool tiles_group(struct tile_walk *walk)
{
    int64_t height = range_size(walk->part.rows);
    if (walk->rows.end >= height || part_is_empty(&walk->part))
        return false;
    walk->rows = (struct range){walk->rows.end, least(walk->rows.end + walk->group, height)};
    enter_lane(walk, walk->part.tiles.first / height);
    return true;
}

bool tiles_next(struct tile_walk *walk)
{
    const struct part *part = &walk->part;
    int64_t height = range_size(part->rows);
    for (;;) {
        int64_t end = least(part->tiles.end - walk->lane * height, walk->rows.end);
        if (++walk->row < part->rows.first + end)
            return true;
        if ((walk->lane + 1) * height >= part->tiles.end)
            return false;
        enter_lane(walk, walk->lane + 1);
    }
}

/* --- one tile --------------------------------------------------------------------------------- */

/* Prefetches memory that will be read after the product. */
static inline void expect(const float *from, int64_t floats)
{
    enum { LINE = 16 };
    for (int64_t i = 0; i < floats; i += LINE)
        __builtin_prefetch(from + i);
}

/* Returns the number of steps of the summed dimension that a tile takes at a time. If the whole
 * lane panel fits in the second-level cache together with its row panels, a tile takes all steps.
 * If not, it takes one block, and all tiles of the group take that block before any takes the
 * next. */
static int64_t reach_of(const struct panels *panels, int64_t steps)
{
    int64_t bytes = steps * panels->kernel.lanes * (int64_t)sizeof(float);
    return bytes <= panels->cache_bytes / 8 ? steps : KERNEL_BLOCK;
}

/* Returns the number of row panels per group. The part's row panels are split into equal groups,
 * each small enough for `reach` steps of its row panels to fit in the second-level cache. */
static int64_t group_of(const struct panels *panels, const struct part *part, int64_t reach)
{
    int64_t bytes = reach * panels->kernel.rows * (int64_t)sizeof(float);
    int64_t fitting = panels->cache_bytes / 2 / bytes, height = range_size(part->rows);
    return fitting < 1 ? 1 : divide_up(height, divide_up(height > 0 ? height : 1, fitting));
}

/* Computes the blocks of a product over these steps. */
static inline void multiply(const struct kernel *kernel, struct range steps,
    const float *lane_panel, const float *row_panel, float *c, int64_t stride)
{
    for (int64_t t = steps.first; t < steps.end; t += KERNEL_BLOCK)
        kernel->tile(kernel, least(steps.end - t, KERNEL_BLOCK), lane_panel + t * kernel->lanes,
            row_panel + t * kernel->rows, t > 0, c, stride);
}

/* Returns the offset of a row in row panels over samples, with `units` values per row. */
static int64_t place_of_row(
    const struct panels *panels, const struct workspace *workspace, int64_t row, int64_t units)
{
    int64_t width = panels->kernel.rows;
    return (row / width + workspace->shift) * units * width + row % width;
}

/* Returns the rows from `first` on that are in the same row panel as `first`. */
static struct range next_in_panel(const struct panels *panels, int64_t first, int64_t end)
{
    int64_t width = panels->kernel.rows;
    return (struct range){first, least(end, (first / width + 1) * width)};
}

/* Applies dropout to n units, from `unit` on, of `rows` of x[layer]; x points to the first of
 * them. */
static void drop_out(const struct panels *panels, const struct workspace *workspace, int layer,
    float *x, float *slope, struct range rows, int64_t unit, int64_t n)
{
    float p = panels->layer[layer].dropout;
    struct dropout_place first = workspace->first_row;
    first.position += rows.first;
    if (workspace->for_training && p > 0)
        dropout_of(panels->kernel.level)(x, slope, range_size(rows), n, n, p, first, layer, unit);
}

void dense_drop_inputs(const struct panels *panels, const struct workspace *workspace,
    int64_t first, int64_t n, float *x)
{
    drop_out(
        panels, workspace, 0, x, NULL, (struct range){first, first + n}, 0, panels->layer[0].in);
}

void dense_input(
    const struct panels *panels, struct workspace *workspace, struct range rows, const float *x)
{
    const struct pack *pack = panels->pack;
    int64_t in = panels->layer[0].in, width = panels->kernel.rows;
    for (struct range some = {0, rows.first}; some.end < rows.end;) {
        some = next_in_panel(panels, some.end, rows.end);
        const float *from = x + (some.first - rows.first) * in;
        pack->transpose(workspace->x_rows[0] + place_of_row(panels, workspace, some.first, in),
            width, from, in, range_size(some), in);
        if (workspace->x_wide[0])
            pack->deal(workspace->x_wide[0] + some.first * width, workspace->rows * width,
                (int)width, 0, from, in, range_size(some), in);
    }
}

/* --- the tiles of forward and backward ------------------------------------------------------- */

struct product {
    const struct panels *panels;
    const struct weights *weights;
    struct workspace *workspace;
    int layer;
};

/* Adds some steps of the summed dimension to a tile. The call that adds the last step finishes the
 * tile and returns its largest magnitude; earlier calls return 0. */
typedef float steps_function(
    const struct product *product, const struct tile_walk *at, struct range steps);

/* Runs all steps, 0 ... all - 1, of every tile of the part; returns the largest magnitude. */
static float visit_tiles(
    const struct product *product, struct part part, int64_t all, steps_function *do_steps)
{
    float largest = 0;
    int64_t reach = reach_of(product->panels, all);
    struct tile_walk group = tiles_walk(part, group_of(product->panels, &part, reach));
    while (tiles_group(&group))
        for (int64_t t = 0; t < all; t += reach) {
            struct tile_walk at = group;
            while (tiles_next(&at)) {
                float most = do_steps(product, &at, (struct range){t, least(t + reach, all)});
                largest = most > largest ? most : largest;
            }
        }
    return largest;
}

/* Returns the slopes of a tile of x[layer]; NULL if they can be computed from x or are not
 * needed. */
static float *slope_of(const struct product *product, const struct tile_walk *at, int layer)
{
    const struct panels *panels = product->panels;
    const struct workspace *workspace = product->workspace;
    int64_t lane_panels = panel_count(panels->layer[layer].in, panels->kernel.lanes);
    int64_t tile = (at->row + workspace->shift) * lane_panels + at->lane;
    return workspace->slope[layer] ? workspace->slope[layer] + tile * panels->tile_floats : NULL;
}

/* --- forward ---------------------------------------------------------------------------------- */

/* Zeros the lanes beyond a layer's units. The gradient reads the tile as a lane panel (XL), so a
 * nonzero value there would reach the pads of the weight, which must stay 0. */
static void clear_padding(const struct kernel *kernel, float *tile, int64_t units)
{
    for (int64_t r = 0; r < kernel->rows; r++)
        for (int64_t u = units; u < kernel->lanes; u++)
            tile[r * kernel->lanes + u] = 0;
}

/* Turns the sums of a tile into x[layer]. */
static void activate(
    const struct product *product, const struct tile_walk *at, int layer, float *tile)
{
    const struct panels *panels = product->panels;
    const struct activation *table = activation_of(panels->kernel.level);
    enum activation_kind kind = panels->layer[layer].activation;
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows, unit = at->lane * lanes;
    const float *bias = product->weights->master + panels->layer[layer - 1].bias_at + unit;
    float *slope = slope_of(product, at, layer);
    if (kind == ACTIVATION_RELU)
        table->bias_relu(tile, bias, rows, lanes);
    else
        table->bias_curve(kind, panels->leaky_slope, tile, slope, bias, rows, lanes);
    drop_out(panels, product->workspace, layer, tile, slope,
        (struct range){at->row * rows, (at->row + 1) * rows}, unit, lanes);
    if (kind == ACTIVATION_SIGMOID) /* the only activation with f(0) != 0 */
        clear_padding(&panels->kernel, tile, least(panels->layer[layer].in - unit, lanes));
}

static float forward_steps(
    const struct product *product, const struct tile_walk *at, struct range steps)
{
    const struct panels *panels = product->panels;
    struct workspace *workspace = product->workspace;
    int layer = product->layer;
    const struct panel_layer *of = &panels->layer[layer];
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows;
    int64_t here = at->row + workspace->shift;
    const float *x = workspace->x_rows[layer] + here * of->in * rows;
    const float *wf = weights_forward(product->weights, of) + at->lane * of->forward_steps * lanes;
    bool whole = steps.end == of->in;
    if (layer + 1 == panels->layers) {
        float *z = workspace->z + here * rows * workspace->z_stride + at->lane * lanes;
        multiply(&panels->kernel, steps, wf, x, z, workspace->z_stride);
        const float *bias = product->weights->master + of->bias_at + at->lane * lanes;
        for (int64_t r = 0; whole && r < rows; r++)
            activation_of(panels->kernel.level)->bias(z + r * workspace->z_stride, bias, 1, lanes);
        return 0;
    }
    float *tile =
        workspace->x_wide[layer + 1] + (at->lane * workspace->rows + at->row * rows) * lanes;
    multiply(&panels->kernel, steps, wf, x, tile, lanes);
    if (!whole)
        return 0;
    activate(product, at, layer + 1, tile);
    int64_t unit = at->lane * lanes;
    panels->pack->transpose(workspace->x_rows[layer + 1] + (here * of->out + unit) * rows, rows,
        tile, lanes, rows, least(of->out - unit, lanes));
    return vector_of(panels->kernel.level)->largest(tile, panels->tile_floats);
}

float dense_forward(const struct panels *panels, const struct weights *weights,
    struct workspace *workspace, int layer, struct part part)
{
    struct product product = {panels, weights, workspace, layer};
    return visit_tiles(&product, part, panels->layer[layer].in, forward_steps);
}

/* --- backward --------------------------------------------------------------------------------- */

/* Packs the derivatives of rows that are all in one row panel. */
static void spread_output(
    const struct panels *panels, struct workspace *workspace, struct range rows)
{
    const struct pack *pack = panels->pack;
    int last = panels->layers - 1;
    int64_t row = panels->kernel.rows, out = panels->layer[last].out, n = range_size(rows);
    int64_t width = dense_bias_width(panels, last), stride = workspace->z_stride;
    const float *z = workspace->z + (rows.first + workspace->shift * row) * stride;
    pack->deal(workspace->d_wide[last] + rows.first * width, workspace->rows * width, (int)width, 0,
        z, stride, n, out);
    if (workspace->d_rows[last])
        pack->transpose(workspace->d_rows[last] + place_of_row(panels, workspace, rows.first, out),
            row, z, stride, n, out);
}

void dense_output(const struct panels *panels, struct workspace *workspace, struct range rows)
{
    for (struct range some = {0, rows.first}; some.end < rows.end;) {
        some = next_in_panel(panels, some.end, rows.end);
        spread_output(panels, workspace, some);
    }
}

/* Turns the derivative with respect to x[layer] into the derivative with respect to the sums that
 * x[layer] was computed from. `place` is the tile's offset in x_wide. */
static void derive(
    const struct product *product, const float *slope, int layer, int64_t place, float *tile)
{
    const struct panels *panels = product->panels;
    const struct activation *table = activation_of(panels->kernel.level);
    if (slope)
        table->curve_backward(tile, slope, panels->tile_floats);
    else
        table->relu_backward(tile, product->workspace->x_wide[layer] + place,
            dropout_scale(panels->layer[layer].dropout), panels->tile_floats);
}

static float backward_steps(
    const struct product *product, const struct tile_walk *at, struct range steps)
{
    const struct panels *panels = product->panels;
    struct workspace *workspace = product->workspace;
    int layer = product->layer;
    _Alignas(64) float local[KERNEL_ROWS_MAX * KERNEL_LANES_MAX];
    const struct panel_layer *of = &panels->layer[layer];
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows;
    int64_t place = (at->lane * workspace->rows + at->row * rows) * lanes;
    const float *wb =
        product->weights->master + of->weight_at + at->lane * of->row_panels * rows * lanes;
    int64_t here = at->row + workspace->shift;
    const float *d = workspace->d_rows[layer] + here * of->out * rows;
    bool whole = steps.end == of->out;
    /* The first layer's gradient reads the tile as it is written (ZL), so the tile is summed in
     * place. For other layers only the packed copies below are read, so the tile is scratch memory:
     * on the stack, or stored while it waits for further blocks. */
    float *tile = layer == 1                  ? workspace->d_wide[0] + place
                  : whole && steps.first == 0 ? local
                                              : workspace->unfinished + place;
    const float *slope = slope_of(product, at, layer);
    if (whole)
        expect(slope ? slope : workspace->x_wide[layer] + place, panels->tile_floats);
    multiply(&panels->kernel, steps, wb, d, tile, lanes);
    if (!whole)
        return 0;
    derive(product, slope, layer, place, tile);
    if (layer > 1) {
        int64_t unit = at->lane * lanes, units = least(of->in - unit, lanes);
        panels->pack->transpose(workspace->d_rows[layer - 1] + (here * of->in + unit) * rows, rows,
            tile, lanes, rows, units);
        panels->pack->deal(workspace->d_wide[layer - 1] + at->row * rows * rows,
            workspace->rows * rows, (int)rows, unit, tile, lanes, rows, units);
    }
    return vector_of(panels->kernel.level)->largest(tile, panels->tile_floats);
}

float dense_backward(const struct panels *panels, const struct weights *weights,
    struct workspace *workspace, int layer, struct part part)
{
    struct product product = {panels, weights, workspace, layer};
    return visit_tiles(&product, part, panels->layer[layer].out, backward_steps);
}

/* --- gradient --------------------------------------------------------------------------------- */

void dense_gradient(const struct panels *panels, const struct workspace *workspace, int layer,
    int64_t tile, int64_t first_row, int64_t k, bool add, float *sum)
{
    const struct kernel *kernel = &panels->kernel;
    const struct panel_layer *of = &panels->layer[layer];
    int64_t lane = tile / of->row_panels, row = tile % of->row_panels;
    const float *over_lanes = of->first ? workspace->d_wide[layer] : workspace->x_wide[layer];
    const float *over_rows = of->first ? workspace->x_wide[layer] : workspace->d_wide[layer];
    kernel->tile(kernel, k, over_lanes + (lane * workspace->rows + first_row) * kernel->lanes,
        over_rows + (row * workspace->rows + first_row) * kernel->rows, add, sum, kernel->lanes);
}

int64_t dense_bias_width(const struct panels *panels, int layer)
{
    return panels->layer[layer].first ? panels->kernel.lanes : panels->kernel.rows;
}

void dense_bias_gradient(const struct panels *panels, const struct workspace *workspace, int layer,
    int64_t panel, int64_t first_row, int64_t k, bool add, float *sum)
{
    int64_t width = dense_bias_width(panels, layer);
    float chain[KERNEL_LANES_MAX];
    activation_of(panels->kernel.level)
        ->column_sums(add ? chain : sum,
            workspace->d_wide[layer] + (panel * workspace->rows + first_row) * width, k, width,
            width);
    for (int64_t u = 0; add && u < width; u++)
        sum[u] += chain[u];
}
