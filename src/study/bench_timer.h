/* bench_timer.h: timing what all workers of all ranks do at once.
 *
 * A crew is `threads` workers on every rank of a comm. All calls are collective over the comm and
 * give every rank the same numbers.
 */
#ifndef STUDY_BENCH_TIMER_H
#define STUDY_BENCH_TIMER_H

#include "base/team.h"
#include "comm/comm.h"

struct bench_timer {
    struct comm *comm;
    int threads; /* a rank */
};

/* Does the work `turns` times. Only worker 0 may talk to other ranks. */
typedef void bench_timer_work(const struct worker *worker, int64_t turns, void *context);

/* Whether these threads can be had on all ranks. Call once, before the others. STATUS_NO_RESOURCE.
 */
enum status bench_timer_check(const struct bench_timer *timer, struct error *error);

/* Workers on all ranks, which may have different numbers of threads. */
int bench_timer_workers(const struct bench_timer *timer);

/* Seconds from the common start until the last worker is through. */
double bench_timer_time(
    const struct bench_timer *timer, bench_timer_work *work, void *context, int64_t turns);

/* Turns, at least 1, that take about `seconds`. */
int64_t bench_timer_turns(
    const struct bench_timer *timer, bench_timer_work *work, void *context, double seconds);

#endif
