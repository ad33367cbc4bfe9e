#include "net/workspace.h"

#include <string.h>

/* The smallest number of row panels to take at once. Fetching a lane panel of weights from the
 * last-level cache pays off if at least 12 row panels use it. Fetching it from memory, as with
 * networks more than STREAMS times as large as the cache of a core, pays off if at least 48 use
 * it. */
enum { LEAST_AT_ONCE = 12, LEAST_STREAMED = 48, STREAMS = 16 };

static float *take(struct carver *carver, int64_t floats)
{
    return carve(carver, (size_t)(floats + PANEL_SLACK), sizeof(float));
}

static int64_t padded(int64_t units, int64_t width)
{
    return panel_count(units, width) * width;
}

/* Returns the width of the widest layer whose derivatives are summed over several blocks, and so
 * have to be stored between them. */
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

void workspace_place(struct workspace *workspace, const struct panels *panels, int64_t rows,
    int64_t at_once, bool for_training, struct carver *carver)
{
    int64_t lane = panels->kernel.lanes, row = panels->kernel.rows;
    memset(workspace, 0, sizeof *workspace);
    workspace->for_training = for_training;
    workspace->rows = rows = padded(rows, row);
    at_once = padded(at_once, row);
    for (int l = 0; l < panels->layers; l++) {
        const struct panel_layer *layer = &panels->layer[l];
        workspace->x_rows[l] = take(carver, at_once * layer->in);
        if (for_training || !layer->first)
            workspace->x_wide[l] =
                take(carver, rows * padded(layer->in, layer->first ? row : lane));
        if (!for_training)
            continue;
        workspace->d_wide[l] = take(carver, rows * padded(layer->out, layer->first ? lane : row));
        if (!layer->first)
            workspace->d_rows[l] = take(carver, at_once * layer->out);
        if (!layer->first && layer->activation != ACTIVATION_RELU)
            workspace->slope[l] = take(carver, at_once * padded(layer->in, lane));
    }
    if (for_training)
        workspace->unfinished = take(carver, rows * unfinished_units(panels));
    workspace->z_stride = padded(panels->layer[panels->layers - 1].out, lane);
    workspace->z = take(carver, at_once * workspace->z_stride);
}

int64_t workspace_bytes(
    const struct panels *panels, int64_t rows, int64_t at_once, bool for_training)
{
    struct workspace nowhere;
    struct carver carver = {NULL, 0};
    workspace_place(&nowhere, panels, rows, at_once, for_training, &carver);
    return (int64_t)carver.bytes;
}

int64_t workspace_panels_at_once(const struct panels *panels)
{
    int64_t row = panels->kernel.rows;
    int64_t bytes =
        workspace_bytes(panels, 0, LEAST_AT_ONCE * row, true) - workspace_bytes(panels, 0, 0, true);
    int64_t fitting = panels->cache_bytes / 2 * LEAST_AT_ONCE / bytes;
    bool streams = panels->parameters * (int64_t)sizeof(float) > STREAMS * panels->cache_bytes;
    int64_t least = streams ? LEAST_STREAMED : LEAST_AT_ONCE;
    return fitting > least ? fitting : least;
}
