/* barrier.h: where the workers of a team wait for each other, be they threads or processes.
 *
 * The counters may lie in memory that several processes share; zeroed is ready. Whoever waits first
 * spins, then offers its core to others, and after a while sleeps until it is woken: soon where
 * workers outnumber cores, for then the one it waits for wants this very core.
 *
 * For comm/ alone.
 */
#ifndef COMM_BARRIER_H
#define COMM_BARRIER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "comm/comm.h"

/* A central barrier: the last to arrive opens the next round. Each counter lies in a cache line of
 * its own, so that those who wait do not slow down those who arrive. */
struct barrier {
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_uint round;
    _Alignas(64) atomic_int sleepers; /* so that nobody calls the system to wake nobody */
};

/* Returns when `count` workers have come. Orders memory. `serve`: a comm to which this worker lends
 * a hand while it waits, so that messages under way move on; NULL for all but a rank's calling
 * thread. */
void barrier_meet(struct barrier *barrier, int count, bool crowded, struct comm *serve);

#endif
