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

/* Does the work `turns` times. Only worker 0 may communicate with other ranks. */
typedef void bench_timer_work(const struct worker *worker, int64_t turns, void *context);

/* Checks that all ranks can start these threads. Call once, before the other functions.
 * STATUS_NO_RESOURCE. */
enum status bench_timer_check(const struct bench_timer *timer, struct error *error);

/* The number of workers on all ranks, which may have different numbers of threads. */
int bench_timer_workers(const struct bench_timer *timer);

/* Seconds from the common start until the last worker has finished. */
double bench_timer_time(
    const struct bench_timer *timer, bench_timer_work *work, void *context, int64_t turns);

/* The number of turns, at least 1, that takes about `seconds`. */
int64_t bench_timer_turns(
    const struct bench_timer *timer, bench_timer_work *work, void *context, double seconds);

#endif
