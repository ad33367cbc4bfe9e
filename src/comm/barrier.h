/* barrier.h: a barrier for the workers of a team, which may be threads or processes.
 *
 * The counters may be in memory that several processes share; zeroed counters are ready for use. A
 * waiting worker spins, then yields its core, and after a while sleeps until it is woken. It yields
 * and sleeps sooner where workers outnumber cores, because the worker that it waits for may need
 * the same core.
 *
 * For comm/ only.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "comm/comm.h"

/* A central barrier: the last worker to arrive opens the next round. Each counter has a cache line
 * of its own, so that waiting workers do not slow down those that arrive. */
struct barrier {
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_uint round;
    _Alignas(64) atomic_int sleepers; /* if 0, the system call that wakes them is skipped */
};

/* Meeting takes two calls, so that a worker can do something else in between: arrive, then wait
 * until `count` workers have arrived. Together they order memory. barrier_arrive() returns the round
 * for the other calls; barrier_is_over() is true when there is nothing to wait for. `serve`: a comm
 * in which this worker lets MPI make progress while it waits, so that messages under way keep
 * moving; NULL for every thread except a rank's calling thread. */
unsigned barrier_arrive(struct barrier *barrier, int count);
bool barrier_is_over(struct barrier *barrier, unsigned round);
void barrier_wait(struct barrier *barrier, unsigned round, bool crowded, struct comm *serve);
