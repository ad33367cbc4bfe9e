#include "study/measure_peak.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "comm/threads.h"

enum { MEMORY_LEAST = 64 << 20 }; /* bytes of a worker */

/* --- multiply-adds -------------------------------------------------------------------------- */

static void multiply_add(const struct worker *worker, int64_t turns, void *context)
{
    const struct peak_loops *loops = context;
    (void)worker;
    loops->multiply_add(turns);
}

static double fma_seconds(const struct fma_peak *peak)
{
    return bench_timer_time(
        &peak->timer, multiply_add, (void *)(uintptr_t)peak_loops_of(peak->level), peak->turns);
}

void fma_peak_init(struct fma_peak *peak, struct bench_timer timer, double seconds)
{
    *peak = (struct fma_peak){
        .timer = timer, .level = level_highest(), .workers = bench_timer_workers(&timer)};
    peak->turns = bench_timer_turns(
        &timer, multiply_add, (void *)(uintptr_t)peak_loops_of(peak->level), seconds);
}

double fma_peak_gflops(const struct fma_peak *peak)
{
    return 1e-9 * peak_loops_of(peak->level)->flops * (double)peak->turns * peak->workers /
           fma_seconds(peak);
}

/* --- bytes ---------------------------------------------------------------------------------- */

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

/* Each worker's data, and the work on them. */
struct store {
    const struct peak_loops *loops;
    int64_t n; /* floats in use */
    bool update;
    float **x; /* [threads] */
    enum status *status;
    struct error *error;
    int64_t most; /* floats */
};

static void read_or_update(const struct worker *worker, int64_t turns, void *context)
{
    const struct store *store = context;
    for (int64_t t = 0; t < turns; t++)
        if (store->update)
            store->loops->update(store->x[worker->index], store->n);
        else
            store->loops->read(store->x[worker->index], store->n);
}

/* The worker that touches memory first has it near. */
static void take_own(const struct worker *worker, void *argument)
{
    struct store *store = argument;
    store->status[worker->index] = memory_take(&store->x[worker->index], (size_t)store->most,
        sizeof(float), "the data to measure memory with", &store->error[worker->index]);
}

static void store_clear(struct store *store, int threads)
{
    for (int t = 0; store->x && t < threads; t++)
        free(store->x[t]);
    free(store->x);
    free(store->status);
    free(store->error);
}

static enum status store_init(
    struct store *store, const struct bench_timer *timer, int64_t bytes, struct error *error)
{
    const char *what = "the workers' data";
    size_t threads = (size_t)timer->threads;
    *store = (struct store){
        .loops = peak_loops_of(level_highest()), .most = bytes / (int64_t)sizeof(float)};
    enum status status = memory_take(&store->x, threads, sizeof *store->x, what, error);
    if (!status)
        status = memory_take(&store->status, threads, sizeof *store->status, what, error);
    if (!status)
        status = memory_take(&store->error, threads, sizeof *store->error, what, error);
    if (!status)
        status = threads_run(timer->threads, take_own, store, error);
    for (size_t t = 0; !status && t < threads; t++) {
        status = store->status[t];
        *error = store->error[t];
    }
    return comm_agree(timer->comm, status, error);
}

/* --- one core and all of them, in turn ------------------------------------------------------ */

struct measurement {
    bench_timer_work *work;
    void *context;
    double amount; /* GFLOP or GB of one turn of one worker */
    int row, rows; /* the number of this row, and the number of rows */
};

/* Alternates one and all. Ranks other than 0 sleep while one core works. */
static void alternate(struct peak_row *row, const struct measurement *of, struct bench_timer all,
    struct repetitions repetitions, double *rate)
{
    struct bench_timer one = {comm_self(), 1};
    bool leads = comm_rank(all.comm) == 0;
    double workers = bench_timer_workers(&all);
    double *one_rate = rate, *all_rate = rate + repetitions.repeats;
    repetitions_report(&repetitions, of->row, of->rows, "%s, %s: %d rounds", row->place, row->work,
        repetitions.repeats);
    int64_t one_turns = leads ? bench_timer_turns(&one, of->work, of->context, repetitions.seconds)
                              : 0; /* the others sleep below */
    comm_rest(all.comm);
    int64_t all_turns = bench_timer_turns(&all, of->work, of->context, repetitions.seconds);
    for (int r = 0; r < repetitions.repeats; r++) {
        if (leads)
            one_rate[r] = of->amount * (double)one_turns /
                          bench_timer_time(&one, of->work, of->context, one_turns);
        comm_rest(all.comm);
        all_rate[r] = workers * of->amount * (double)all_turns /
                      bench_timer_time(&all, of->work, of->context, all_turns);
    }
    if (leads)
        row->one = repeat_stats_of(one_rate, repetitions.repeats);
    row->all = repeat_stats_of(all_rate, repetitions.repeats);
}

/* Rows of the report: registers, and two for each level that exists. */
static int count_rows(const int64_t bytes[N_PLACES])
{
    int rows = 1;
    for (int p = 0; p < N_PLACES; p++)
        rows += bytes[p] > 0 ? 2 : 0;
    return rows;
}

static void measure_places(struct peak_report *report, struct store *store,
    const int64_t bytes[N_PLACES], struct bench_timer timer, struct repetitions repetitions,
    double *rate)
{
    static const char *const place[N_PLACES] = {"L1", "L2", "L3", "memory"};
    int rows = count_rows(bytes);
    for (int p = 0; p < N_PLACES; p++)
        for (int update = 0; update < 2 && bytes[p] > 0; update++) {
            struct peak_row *row = &report->row[report->rows++];
            store->n = bytes[p] / (int64_t)sizeof(float);
            store->n -= store->n % PEAK_RUN_FLOATS;
            store->update = update;
            row->place = place[p];
            row->work = update ? "update" : "read";
            row->bytes = store->n * (int64_t)sizeof(float);
            double moved = 1e-9 * (double)row->bytes * (update ? 2 : 1);
            struct measurement of = {read_or_update, store, moved, report->rows - 1, rows};
            alternate(row, &of, timer, repetitions, rate);
        }
}

enum status measure_peak(struct peak_report *report, struct bench_timer timer,
    const struct machine *machine, struct repetitions repetitions, struct error *error)
{
    int64_t bytes[N_PLACES];
    struct store store = {.x = NULL};
    double *rate = NULL;
    *report = (struct peak_report){
        .level = level_highest(), .workers = bench_timer_workers(&timer), .rows = 1};
    peak_places(bytes, machine, timer.threads * comm_local_size(timer.comm));
    comm_broadcast(timer.comm, bytes, sizeof bytes);
    enum status status = bench_timer_check(&timer, error);
    if (!status)
        status = store_init(&store, &timer, bytes[N_PLACES - 1], error);
    if (!status)
        status = comm_agree(timer.comm,
            memory_take(&rate, 2 * (size_t)repetitions.repeats, sizeof *rate, "the rates", error),
            error);
    if (!status) {
        void *loops = (void *)(uintptr_t)peak_loops_of(report->level);
        double gflop = 1e-9 * peak_loops_of(report->level)->flops;
        report->row[0].place = "registers";
        report->row[0].work = "multiply-add";
        struct measurement of = {multiply_add, loops, gflop, 0, count_rows(bytes)};
        alternate(&report->row[0], &of, timer, repetitions, rate);
        measure_places(report, &store, bytes, timer, repetitions, rate);
    }
    store_clear(&store, timer.threads);
    free(rate);
    return status;
}
