/* bench_timer.h: times work that all workers of all ranks do at the same time.
 *
 * The workers are `threads` threads on every rank of a comm; the caller has checked that every rank
 * can start them (team_probe()). All calls are collective over the comm and return the same numbers
 * on every rank.
 */
#pragma once

#include "base/team.h"
#include "comm/comm.h"

struct bench_timer {
    struct comm *comm;
    int threads; /* per rank */
};

/* Returns the number of workers on all ranks, which may have different numbers of threads. */
int bench_timer_workers(const struct bench_timer *timer);

/* Does the work `turns` times. Only worker 0 may communicate with other ranks. */
typedef void bench_work(const struct worker *worker, int64_t turns, void *context);

/* Work to be measured repeatedly, for about `seconds` each time. */
struct workload {
    struct bench_timer timer;
    bench_work *work;
    void *context;
    double amount; /* operations or bytes per turn of all workers */
    double seconds;
    int64_t turns; /* per measurement; 0: the first measurement determines it */
};

/* Makes a workload. `amount`: operations or bytes per turn of each worker of this rank, an
 * integer. */
struct workload workload_of(
    struct bench_timer timer, bench_work *work, void *context, double amount, double seconds);

/* Measure once, from the common start until the last worker has finished. Return seconds per turn,
 * or 1e9 operations or bytes per second. */
double workload_seconds(struct workload *workload);
double workload_rate(struct workload *workload);

/* The memory of one worker of this rank. */
struct bench_memory {
    float *x; /* touched first by this worker */
    enum status status;
    struct error error;
};

/* Allocates `floats` floats for each worker. The first `random` of them (a multiple of 4) are
 * uniform in [-1, 1), so that all bits toggle as in training: round numbers would save power and
 * might raise the clock. Free the memory with bench_memory_free(), also after a failure.
 * STATUS_NO_RESOURCE. */
enum status bench_memory_take(struct bench_memory **memory, const struct bench_timer *timer,
    size_t floats, size_t random, struct error *error);
void bench_memory_free(struct bench_memory *memory, int threads);
