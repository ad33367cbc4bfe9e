#include "model/outputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/dense.h"
#include "model/prediction.h"

struct outputs {
    const struct panels *panels;
    const struct weights *weights;
    struct workspace *workspace; /* [threads], of a block each */
    float *workspace_block;
    float *x; /* [threads][RW x in]: rows on their way into panels */
    int threads;
    struct not_finite *not_finite; /* [threads] */
};

static const struct not_finite none = {0, INT64_MAX};

/* Of one thread. */
static int64_t floats_of(const struct panels *panels)
{
    return workspace_floats(panels, KERNEL_BLOCK, KERNEL_BLOCK, false);
}

static int64_t x_floats_of(const struct panels *panels)
{
    return panels->kernel.rows * panels->layer[0].in;
}

int64_t outputs_bytes(const struct panels *panels, int threads)
{
    return threads * (floats_of(panels) + x_floats_of(panels)) * (int64_t)sizeof(float);
}

enum status outputs_create(struct outputs **outputs, const struct panels *panels,
    const struct weights *weights, int threads, struct error *error)
{
    const char *what = "the outputs of a network";
    int64_t floats = floats_of(panels);
    size_t x_floats = (size_t)x_floats_of(panels);
    struct outputs *made = NULL;
    *outputs = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, what, error);
    if (status)
        return status;
    made->panels = panels;
    made->weights = weights;
    status = memory_take(&made->workspace, (size_t)threads, sizeof *made->workspace, what, error);
    if (!status)
        status = memory_take(
            &made->workspace_block, (size_t)threads, (size_t)floats * sizeof(float), what, error);
    if (!status)
        status = memory_take(&made->x, (size_t)threads, x_floats * sizeof(float), what, error);
    if (!status)
        status =
            memory_take(&made->not_finite, (size_t)threads, sizeof *made->not_finite, what, error);
    if (status) {
        outputs_destroy(made);
        return status;
    }
    made->threads = threads;
    outputs_take_not_finite(made);
    for (int t = 0; t < threads; t++)
        workspace_place(&made->workspace[t], panels, KERNEL_BLOCK, KERNEL_BLOCK, false,
            made->workspace_block + t * floats);
    *outputs = made;
    return STATUS_OK;
}

void outputs_destroy(struct outputs *outputs)
{
    if (!outputs)
        return;
    free(outputs->workspace);
    free(outputs->workspace_block);
    free(outputs->x);
    free(outputs->not_finite);
    free(outputs);
}

/* Inputs and truth of some rows, into panels. */
static void load(struct outputs *outputs, int thread, const struct loader *set,
    const struct order *order, int64_t first, int64_t n, struct truth truth)
{
    const struct panels *panels = outputs->panels;
    int64_t width = panels->kernel.rows, in = panels->layer[0].in, targets = set->dataset->outputs;
    float *x = outputs->x + thread * width * in;
    for (int64_t at = 0; at < n; at += width) {
        int64_t rows = least(n - at, width);
        struct truth here = {truth.label ? truth.label + at : NULL,
            truth.target ? truth.target + at * targets : NULL};
        loader_rows(set, order, first + at, rows, n - at - rows, x, here);
        memset(x + rows * in, 0, (size_t)((width - rows) * in) * sizeof(float));
        dense_input(panels, &outputs->workspace[thread], (struct range){at, at + width}, x);
    }
}

static bool row_is_finite(const struct scale *scale, const float *z, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        if (!isfinite(z[j]) || !isfinite(prediction_value(scale, j, z[j])))
            return false;
    return true;
}

/* Of rows that have come through, the first of which is at this position. */
static void note_not_finite(
    struct outputs *outputs, int thread, const struct loader *set, int64_t first, int64_t n)
{
    const struct workspace *workspace = &outputs->workspace[thread];
    struct not_finite *found = &outputs->not_finite[thread];
    int64_t width = outputs->panels->layer[outputs->panels->layers - 1].out;
    for (int64_t r = 0; r < n; r++)
        if (!row_is_finite(set->target_scale, workspace->z + r * workspace->z_stride, width)) {
            found->samples++;
            found->first = least(found->first, first + r);
        }
}

struct output_rows outputs_run(struct outputs *outputs, int thread, const struct loader *set,
    const struct order *order, int64_t first, int64_t n, struct truth truth)
{
    const struct panels *panels = outputs->panels;
    struct workspace *workspace = &outputs->workspace[thread];
    struct range row_panels = {0, panel_count(n, panels->kernel.rows)};
    load(outputs, thread, set, order, first, n, truth);
    for (int l = 0; l < panels->layers; l++)
        dense_forward(panels, outputs->weights, workspace, l,
            part_of_rows(panels, row_panels, panels->layer[l].out));
    note_not_finite(outputs, thread, set, first, n);
    return (struct output_rows){workspace->z, workspace->z_stride};
}

struct not_finite outputs_take_not_finite(struct outputs *outputs)
{
    struct not_finite all = none;
    for (int t = 0; t < outputs->threads; t++) {
        all.samples += outputs->not_finite[t].samples;
        all.first = least(all.first, outputs->not_finite[t].first);
        outputs->not_finite[t] = none;
    }
    return all;
}

void not_finite_join(struct not_finite *mine, struct comm *comm, int64_t *room)
{
    struct not_finite all = none;
    comm_gather_all(comm, &mine->samples, sizeof mine->samples, room);
    for (int r = 0; r < comm_size(comm); r++)
        all.samples += room[r];
    comm_gather_all(comm, &mine->first, sizeof mine->first, room);
    for (int r = 0; r < comm_size(comm); r++)
        all.first = least(all.first, room[r]);
    *mine = all;
}

enum status outputs_weights(struct weights *weights, const struct panels *panels,
    const struct mlp *mlp, const float *canonical, struct error *error)
{
    size_t master = (size_t)panels->parameters + PANEL_SLACK;
    size_t derived = (size_t)panels->derived + PANEL_SLACK;
    *weights = (struct weights){NULL, NULL};
    enum status status =
        memory_take(&weights->master, master, sizeof(float), "the weights in panels", error);
    if (!status)
        status =
            memory_take(&weights->derived, derived, sizeof(float), "the weights in panels", error);
    if (status)
        outputs_weights_clear(weights);
    else
        weights_from_canonical(weights, panels, mlp, canonical);
    return status;
}

void outputs_weights_clear(struct weights *weights)
{
    free(weights->master);
    free(weights->derived);
    *weights = (struct weights){NULL, NULL};
}
