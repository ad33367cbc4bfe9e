/* panel.c: where panel.h says that numbers lie, for every kernel this CPU can run and networks
 * whose widths are next to those of the panels. */
#include "net/panel.h"

#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/net.h"
#include "support/unit.h"

static const int64_t widths[] = {1, 2, 11, 12, 13, 31, 32, 33, 65};
enum { N_WIDTHS = sizeof widths / sizeof *widths, CACHE_LINE_FLOATS = 16 };

/* Calls `check` with every pair of neighbouring widths, in a first layer and in others. */
static void for_each_network(void (*check)(struct net *net))
{
    struct kernel kernels[KERNELS_MAX];
    int n_kernels = kernel_list(kernels);
    for (int i = 0; i < n_kernels * N_WIDTHS * N_WIDTHS; i++) {
        int64_t a = widths[i % N_WIDTHS], b = widths[i / N_WIDTHS % N_WIDTHS];
        const int64_t hidden[2] = {b, a};
        struct error error;
        struct mlp mlp;
        struct net net;
        assert_int_equal(mlp_init(&mlp, a, hidden, i % 3, b, &error), STATUS_OK);
        net_make_pass(&net, &mlp, &kernels[i / N_WIDTHS / N_WIDTHS], 29);
        check(&net);
        net_clear(&net);
    }
}

/* Weights that are all different and never 0. */
static float *some_weights(const struct net *net, uint64_t seed)
{
    float *canonical = net_floats(net->mlp.parameters);
    fill_uniform(canonical, net->mlp.parameters, seed);
    for (int64_t p = 0; p < net->mlp.parameters; p++)
        canonical[p] += canonical[p] < 0 ? -1 : 1;
    return canonical;
}

static void spoil(float *block, int64_t n)
{
    memset(block, 0x7f, (size_t)n * sizeof *block);
}

/* --- there and back ------------------------------------------------------------------------ */

static void check_round_trip(struct net *net)
{
    float *canonical = some_weights(net, 1), *back = net_floats(net->mlp.parameters);
    spoil(net->weights.master, net->panels.parameters);
    net_set(net, canonical);
    for (int workers = 1; workers <= 7; workers += 2) {
        spoil(back, net->mlp.parameters);
        for (int w = workers - 1; w >= 0; w--)
            weights_to_canonical(&net->panels, &net->mlp, net->weights.master, back, w, workers);
        assert_compare(compare_bits(back, canonical, net->mlp.parameters, why));
    }
    free(canonical);
    free(back);
}

TEST(canonical_to_panels_and_back)
{
    for_each_network(check_round_trip);
}

/* --- the drawing --------------------------------------------------------------------------- */

/* Element (u, t) of an array in panels of w over u. */
static int64_t drawn(int64_t u, int64_t t, int64_t width, int64_t steps)
{
    return (u / width * steps + t) * width + u % width;
}

static int64_t count_used(const float *block, int64_t n)
{
    int64_t used = 0;
    for (int64_t i = 0; i < n; i++)
        used += block[i] != 0;
    return used;
}

/* Every weight in its place and, since no weight is 0 here, nothing but zeros anywhere else. */
static void check_places(struct net *net)
{
    const struct panels *panels = &net->panels;
    const struct mlp *mlp = &net->mlp;
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows, derived = 0;
    float *canonical = some_weights(net, 2);
    spoil(net->weights.master, panels->parameters);
    net_set(net, canonical);
    for (int l = 0; l < mlp->layers; l++) {
        const struct panel_layer *layer = &panels->layer[l];
        const float *wf = weights_forward(&net->weights, &panels->layer[l]);
        const float *wb = net->weights.master + panels->layer[l].weight_at;
        int64_t in = mlp->width[l], out = mlp->width[l + 1];
        int64_t steps = panel_count(l == 0 ? in : out, rows) * rows;
        assert_int_equal(layer->forward_steps, l == 0 ? steps : in);
        for (int64_t o = 0; o < out; o++) {
            const float *row = canonical + mlp->weight_at[l] + o * in;
            for (int64_t i = 0; i < in; i++) {
                assert_true(wf[drawn(o, i, lanes, layer->forward_steps)] == row[i]);
                assert_true(l == 0 || wb[drawn(i, o, lanes, steps)] == row[i]);
            }
            assert_true(net->weights.master[layer->bias_at + o] == canonical[mlp->bias_at[l] + o]);
        }
        derived += l == 0 ? 0 : in * out;
    }
    assert_int_equal(count_used(net->weights.master, panels->parameters), mlp->parameters);
    assert_int_equal(count_used(net->weights.derived, panels->derived), derived);
    free(canonical);
}

TEST(weights_lie_where_they_are_drawn)
{
    for_each_network(check_places);
}

/* --- Wf, tile by tile ---------------------------------------------------------------------- */

