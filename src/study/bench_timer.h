/* bench_timer.h: times work that all workers of all ranks do at once.
 *
 * The workers are `threads` of every rank of a comm. All calls are collective over the comm and
 * give every rank the same numbers.
 */
#ifndef STUDY_BENCH_TIMER_H
#define STUDY_BENCH_TIMER_H

#include "base/team.h"
#include "comm/comm.h"

struct bench_timer {
    struct comm *comm;
    int threads; /* per rank */
};

/* Checks that every rank can start these threads. Call once, before the other functions.
 * STATUS_NO_RESOURCE. */
enum status bench_timer_check(const struct bench_timer *timer, struct error *error);

/* The number of workers on all ranks, which may have different numbers of threads. */
int bench_timer_workers(const struct bench_timer *timer);

/* Does the work `turns` times. Only worker 0 may communicate with other ranks. */
typedef void bench_work(const struct worker *worker, int64_t turns, void *context);

/* Work that is measured again and again, for about `seconds` each time. */
struct workload {
    struct bench_timer timer;
    bench_work *work;
    void *context;
    double amount; /* operations or bytes in one turn of all workers */
    double seconds;
    int64_t turns; /* per measurement; 0: the first measurement determines it */
};

/* `amount`: operations or bytes in one turn of each worker of this rank, a whole number. */
struct workload workload_of(
    struct bench_timer timer, bench_work *work, void *context, double amount, double seconds);

/* One measurement, from the common start until the last worker has finished: seconds per turn, and
 * 1e9 operations or bytes per second. */
double workload_seconds(struct workload *workload);
double workload_rate(struct workload *workload);

/* Memory of the workers of this rank. */
struct bench_memory {
    float *x; /* this worker's; it is the first to touch it */
    enum status status;
    struct error error;
};

/* `floats` for each worker, of which the first `random`, a multiple of 4, are uniform in [-1,
 * 1), so that all bits toggle as in training: round numbers would save power, and might raise
 * the clock. bench_memory_free() frees it, after failures too. STATUS_NO_RESOURCE. */
enum status bench_memory_take(struct bench_memory **memory, const struct bench_timer *timer,
    size_t floats, size_t random, struct error *error);
void bench_memory_free(struct bench_memory *memory, int threads);

#endif
