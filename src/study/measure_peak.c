#include "study/measure_peak.h"

#include <inttypes.h>
#include <stdio.h>

#include "comm/threads.h"

enum { MEMORY_LEAST = 64 << 20 }; /* bytes per worker */

void peak_places(int64_t bytes[N_PLACES], const struct machine *machine, int local_workers)
{
    int64_t l1 = machine->l1_bytes > 0 ? machine->l1_bytes : 32 << 10;
    int64_t l2 = machine->l2_bytes > 0 ? machine->l2_bytes : 512 << 10;
    int64_t l3_share = machine->l3_bytes / local_workers;
    int64_t most = machine->memory_bytes / 8 / local_workers;
    bytes[0] = l1 / 2;
    bytes[1] = l2 / 2;
    bytes[2] = l3_share / 2 < 4 * l2 ? l3_share / 2 : 4 * l2;
    if (bytes[2] < 2 * l2)
        bytes[2] = 0;
    bytes[3] = 2 * l3_share > MEMORY_LEAST ? 2 * l3_share : MEMORY_LEAST;
    if (most > 0 && bytes[3] > most)
        bytes[3] = most;
}

/* --- workloads ----------------------------------------------------------------------------- */

static void multiply_add(const struct worker *worker, int64_t turns, void *context)
{
    (void)worker;
    (void)context;
    peak_loops_of(level_highest())->multiply_add(turns);
}

struct workload peak_workload(struct bench_timer timer, double seconds)
{
    return workload_of(timer, multiply_add, NULL, peak_loops_of(level_highest())->flops, seconds);
}

/* A worker's data in one level of memory. */
struct place {
    const char *name;
    int64_t n;                         /* number of floats; 0: the data is in registers */
    const struct bench_memory *memory; /* [threads] */
};

static void read_place(const struct worker *worker, int64_t turns, void *context)
{
    const struct place *place = context;
    for (int64_t t = 0; t < turns; t++)
        peak_loops_of(level_highest())->read(place->memory[worker->index].x, place->n);
}

static void update_place(const struct worker *worker, int64_t turns, void *context)
{
    const struct place *place = context;
    for (int64_t t = 0; t < turns; t++)
        peak_loops_of(level_highest())->update(place->memory[worker->index].x, place->n);
}

/* --- figures: one core first, then all cores ------------------------------------------------ */

struct figure {
    char name[64]; /* for the progress */
    struct json *json;
    const char *key;     /* of the samples of `one` in json; those of `all` have the key "all" */
    struct workload one; /* on rank 0 */
    struct workload all; /* work NULL: not measured */
};

enum { FIGURES_MAX = 1 + KERNELS_MAX * KERNEL_DEPTHS };
_Static_assert(FIGURES_MAX >= 1 + 2 * N_PLACES, "no room for the peaks");

struct study {
    struct comm *comm;
    struct repetitions *repetitions;
    int n;
    struct figure figure[FIGURES_MAX];
};

/* Measures a figure. Ranks other than 0 sleep while one core works. */
static enum status measure_figure(void *context, int i, struct error *error)
{
    struct study *study = context;
    struct figure *figure = &study->figure[i];
    (void)error;
    repetitions_report(study->repetitions, "%s", figure->name);
    if (study->comm->rank == 0)
        js_push_real(figure->json, figure->key, workload_rate(&figure->one));
    if (figure->all.work) {
        comm_rest(study->comm);
        js_push_real(figure->json, "all", workload_rate(&figure->all));
    }
    return STATUS_OK;
}

/* --- peaks ---------------------------------------------------------------------------------- */

/* Adds a row. `amount`: operations or bytes moved per turn of a worker. */
static void add_row(struct study *study, struct json *rows, struct bench_timer timer,
    struct place *place, const char *name, bench_work *work, double amount)
{
    const struct bench_timer one = {comm_self(), 1};
    double seconds = study->repetitions->seconds;
    struct figure *figure = &study->figure[study->n++];
    *figure = (struct figure){.json = js_object(),
        .key = "one",
        .one = workload_of(one, work, place, amount, seconds),
        .all = workload_of(timer, work, place, amount, seconds)};
    snprintf(figure->name, sizeof figure->name, "%s, %s", place->name, name);
    js_set_text(figure->json, "place", place->name);
    js_set_text(figure->json, "work", name);
    js_set_int(figure->json, "bytes", place->n * (int64_t)sizeof(float));
    js_set_text(figure->json, "unit", place->n > 0 ? "GB/s" : "GFLOP/s");
    js_append(rows, figure->json);
}