/* Derives a tile: of Wf, its elements are those of the new weights, and all others stay. */
static void derive_one(struct net *net, int l, int64_t tile, const float *wanted, float *before)
{
    const struct panel_layer *layer = &net->panels.layer[l];
    int64_t lanes = net->panels.kernel.lanes, rows = net->panels.kernel.rows;
    int64_t input = tile / layer->row_panels * lanes, output = tile % layer->row_panels * rows;
    for (int64_t o = output; o < output + rows && o < layer->out; o++)
        for (int64_t i = input; i < input + lanes && i < layer->in; i++) {
            int64_t at = layer->forward_at + drawn(o, i, lanes, layer->forward_steps);
            before[at] = wanted[at];
        }
    weights_derive(&net->weights, &net->panels, l, tile);
    assert_memory_equal(net->weights.derived, before, (size_t)net->panels.derived * sizeof *before);
}

static int64_t tiles_not_derived(const struct net *net)
{
    int64_t n = 0;
    for (int l = 0; l < net->mlp.layers; l++)
        for (int64_t t = 0; t < net->panels.layer[l].tiles; t++)
            n += !weights_are_derived(&net->weights, &net->panels, l, t);
    return n;
}

static void flip(float *x)
{
    unsigned char byte[sizeof *x];
    memcpy(byte, x, sizeof byte);
    byte[0] ^= 1;
    memcpy(x, byte, sizeof byte);
}

/* One bit, in any float of Wf that is a weight: it shows in the one tile that the weight is of. */
static void check_derived_is_checked(struct net *net)
{
    float *canonical = some_weights(net, 3);
    net_set(net, canonical);
    assert_int_equal(tiles_not_derived(net), 0);
    for (int64_t i = 0; i < net->panels.derived; i += 7) {
        if (net->weights.derived[i] == 0)
            continue; /* a pad, of which the master has no copy */
        flip(&net->weights.derived[i]);
        assert_int_equal(tiles_not_derived(net), 1);
        flip(&net->weights.derived[i]);
    }
    free(canonical);
}

TEST(a_bit_of_a_copy_shows)
{
    for_each_network(check_derived_is_checked);
}

/* From the weights of an update: tile after tile, the last first, as from scratch. */
static void check_derived(struct net *net)
{
    struct net scratch;
    float *old = some_weights(net, 3), *new = some_weights(net, 4);
    float *before = net_floats(net->panels.derived);
    net_make(&scratch, &net->mlp, &net->panels.kernel);
    net_set(&scratch, new);
    net_set(net, old);
    memcpy(before, net->weights.derived, (size_t)net->panels.derived * sizeof *before);
    memcpy(net->weights.master, scratch.weights.master,
        (size_t)net->panels.parameters * sizeof *before);
    for (int l = net->mlp.layers - 1; l >= 0; l--)
        for (int64_t t = net->panels.layer[l].tiles - 1; t >= 0; t--) {
            if (l > 0)
                derive_one(net, l, t, scratch.weights.derived, before);
            else
                weights_derive(&net->weights, &net->panels, l, t); /* nothing to do */
        }
    assert_memory_equal(net->weights.derived, scratch.weights.derived,
        (size_t)net->panels.derived * sizeof *before);
    assert_memory_equal(net->weights.master, scratch.weights.master,
        (size_t)net->panels.parameters * sizeof *before);
    net_clear(&scratch);
    free(old);
    free(new);
    free(before);
}

TEST(derived_tile_by_tile_as_from_scratch)
{
    for_each_network(check_derived);
}

/* --- blocks -------------------------------------------------------------------------------- */

/* Weight, bias, weight, bias ... in cache lines of their own; room for all that products read. */
static void check_offsets(struct net *net)
{
    const struct panels *panels = &net->panels;
    int64_t lanes = panels->kernel.lanes, rows = panels->kernel.rows, at = 0, derived = 0;
    assert_int_equal(panels->layers, net->mlp.layers);
    assert_int_equal(panels->tile_floats, lanes * rows);
    for (int l = 0; l < panels->layers; l++) {
        const struct panel_layer *layer = &panels->layer[l];
        int64_t over_lanes = l == 0 ? layer->out : layer->in;
        int64_t over_rows = l == 0 ? layer->in : layer->out;
        assert_int_equal(layer->first, l == 0);
        assert_int_equal(layer->lane_panels, (over_lanes + lanes - 1) / lanes);
        assert_int_equal(layer->row_panels, (over_rows + rows - 1) / rows);
        assert_int_equal(layer->tiles, layer->lane_panels * layer->row_panels);
        assert_int_equal(layer->weight_at, at);
        at += layer->tiles * lanes * rows;
        assert_int_equal(layer->bias_at, at);
        assert_true(layer->bias_floats >= panel_count(layer->out, lanes) * lanes);
        assert_true(layer->bias_floats >= panel_count(layer->out, rows) * rows);
        at += layer->bias_floats;
        assert_int_equal(at % CACHE_LINE_FLOATS, 0);
        assert_int_equal(layer->bias_at % CACHE_LINE_FLOATS, 0);
        assert_int_equal(layer->forward_at, l == 0 ? 0 : derived);
        derived += l == 0 ? 0 : panel_count(layer->out, lanes) * lanes * layer->in;
    }
    assert_int_equal(panels->parameters, at);
    assert_int_equal(panels->derived, derived);
}

