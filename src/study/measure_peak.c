#include "study/measure_peak.h"

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

/* --- rows: one core first, then all cores --------------------------------------------------- */

struct peak_row {
    const char *place, *work;
    struct workload one, all; /* `one`: on rank 0 */
    struct json *json;
};

struct peak_study {
    struct bench_timer timer;
    struct repetitions *repetitions;
    struct json *rows;
    int n;
    struct peak_row row[1 + 2 * N_PLACES];
};

/* Adds a row. `amount`: operations or bytes moved per turn of a worker. */
static void add_row(struct peak_study *study, struct place *place, const char *name,
    bench_work *work, double amount)
{
    const struct bench_timer one = {comm_self(), 1};
    double seconds = study->repetitions->seconds;
    struct json *json = js_object();
    js_set_text(json, "place", place->name);
    js_set_text(json, "work", name);
    js_set_int(json, "bytes", place->n * (int64_t)sizeof(float));
    js_set_text(json, "unit", place->n > 0 ? "GB/s" : "GFLOP/s");
    js_append(study->rows, json);
    study->row[study->n++] = (struct peak_row){.place = place->name,
        .work = name,
        .one = workload_of(one, work, place, amount, seconds),
        .all = workload_of(study->timer, work, place, amount, seconds),
        .json = json};
}

/* Adds the rows of a cache level or of memory. An update moves each byte twice. */
static void add_place(struct peak_study *study, struct place *place)
{
    double bytes = (double)place->n * sizeof(float);
    add_row(study, place, "read", read_place, bytes);
    add_row(study, place, "update", update_place, 2 * bytes);
}

/* Measures a row. Ranks other than 0 sleep while one core works. */
static enum status measure_row(void *context, int i, struct error *error)
{
    struct peak_study *study = context;
    struct peak_row *row = &study->row[i];
    (void)error;
    repetitions_report(study->repetitions, "%s, %s", row->place, row->work);
    if (study->timer.comm->rank == 0)
        js_push_real(row->json, "one", workload_rate(&row->one));
    comm_rest(study->timer.comm);
    js_push_real(row->json, "all", workload_rate(&row->all));
    return STATUS_OK;
}

enum status measure_peak(struct json *results, struct bench_timer timer,
    const struct machine *machine, struct repetitions *repetitions, struct error *error)
{
    struct place registers = {.name = "registers"};
    struct place place[N_PLACES] = {
        {.name = "L1"}, {.name = "L2"}, {.name = "L3"}, {.name = "memory"}};
    struct peak_study study = {.timer = timer, .repetitions = repetitions, .rows = js_array()};
    struct bench_memory *memory = NULL;
    int64_t bytes[N_PLACES];
    js_set_text(results, "level", level_name(level_highest()));
    js_set_int(results, "workers", bench_timer_workers(&timer));
    js_set(results, "rows", study.rows);
    peak_places(bytes, machine, timer.threads * timer.comm->local_size);
    comm_broadcast(timer.comm, bytes, sizeof bytes);
    enum status status = bench_timer_check(&timer, error);
    if (!status)
        status = bench_memory_take(
            &memory, &timer, (size_t)bytes[N_PLACES - 1] / sizeof(float), 0, error);
    add_row(
        &study, &registers, "multiply-add", multiply_add, peak_loops_of(level_highest())->flops);
    for (int p = 0; p < N_PLACES; p++) {
        int64_t floats = bytes[p] / (int64_t)sizeof(float);
        place[p].n = floats - floats % PEAK_RUN_FLOATS;
        place[p].memory = memory;
        if (place[p].n > 0)
            add_place(&study, &place[p]);
    }
    if (!status)
        status = repetitions_run(repetitions, study.n, measure_row, &study, error);
    for (int i = 0; i < study.n; i++)
        samples_summarize(study.row[i].json);
    bench_memory_free(memory, timer.threads);
    return status;
}
