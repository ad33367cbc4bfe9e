#include "support/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

float *net_floats(int64_t n)
{
    void *block;
    if (posix_memalign(&block, 64, (size_t)(n + 1) * sizeof(float)) != 0) {
        fprintf(stderr, "net: no memory for %lld floats\n", (long long)n);
        abort();
    }
    memset(block, 0, (size_t)(n + 1) * sizeof(float));
    return block;
}

static void make(
    struct net *net, const struct mlp *mlp, const struct kernel *kernel, int64_t cache_bytes)
{
    memset(net, 0, sizeof *net);
    net->mlp = *mlp;
    panels_init(&net->panels, mlp, kernel, cache_bytes);
    net->weights.master = net_floats(net->panels.parameters + PANEL_SLACK);
    net->weights.derived = net_floats(net->panels.derived + PANEL_SLACK);
}

void net_make(struct net *net, const struct mlp *mlp, const struct kernel *kernel)
{
    make(net, mlp, kernel, 0);
}

void net_make_pass(
    struct net *net, const struct mlp *mlp, const struct kernel *kernel, int64_t rows)
{
    net_make_pass_for_cache(net, mlp, kernel, rows, 0);
}

void net_make_pass_for_cache(struct net *net, const struct mlp *mlp, const struct kernel *kernel,
    int64_t rows, int64_t cache_bytes)
{
    make(net, mlp, kernel, cache_bytes);
    net->workspace_block = net_floats(workspace_bytes(&net->panels, rows, rows, true) / 4);
    struct carver carver = {(char *)net->workspace_block, 0};
    workspace_place(&net->workspace, &net->panels, rows, rows, true, &carver);
}

void net_clear(struct net *net)
{
    free(net->weights.master);
    free(net->weights.derived);
    free(net->workspace_block);
}

void net_set(struct net *net, const float *canonical)
{
    weights_from_canonical(&net->weights, &net->panels, &net->mlp, canonical);
}

void net_canonical(const struct net *net, const float *master, float *canonical)
{
    weights_to_canonical(&net->panels, &net->mlp, master, canonical, 0, 1);
}

void net_get(const struct net *net, float *canonical)
{
    net_canonical(net, net->weights.master, canonical);
}

void net_load(struct net *net, const float *x, int64_t rows)
{
    int64_t in = net->mlp.width[0], width = net->panels.kernel.rows;
    float *panel = net_floats(width * in);
    for (int64_t first = 0; first < rows; first += width) {
        int64_t n = rows - first < width ? rows - first : width;
        memset(panel, 0, (size_t)(width * in) * sizeof *panel);
        memcpy(panel, x + first * in, (size_t)(n * in) * sizeof *panel);
        dense_drop_inputs(&net->panels, &net->workspace, first, width, panel);
        dense_input(&net->panels, &net->workspace, (struct range){first, first + width}, panel);
    }
    free(panel);
}

static struct range row_panels(const struct net *net, int64_t rows)
{
    return (struct range){0, panel_count(rows, net->panels.kernel.rows)};
}

void net_forward(struct net *net, int64_t rows)
{
    for (int l = 0; l < net->mlp.layers; l++)
        dense_forward(&net->panels, &net->weights, &net->workspace, l,
            part_of_rows(&net->panels, row_panels(net, rows), net->mlp.width[l + 1]));
}

void net_backward(
    struct net *net, const struct reference_problem *problem, int64_t rows, double *loss)
{
    int64_t stride = net->workspace.z_stride, outputs = net->mlp.width[net->mlp.layers];
    int64_t filled = row_panels(net, rows).end * net->panels.kernel.rows;
    float *z = net->workspace.z;
    struct mlp mlp;
    struct criterion criterion;
    reference_describe(problem, &mlp, &criterion);
    loss_rows(net->panels.kernel.level, &criterion, z, problem->label, problem->target, loss, rows,
        outputs, stride);
    memset(z + rows * stride, 0, (size_t)((filled - rows) * stride) * sizeof *z);
    dense_output(&net->panels, &net->workspace, (struct range){0, filled});
    for (int l = net->mlp.layers - 1; l > 0; l--)
        dense_backward(&net->panels, &net->weights, &net->workspace, l,
            part_of_rows(&net->panels, row_panels(net, rows), net->mlp.width[l]));
}

void net_gradient(struct net *net, int64_t rows, float *sum)
{
    const struct panels *panels = &net->panels;
    for (int l = 0; l < panels->layers; l++) {
        const struct panel_layer *layer = &panels->layer[l];
        int64_t width = dense_bias_width(panels, l);
        for (int64_t r = 0; r < rows; r += KERNEL_BLOCK) {
            int64_t k = rows - r < KERNEL_BLOCK ? rows - r : KERNEL_BLOCK;
            for (int64_t t = 0; t < layer->tiles; t++)
                dense_gradient(panels, &net->workspace, l, t, r, k, r > 0,
                    sum + layer->weight_at + t * panels->tile_floats);
            for (int64_t p = 0; p * width < layer->out; p++)
                dense_bias_gradient(
                    panels, &net->workspace, l, p, r, k, r > 0, sum + layer->bias_at + p * width);
        }
    }
}
