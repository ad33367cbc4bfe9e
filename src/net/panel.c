#include "net/panel.h"

#include <string.h>

enum { COMMON_CACHE_BYTES = 1 << 20 };

static void place_layer(struct panels *panels, struct panel_layer *layer)
{
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows;
    layer->lane_panels = panel_count(layer->first ? layer->out : layer->in, lanes);
    layer->row_panels = panel_count(layer->first ? layer->in : layer->out, rows);
    layer->tiles = layer->lane_panels * layer->row_panels;
    layer->weight_at = panels->parameters;
    layer->bias_at = layer->weight_at + layer->tiles * panels->tile_floats;
    int64_t by_lanes = panel_count(layer->out, lanes) * lanes;
    int64_t by_rows = panel_count(layer->out, rows) * rows;
    int64_t bias = by_lanes > by_rows ? by_lanes : by_rows;
    layer->bias_floats = panel_count(bias, panels->tile_floats) * panels->tile_floats;
    panels->parameters = layer->bias_at + layer->bias_floats;
    if (layer->first) {
        layer->forward_at = layer->weight_at;
        layer->forward_steps = layer->row_panels * rows;
        return;
    }
    layer->forward_at = panels->derived;
    layer->forward_steps = layer->in;
    panels->derived += panel_count(layer->out, lanes) * lanes * layer->in;
}

void panels_init(
    struct panels *panels, const struct mlp *mlp, const struct kernel *kernel, int64_t cache_bytes)
{
    memset(panels, 0, sizeof *panels);
    panels->kernel = *kernel;
    panels->pack = pack_of(kernel->level);
    panels->cache_bytes = cache_bytes > 0 ? cache_bytes : COMMON_CACHE_BYTES;
    panels->layers = mlp->layers;
    panels->tile_floats = (int64_t)kernel->rows * kernel->lanes;
    panels->leaky_slope = mlp->leaky_slope;
    for (int l = 0; l < mlp->layers; l++) {
        struct panel_layer *layer = &panels->layer[l];
        *layer = (struct panel_layer){.in = mlp->width[l],
            .out = mlp->width[l + 1],
            .activation = l > 0 ? mlp->activation[l - 1] : ACTIVATION_RELU,
            .dropout = l > 0 ? mlp->dropout_hidden : mlp->dropout_input,
            .first = l == 0};
        place_layer(panels, layer);
    }
}

float *weights_forward(const struct weights *weights, const struct panel_layer *layer)
{
    return (layer->first ? weights->master : weights->derived) + layer->forward_at;
}

/* True if `to` holds the transpose of from[n][inputs], rows of `lanes` floats. */
static bool is_transposed(
    const float *to, const float *from, int64_t lanes, int64_t n, int64_t inputs)
{
    bool same = true;
    for (int64_t r = 0; r < n; r++)
        for (int64_t i = 0; i < inputs; i++)
            same &= memcmp(to + i * lanes + r, from + r * lanes + i, sizeof *to) == 0;
    return same;
}

/* Updates Wf from a tile, or with `compare` only compares them. The tile's rows are outputs and its
 * lanes are inputs. In Wf the outputs are the lanes, so the tile's rows may be split over two lane
 * panels. */
static bool copy_tile(const struct weights *weights, const struct panels *panels, int layer,
    int64_t tile, bool compare)
{
    const struct panel_layer *of = &panels->layer[layer];
    if (of->first)
        return true;
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows;
    int64_t input = tile / of->row_panels * lanes, output = tile % of->row_panels * rows;
    int64_t inputs = of->in - input < lanes ? of->in - input : lanes;
    int64_t end = output + rows < of->out ? output + rows : of->out;
    const float *from = weights->master + of->weight_at + tile * panels->tile_floats;
    float *wf = weights_forward(weights, of);
    bool same = true;
    while (output < end) {
        int64_t border = (output / lanes + 1) * lanes, n = (border < end ? border : end) - output;
        float *to = wf + (output / lanes * of->forward_steps + input) * lanes + output % lanes;
        if (compare)
            same &= is_transposed(to, from, lanes, n, inputs);
        else
            panels->pack->transpose(to, lanes, from, lanes, n, inputs);
        from += n * lanes;
        output += n;
    }
    return same;
}

void weights_derive(
    const struct weights *weights, const struct panels *panels, int layer, int64_t tile)
{
    copy_tile(weights, panels, layer, tile, false);
}

bool weights_are_derived(
    const struct weights *weights, const struct panels *panels, int layer, int64_t tile)
{
    return copy_tile(weights, panels, layer, tile, true);
}

/* A run of one output's weights in the master. If outputs are the lanes, the run contains all
 * inputs, LN floats apart; if not, each lane panel contains one run of LN adjacent inputs. */
struct lane_run {
    int64_t at, stride, length;
};

static struct lane_run run_of(
    const struct panels *panels, const struct panel_layer *layer, int64_t output, int64_t input)
{
    int64_t lanes = panels->kernel.lanes, steps = layer->row_panels * panels->kernel.rows;
    int64_t left = layer->in - input;
    if (layer->first)
        return (struct lane_run){
            layer->weight_at + (output / lanes * steps + input) * lanes + output % lanes, lanes,
            left};
    return (struct lane_run){layer->weight_at + (input / lanes * steps + output) * lanes, 1,
        left < lanes ? left : lanes};
}

void block_from_canonical(
    const struct panels *panels, const struct mlp *mlp, const float *canonical, float *master)
{
    memset(master, 0, (size_t)panels->parameters * sizeof(float));
    for (int l = 0; l < panels->layers; l++) {
        const struct panel_layer *layer = &panels->layer[l];
        const float *weight = canonical + mlp->weight_at[l];
        struct lane_run run;
        for (int64_t o = 0; o < layer->out; o++)
            for (int64_t i = 0; i < layer->in; i += run.length) {
                run = run_of(panels, layer, o, i);
                for (int64_t k = 0; k < run.length; k++)
                    master[run.at + k * run.stride] = weight[o * layer->in + i + k];
            }
        memcpy(master + layer->bias_at, canonical + mlp->bias_at[l],
            (size_t)layer->out * sizeof(float));
    }
}

void weights_place(struct weights *weights, const struct panels *panels, struct carver *carver)
{
    weights->master = carve(carver, (size_t)panels->parameters + PANEL_SLACK, sizeof(float));
    weights->derived = carve(carver, (size_t)panels->derived + PANEL_SLACK, sizeof(float));
}

void weights_from_canonical(const struct weights *weights, const struct panels *panels,
    const struct mlp *mlp, const float *canonical)
{
    block_from_canonical(panels, mlp, canonical, weights->master);
    for (int l = 0; l < panels->layers; l++)
        for (int64_t t = 0; t < panels->layer[l].tiles; t++)
            weights_derive(weights, panels, l, t);
}

void weights_to_canonical(const struct panels *panels, const struct mlp *mlp, const float *master,
    float *canonical, int worker, int workers)
{
    for (int l = 0; l < panels->layers; l++) {
        const struct panel_layer *layer = &panels->layer[l];
        struct range outputs = split_even(layer->out, workers, worker);
        float *weight = canonical + mlp->weight_at[l], *bias = canonical + mlp->bias_at[l];
        struct lane_run run;
        for (int64_t o = outputs.first; o < outputs.end; o++) {
            for (int64_t i = 0; i < layer->in; i += run.length) {
                run = run_of(panels, layer, o, i);
                for (int64_t k = 0; k < run.length; k++)
                    weight[o * layer->in + i + k] = master[run.at + k * run.stride];
            }
            bias[o] = master[layer->bias_at + o];
        }
    }
}
