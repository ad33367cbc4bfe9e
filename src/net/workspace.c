#include "net/workspace.h"

#include <string.h>

enum { ALIGNED_FLOATS = 16 };

/* The least number of row panels at once. Fetching a lane panel of weights from the last-level
 * cache pays for 12 row panels; from memory, where networks larger than STREAMS times a core's
 * cache are, for 48. */
enum { LEAST_AT_ONCE = 12, LEAST_STREAMED = 48, STREAMS = 16 };

/* Carves the arrays of a block; with `block` NULL it only measures them. */
struct cursor {
    float *block;
    int64_t at;
};

static float *take(struct cursor *cursor, int64_t floats)
{
    float *array = cursor->block ? cursor->block + cursor->at : NULL;
    cursor->at += panel_count(floats + PANEL_SLACK, ALIGNED_FLOATS) * ALIGNED_FLOATS;
    return array;
}

static int64_t padded(int64_t units, int64_t width)
{
    return panel_count(units, width) * width;
}

/* The width of the widest layer whose derivatives are summed over several blocks, and so have to be
 * stored between them. */
static int64_t unfinished_units(const struct panels *panels)
{
    int64_t most = 0;
    for (int l = 2; l < panels->layers; l++) {
        int64_t units = padded(panels->layer[l].in, panels->kernel.lanes);
        if (panels->layer[l].out > KERNEL_BLOCK && units > most)
            most = units;
    }
    return most;
}

static int64_t place(struct workspace *workspace, const struct panels *panels, int64_t rows,
    int64_t at_once, bool for_training, float *block)
{
    int64_t lane = panels->kernel.lanes, row = panels->kernel.rows;
    struct cursor cursor = {block, 0};
    memset(workspace, 0, sizeof *workspace);
    workspace->for_training = for_training;
    workspace->rows = rows = padded(rows, row);
    at_once = padded(at_once, row);
    for (int l = 0; l < panels->layers; l++) {
        const struct panel_layer *layer = &panels->layer[l];
        workspace->x_rows[l] = take(&cursor, at_once * layer->in);
        if (for_training || !layer->first)
            workspace->x_wide[l] =
                take(&cursor, rows * padded(layer->in, layer->first ? row : lane));
        if (!for_training)
            continue;
        workspace->d_wide[l] = take(&cursor, rows * padded(layer->out, layer->first ? lane : row));
        if (!layer->first)
            workspace->d_rows[l] = take(&cursor, at_once * layer->out);
        if (!layer->first && layer->activation != ACTIVATION_RELU)
            workspace->slope[l] = take(&cursor, at_once * padded(layer->in, lane));
    }
    if (for_training)
        workspace->unfinished = take(&cursor, rows * unfinished_units(panels));
    workspace->z_stride = padded(panels->layer[panels->layers - 1].out, lane);
    workspace->z = take(&cursor, at_once * workspace->z_stride);
    return cursor.at;
}

int64_t workspace_floats(
    const struct panels *panels, int64_t rows, int64_t at_once, bool for_training)
{
    struct workspace nowhere;
    return place(&nowhere, panels, rows, at_once, for_training, NULL);
}

void workspace_place(struct workspace *workspace, const struct panels *panels, int64_t rows,
    int64_t at_once, bool for_training, float *block)
{
    place(workspace, panels, rows, at_once, for_training, block);
}

int64_t workspace_panels_at_once(const struct panels *panels)
{
    int64_t row = panels->kernel.rows;
    int64_t bytes =
        (int64_t)sizeof(float) * (workspace_floats(panels, 0, LEAST_AT_ONCE * row, true) -
                                     workspace_floats(panels, 0, 0, true));
    int64_t fitting = panels->cache_bytes / 2 * LEAST_AT_ONCE / bytes;
    bool streams = panels->parameters * (int64_t)sizeof(float) > STREAMS * panels->cache_bytes;
    int64_t least = streams ? LEAST_STREAMED : LEAST_AT_ONCE;
    return fitting > least ? fitting : least;
}
