#include "model/outputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/dense.h"
#include "model/prediction.h"

/* The memory of one thread. */
struct outputs_thread {
    const struct panels *panels;
    struct workspace workspace; /* for a block */
    float *x;                   /* [RW x in]: rows before they are packed into panels */
    struct not_finite not_finite;
};

struct outputs {
    const struct panels *panels;
    const struct weights *weights;
    void *block;
    int threads;
    struct outputs_thread thread[];
};

static const struct not_finite none = {0, INT64_MAX};

static void place_thread(void *object, struct carver *carver)
{
    struct outputs_thread *thread = object;
    const struct panels *panels = thread->panels;
    workspace_place(&thread->workspace, panels, KERNEL_BLOCK, KERNEL_BLOCK, false, carver);
    thread->x = carve(carver, (size_t)(panels->kernel.rows * panels->layer[0].in), sizeof(float));
}

static void place_threads(void *object, struct carver *carver)
{
    struct outputs *outputs = object;
    for (int t = 0; t < outputs->threads; t++)
        place_thread(&outputs->thread[t], carver);
}

int64_t outputs_bytes(const struct panels *panels, int threads)
{
    struct outputs_thread one = {.panels = panels};
    return threads * memory_measure(place_thread, &one);
}

enum status outputs_create(struct outputs **outputs, const struct panels *panels,
    const struct weights *weights, int threads, struct error *error)
{
    const char *what = "the outputs of a network";
    size_t bytes = sizeof **outputs + (size_t)threads * sizeof *(*outputs)->thread;
    struct outputs *made = NULL;
    *outputs = NULL;
    TRY(memory_take(&made, 1, bytes, what, error));
    made->panels = panels;
    made->weights = weights;
    made->threads = threads;
    for (int t = 0; t < threads; t++)
        made->thread[t] = (struct outputs_thread){.panels = panels, .not_finite = none};
    enum status status = memory_carve(&made->block, place_threads, made, what, error);
    if (status)
        outputs_destroy(made);
    else
        *outputs = made;
    return status;
}

void outputs_destroy(struct outputs *outputs)
{
    if (!outputs)
        return;
    free(outputs->block);
    free(outputs);
}

/* Loads inputs and truth of n rows, starting at position `first`, into panels. */
static void load(struct outputs *outputs, int thread, const struct loader *set,
    const struct order *order, int64_t first, int64_t n, struct truth truth)
{
    const struct panels *panels = outputs->panels;
    int64_t width = panels->kernel.rows, in = panels->layer[0].in, targets = set->dataset->outputs;
    float *x = outputs->thread[thread].x;
    for (int64_t at = 0; at < n; at += width) {
        int64_t rows = least(n - at, width);
        loader_rows(set, order, first + at, rows, n - at - rows, x, truth_from(truth, at, targets));
        memset(x + rows * in, 0, (size_t)((width - rows) * in) * sizeof(float));
        dense_input(panels, &outputs->thread[thread].workspace, (struct range){at, at + width}, x);
    }
}

static bool row_is_finite(const struct scale *scale, const float *z, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        if (!isfinite(z[j]) || !isfinite(prediction_value(scale, j, z[j])))
            return false;
    return true;
}

/* Counts the rows that are not finite among n computed rows, the first of them at position
 * `first`. */
static void note_not_finite(
    struct outputs *outputs, int thread, const struct loader *set, int64_t first, int64_t n)
{
    const struct workspace *workspace = &outputs->thread[thread].workspace;
    struct not_finite *found = &outputs->thread[thread].not_finite;
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
    struct workspace *workspace = &outputs->thread[thread].workspace;
    struct range row_panels = {0, panel_count(n, panels->kernel.rows)};
    load(outputs, thread, set, order, first, n, truth);
    for (int l = 0; l < panels->layers; l++)
        dense_forward(panels, outputs->weights, workspace, l,
            part_of_rows(panels, row_panels, panels->layer[l].out));
    note_not_finite(outputs, thread, set, first, n);
    return (struct output_rows){workspace->z, workspace->z_stride};
}

struct not_finite outputs_take_not_finite(struct outputs *outputs, struct comm *comm, int64_t *room)
{
    struct not_finite mine = none, all = none;
    for (int t = 0; t < outputs->threads; t++) {
        mine.samples += outputs->thread[t].not_finite.samples;
        mine.first = least(mine.first, outputs->thread[t].not_finite.first);
        outputs->thread[t].not_finite = none;
    }
    comm_gather_all(comm, &mine.samples, sizeof mine.samples, room);
    for (int r = 0; r < comm->size; r++)
        all.samples += room[r];
    comm_gather_all(comm, &mine.first, sizeof mine.first, room);
    for (int r = 0; r < comm->size; r++)
        all.first = least(all.first, room[r]);
    return all;
}

enum status outputs_weights(struct weights *weights, const struct panels *panels,
    const struct mlp *mlp, const float *canonical, struct error *error)
{
    struct carver measured = {NULL, 0}, carver = {NULL, 0};
    weights_place(weights, panels, &measured);
    TRY(memory_take(&carver.block, measured.bytes, 1, "the weights in panels", error));
    weights_place(weights, panels, &carver);
    weights_from_canonical(weights, panels, mlp, canonical);
    return STATUS_OK;
}

void outputs_weights_clear(struct weights *weights)
{
    free(weights->master);
    *weights = (struct weights){NULL, NULL};
}
