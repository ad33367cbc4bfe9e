#include "study/measure_kernel.h"

#include <inttypes.h>

#include "study/measure_peak.h"

/* The number of row panels by which a lane panel is multiplied. As in a step, the row panels fit in
 * the second-level cache, and the lane panel fits in the first-level cache. */
enum { ROW_PANELS = 8 };

/* The remainder of 784 inputs cut into blocks; the rows of the smallest slice; a full block. */
const int64_t kernel_depth[KERNEL_DEPTHS] = {16, 64, KERNEL_BLOCK};

/* Rounds up to whole cache lines, so that every panel begins at a cache line. */
static size_t whole_lines(size_t floats)
{
    return (floats + 15) / 16 * 16;
}

/* Returns the size of the row panels. A kernel may read one step beyond the last panel. */
static size_t row_floats(const struct kernel *kernel)
{
    return whole_lines((size_t)ROW_PANELS * KERNEL_BLOCK * (size_t)kernel->rows + KERNEL_ROWS_MAX);
}

static size_t lane_floats(const struct kernel *kernel)
{
    return whole_lines((size_t)(KERNEL_BLOCK + 1) * (size_t)kernel->lanes);
}

enum status kernel_tiles_init(struct kernel_tiles *tiles, const struct bench_timer *timer,
    const struct kernel *kernel, struct error *error)
{
    size_t panels = row_floats(kernel) + lane_floats(kernel);
    size_t tile = (size_t)kernel->rows * (size_t)kernel->lanes;
    *tiles = (struct kernel_tiles){.kernel = kernel, .depth = KERNEL_BLOCK};
    return bench_memory_take(&tiles->memory, timer, panels + tile, panels, error);
}

static void run_tiles(const struct worker *worker, int64_t turns, void *context)
{
    const struct kernel_tiles *tiles = context;
    const struct kernel *kernel = tiles->kernel;
    float *row_panel = tiles->memory[worker->index].x;
    float *lane_panel = row_panel + row_floats(kernel), *tile = lane_panel + lane_floats(kernel);
    for (int64_t t = 0; t < turns; t++)
        for (int p = 0; p < ROW_PANELS; p++)
            kernel->tile(kernel, tiles->depth, lane_panel,
                row_panel + p * tiles->depth * kernel->rows, false, tile, kernel->lanes);
}

struct workload kernel_workload(
    struct kernel_tiles *tiles, struct bench_timer timer, double seconds)
{
    const struct kernel *kernel = tiles->kernel;
    double flops = 2.0 * ROW_PANELS * (double)tiles->depth * kernel->rows * kernel->lanes;
    return workload_of(timer, run_tiles, tiles, flops, seconds);
}

/* --- every kernel, on one core ------------------------------------------------------------- */

struct kernel_figure {
    struct kernel_tiles tiles; /* unused for the peak */
    struct workload workload;
    struct json *json; /* the samples are added to it under `key` */
    const char *key;
};

struct kernel_study {
    struct repetitions *repetitions;
    int n;
    struct kernel_figure figure[1 + KERNELS_MAX * KERNEL_DEPTHS]; /* the peak first */
};

static enum status measure_figure(void *context, int i, struct error *error)
{
    struct kernel_study *study = context;
    struct kernel_figure *figure = &study->figure[i];
    (void)error;
    if (i == 0)
        repetitions_report(study->repetitions, "peak");
    else
        repetitions_report(study->repetitions, "%s, k = %" PRId64, figure->tiles.kernel->name,
            figure->tiles.depth);
    js_push_real(figure->json, figure->key, workload_rate(&figure->workload));
    return STATUS_OK;
}

/* Adds the figures of a kernel; all depths use the same panels. */
static enum status add_kernel(
    struct kernel_study *study, struct json *rows, const struct kernel *kernel, struct error *error)
{
    const struct bench_timer one = {comm_self(), 1};
    struct json *row = js_object(), *tiles = js_array();
    js_set_text(row, "kernel", kernel->name);
    js_set_int(row, "rows", kernel->rows);
    js_set_int(row, "lanes", kernel->lanes);
    js_set(row, "tiles", tiles);
    js_append(rows, row);
    struct kernel_figure first = {.key = "gflops"};
    enum status status = kernel_tiles_init(&first.tiles, &one, kernel, error);
    for (int d = 0; d < KERNEL_DEPTHS; d++) {
        struct kernel_figure *figure = &study->figure[study->n++];
        *figure = first;
        figure->tiles.depth = kernel_depth[d];
        figure->workload = kernel_workload(&figure->tiles, one, study->repetitions->seconds);
        figure->json = js_object();
        js_append(tiles, figure->json);
    }
    return status;
}

static void summarize(struct kernel_study *study)
{
    double peak = samples_median(study->figure[0].json, study->figure[0].key);
    for (int i = 1; i < study->n; i++) {
        struct kernel_figure *figure = &study->figure[i];
        double share = samples_median(figure->json, figure->key) / peak;
        samples_summarize(figure->json);
        js_set_real(figure->json, "share_of_peak", share);
        js_set_int(figure->json, "k", figure->tiles.depth);
    }
    samples_summarize(study->figure[0].json);
}

enum status measure_kernels(struct json *results, const struct kernel *kernel, int n,
    struct repetitions *repetitions, struct error *error)
{
    const struct bench_timer one = {comm_self(), 1};
    struct kernel_study study = {.repetitions = repetitions, .n = 1};
    struct json *rows = js_array();
    enum status status = STATUS_OK;
    study.figure[0] = (struct kernel_figure){.workload = peak_workload(one, repetitions->seconds),
        .json = results,
        .key = "peak_gflops"};
    for (int k = 0; k < n && !status; k++)
        status = add_kernel(&study, rows, &kernel[k], error);
    if (!status)
        status = repetitions_run(repetitions, study.n, measure_figure, &study, error);
    if (!status)
        summarize(&study);
    js_set(results, "kernels", rows);
    for (int i = 1; i < study.n; i += KERNEL_DEPTHS)
        bench_memory_free(study.figure[i].tiles.memory, 1);
    return status;
}