enum status measure_peak(struct json *results, struct bench_timer timer,
    const struct machine *machine, struct repetitions *repetitions, struct error *error)
{
    struct place registers = {.name = "registers"};
    struct place place[N_PLACES] = {
        {.name = "L1"}, {.name = "L2"}, {.name = "L3"}, {.name = "memory"}};
    struct study study = {.comm = timer.comm, .repetitions = repetitions};
    struct json *rows = js_array();
    struct bench_memory *memory = NULL;
    int64_t bytes[N_PLACES];
    js_set_text(results, "level", level_name(level_highest()));
    js_set_int(results, "workers", bench_timer_workers(&timer));
    js_set(results, "rows", rows);
    peak_places(bytes, machine, timer.threads * timer.comm->local_size);
    comm_broadcast(timer.comm, bytes, sizeof bytes);
    enum status status = comm_agree(timer.comm, team_probe(timer.threads, error), error);
    if (!status)
        status = bench_memory_take(
            &memory, &timer, (size_t)bytes[N_PLACES - 1] / sizeof(float), 0, error);
    add_row(&study, rows, timer, &registers, "multiply-add", multiply_add,
        peak_loops_of(level_highest())->flops);
    for (int p = 0; p < N_PLACES; p++) {
        int64_t floats = bytes[p] / (int64_t)sizeof(float);
        double used = (double)(floats - floats % PEAK_RUN_FLOATS) * sizeof(float);
        place[p].n = floats - floats % PEAK_RUN_FLOATS;
        place[p].memory = memory;
        if (place[p].n == 0)
            continue;
        add_row(&study, rows, timer, &place[p], "read", read_place, used);
        add_row(&study, rows, timer, &place[p], "update", update_place, 2 * used); /* moves twice */
    }
    if (!status)
        status = repetitions_run(repetitions, study.n, measure_figure, &study, error);
    for (int i = 0; i < study.n; i++)
        samples_summarize(study.figure[i].json);
    bench_memory_free(memory, timer.threads);
    return status;
}

/* --- tiles of a kernel --------------------------------------------------------------------- */

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

/* Adds the figures of a kernel at each depth; all depths use the same panels. */
static enum status add_kernel(struct study *study, struct json *rows,
    struct kernel_tiles tiles[KERNEL_DEPTHS], const struct kernel *kernel, struct error *error)
{
    const struct bench_timer one = {comm_self(), 1};
    struct json *row = js_object(), *depths = js_array();
    js_set_text(row, "kernel", kernel->name);
    js_set_int(row, "rows", kernel->rows);
    js_set_int(row, "lanes", kernel->lanes);
    js_set(row, "tiles", depths);
    js_append(rows, row);
    enum status status = kernel_tiles_init(&tiles[0], &one, kernel, error);
    for (int d = 0; d < KERNEL_DEPTHS; d++) {
        struct figure *figure = &study->figure[study->n++];
        tiles[d] = tiles[0];
        tiles[d].depth = kernel_depth[d];
        *figure = (struct figure){.json = js_object(),
            .key = "gflops",
            .one = kernel_workload(&tiles[d], one, study->repetitions->seconds)};
        snprintf(
            figure->name, sizeof figure->name, "%s, k = %" PRId64, kernel->name, kernel_depth[d]);
        js_append(depths, figure->json);
    }
    return status;
}

static void summarize_kernels(struct study *study)
{
    double peak = samples_median(study->figure[0].json, study->figure[0].key);
    for (int i = 1; i < study->n; i++) {
        struct figure *figure = &study->figure[i];
        double share = samples_median(figure->json, figure->key) / peak;
        samples_summarize(figure->json);
        js_set_real(figure->json, "share_of_peak", share);
        js_set_int(figure->json, "k", kernel_depth[(i - 1) % KERNEL_DEPTHS]);
    }
    samples_summarize(study->figure[0].json);
}

enum status measure_kernels(struct json *results, const struct kernel *kernel, int n,
    struct repetitions *repetitions, struct error *error)
{
    const struct bench_timer one = {comm_self(), 1};
    struct kernel_tiles tiles[KERNELS_MAX][KERNEL_DEPTHS] = {0};
    struct study study = {.comm = comm_self(), .repetitions = repetitions, .n = 1};
    struct json *rows = js_array();
    enum status status = STATUS_OK;
    study.figure[0] = (struct figure){.name = "peak",
        .json = results,
        .key = "peak_gflops",
        .one = peak_workload(one, repetitions->seconds)};
    for (int k = 0; k < n && !status; k++)
        status = add_kernel(&study, rows, tiles[k], &kernel[k], error);
    if (!status)
        status = repetitions_run(repetitions, study.n, measure_figure, &study, error);
    if (!status)
        summarize_kernels(&study);
    js_set(results, "kernels", rows);
    for (int k = 0; k < n; k++)
        bench_memory_free(tiles[k][0].memory, 1);
    return status;
}