TEST(offsets_do_not_overlap)
{
    for_each_network(check_offsets);
}

/* Fills an array of a workspace, which must have been free until now. */
static void claim(float *array, int64_t floats, float mark)
{
    assert_non_null(array);
    assert_int_equal((uintptr_t)array % 64, 0);
    for (int64_t i = 0; i < floats; i++) {
        assert_true(array[i] == 0);
        array[i] = mark;
    }
}

/* Units of the widest layer whose derivatives come in several blocks. */
static int64_t unfinished_units(const struct net *net)
{
    int64_t lanes = net->panels.kernel.lanes, most = 0;
    for (int l = 2; l < net->mlp.layers; l++) {
        int64_t units = panel_count(net->mlp.width[l], lanes) * lanes;
        if (net->mlp.width[l + 1] > KERNEL_BLOCK && units > most)
            most = units;
    }
    return most;
}

/* Every array has the room that workspace.h draws, and its own: the sanitizer looks on. */
static void check_workspace(struct net *net)
{
    const struct workspace *workspace = &net->workspace;
    int64_t lanes = net->panels.kernel.lanes, rows = net->panels.kernel.rows;
    int64_t capacity = panel_count(29, rows) * rows;
    assert_int_equal(workspace->rows, capacity);
    for (int l = 0; l < net->mlp.layers; l++) {
        int64_t in = net->mlp.width[l], out = net->mlp.width[l + 1];
        int64_t over_in = l == 0 ? rows : lanes, over_out = l == 0 ? lanes : rows;
        float mark = (float)(4 * l + 1);
        claim(workspace->x_rows[l], capacity * in, mark);
        claim(workspace->x_wide[l], capacity * panel_count(in, over_in) * over_in, mark + 1);
        claim(workspace->d_wide[l], capacity * panel_count(out, over_out) * over_out, mark + 2);
        if (l > 0)
            claim(workspace->d_rows[l], capacity * out, mark + 3);
        else
            assert_null(workspace->d_rows[l]);
    }
    assert_true(workspace->z_stride >= net->mlp.width[net->mlp.layers]);
    assert_int_equal(workspace->z_stride % lanes, 0);
    claim(workspace->unfinished, capacity * unfinished_units(net), -2);
    claim(workspace->z, capacity * workspace->z_stride, -1);
}

/* Without training there is less: no derivatives, and of inputs what forward reads and writes. */
static void check_small_workspace(struct net *net)
{
    int64_t rows = net->panels.kernel.rows,
            floats = workspace_bytes(&net->panels, 29, 29, false) / 4;
    float *block = net_floats(floats);
    int64_t lanes = net->panels.kernel.lanes;
    struct workspace workspace;
    assert_true(floats < workspace_bytes(&net->panels, 29, 29, true) / 4);
    struct carver carver = {(char *)block, 0};
    workspace_place(&workspace, &net->panels, 29, 29, false, &carver);
    assert_int_equal(workspace.rows, panel_count(29, rows) * rows);
    assert_null(workspace.unfinished);
    assert_null(workspace.x_wide[0]);
    for (int l = 0; l < net->mlp.layers; l++) {
        int64_t in = net->mlp.width[l];
        claim(workspace.x_rows[l], workspace.rows * in, 1);
        if (l > 0)
            claim(workspace.x_wide[l], workspace.rows * panel_count(in, lanes) * lanes, 3);
        assert_true(!workspace.d_wide[l] && !workspace.d_rows[l]);
    }
    claim(workspace.z, workspace.rows * workspace.z_stride, 2);
    assert_true(workspace.z + workspace.rows * workspace.z_stride <= block + floats);
    free(block);
}

TEST(workspaces)
{
    for_each_network(check_workspace);
    for_each_network(check_small_workspace);
}

/* Of several layers that have to wait for blocks, the widest says how much room; and the first
 * hidden layer, whose derivatives nobody asks for, says nothing. */
TEST(unfinished_sums)
{
    static const int64_t hidden[] = {40, 90, KERNEL_BLOCK + 1, 13, KERNEL_BLOCK};
    struct kernel kernels[KERNELS_MAX];
    struct error error;
    struct mlp mlp;
    struct net net;
    int n_kernels = kernel_list(kernels);
    assert_int_equal(mlp_init(&mlp, 3, hidden, 5, KERNEL_BLOCK + 9, &error), STATUS_OK);
    for (int i = 0; i < n_kernels; i++) {
        net_make_pass(&net, &mlp, &kernels[i], 29);
        assert_true(unfinished_units(&net) >= KERNEL_BLOCK);
        check_workspace(&net);
        net_clear(&net);
    }
}
