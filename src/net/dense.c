#include "net/dense.h"

#include "base/vector.h"
#include "net/activation.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct part part_of_rows(const struct panels *panels, struct range rows, int64_t units)
{
    int64_t lane_panels = panel_count(units, panels->kernel.lanes);
    return (struct part){rows, {0, lane_panels * range_size(rows)}};
}

/* --- one tile --------------------------------------------------------------------------------- */

/* All blocks of a product. */
static void multiply(const struct kernel *kernel, int64_t k, const float *lane_panel,
    const float *row_panel, float *c, int64_t stride)
{
    for (int64_t t = 0; t < k; t += KERNEL_BLOCK)
        kernel->tile(kernel, least(k - t, KERNEL_BLOCK), lane_panel + t * kernel->lanes,
            row_panel + t * kernel->rows, t > 0, c, stride);
}

void dense_input(const struct panels *panels, struct workspace *workspace, int64_t row_panel,
    const float *x, int64_t stride)
{
    const struct pack *pack = panels->pack;
    int64_t in = panels->layer[0].in, rows = panels->kernel.rows;
    pack->transpose(workspace->x_rows[0] + row_panel * in * rows, rows, x, stride, rows, in);
    if (workspace->x_wide[0])
        pack->deal(workspace->x_wide[0] + row_panel * rows * rows, workspace->rows * rows, (int)rows,
            0, x, stride, rows, in);
}

/* --- forward ---------------------------------------------------------------------------------- */

static void forward_hidden(const struct panels *panels, const float *bias,
    struct workspace *workspace, int layer, float *tile, const struct tile_walk *at)
{
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows;
    int64_t out = panels->layer[layer].out, unit = at->lane * lanes;
    int64_t row_panel = at->row;
    activation_of(panels->kernel.level)->bias_relu(tile, bias + unit, rows, lanes);
    panels->pack->transpose(workspace->x_rows[layer + 1] + (row_panel * out + unit) * rows, rows, tile,
        lanes, rows, least(out - unit, lanes));
}

float dense_forward(const struct panels *panels, const struct weights *weights,
    struct workspace *workspace, int layer, struct part part)
{
    _Alignas(64) float local[KERNEL_ROWS_MAX * KERNEL_LANES_MAX];
    const struct kernel *kernel = &panels->kernel;
    const struct vector *vector = vector_of(kernel->level);
    const struct panel_layer *of = &panels->layer[layer];
    int64_t lanes = kernel->lanes, rows = kernel->rows;
    bool last = layer + 1 == panels->layers;
    const float *wf = weights_forward(weights, panels, layer), *bias = weights->master + of->bias_at;
    float largest = 0;
    if (part_is_empty(&part))
        return largest;
    struct tile_walk at = tiles_walk(part, of->in * rows * (int64_t)sizeof(float));
    while (tiles_next(&at)) {
        int64_t row_panel = at.row;
        const float *x = workspace->x_rows[layer] + row_panel * of->in * rows;
        const float *w = wf + at.lane * of->forward_steps * lanes;
        if (last) {
            float *z = workspace->z + row_panel * rows * workspace->z_stride + at.lane * lanes;
            multiply(kernel, of->in, w, x, z, workspace->z_stride);
            for (int64_t r = 0; r < rows; r++)
                activation_of(kernel->level)
                    ->bias(z + r * workspace->z_stride, bias + at.lane * lanes, 1, lanes);
            continue;
        }
        float *wide = workspace->x_wide[layer + 1];
        float *tile = wide ? wide + (at.lane * workspace->rows + row_panel * rows) * lanes : local;
        multiply(kernel, of->in, w, x, tile, lanes);
        forward_hidden(panels, bias, workspace, layer, tile, &at);
        float most = vector->largest(tile, panels->tile_floats);
        largest = most > largest ? most : largest;
    }
    return largest;
}

/* --- backward --------------------------------------------------------------------------------- */

void dense_output(const struct panels *panels, struct workspace *workspace, struct range row_panels)
{
    const struct pack *pack = panels->pack;
    int last = panels->layers - 1;
    int64_t rows = panels->kernel.rows, out = panels->layer[last].out;
    int64_t width = dense_bias_width(panels, last);
    for (int64_t p = row_panels.first; p < row_panels.end; p++) {
        const float *z = workspace->z + p * rows * workspace->z_stride;
        pack->deal(workspace->d_wide[last] + p * rows * width, workspace->rows * width, (int)width, 0, z,
            workspace->z_stride, rows, out);
        if (workspace->d_rows[last])
            pack->transpose(workspace->d_rows[last] + p * out * rows, rows, z, workspace->z_stride,
                rows, out);
    }
}

/* Where the derivatives of a hidden layer's sums go, in a tile of its own or to where it stays. */
static void backward_hidden(const struct panels *panels, struct workspace *workspace, int layer,
    const float *tile, const struct tile_walk *at)
{
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows;
    int64_t width = panels->layer[layer].out, unit = at->lane * lanes;
    int64_t row_panel = at->row, units = least(width - unit, lanes);
    if (layer == 0)
        return;
    panels->pack->transpose(workspace->d_rows[layer] + (row_panel * width + unit) * rows, rows, tile,
        lanes, rows, units);
    panels->pack->deal(workspace->d_wide[layer] + row_panel * rows * rows, workspace->rows * rows,
        (int)rows, unit, tile, lanes, rows, units);
}

float dense_backward(const struct panels *panels, const struct weights *weights,
    struct workspace *workspace, int layer, struct part part)
{
    _Alignas(64) float local[KERNEL_ROWS_MAX * KERNEL_LANES_MAX];
    const struct kernel *kernel = &panels->kernel;
    const struct vector *vector = vector_of(kernel->level);
    const struct panel_layer *of = &panels->layer[layer];
    int64_t lanes = kernel->lanes, rows = kernel->rows;
    const float *wb = weights_backward(weights, panels, layer);
    float largest = 0;
    if (part_is_empty(&part))
        return largest;
    struct tile_walk at = tiles_walk(part, of->out * rows * (int64_t)sizeof(float));
    while (tiles_next(&at)) {
        int64_t row_panel = at.row;
        int64_t place = (at.lane * workspace->rows + row_panel * rows) * lanes;
        float *tile = layer == 1 ? workspace->d_wide[0] + place : local;
        multiply(kernel, of->out, wb + at.lane * of->row_panels * rows * lanes,
            workspace->d_rows[layer] + row_panel * of->out * rows, tile, lanes);
        activation_of(kernel->level)->relu_backward(
            tile, workspace->x_wide[layer] + place, panels->tile_floats);
        float most = vector->largest(tile, panels->tile_floats);
        largest = most > largest ? most : largest;
        backward_hidden(panels, workspace, layer - 1, tile, &at);
    }
    return largest;
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

int64_t dense_bias_panels(const struct panels *panels, int layer)
{
    const struct panel_layer *of = &panels->layer[layer];
    return of->first ? of->lane_panels : of->row_panels;
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
            workspace->d_wide[layer] + (panel * workspace->rows + first_row) * width, k, width, width);
    for (int64_t u = 0; add && u < width; u++)
        sum[u] += chain[u];
}
