/* watchdog.h: a thread that reports a stalled run, and ends one that stays stalled.
 *
 * It makes no MPI calls and uses no files, so it works even while MPI or a file system hangs. It
 * measures time by counting its own wake-ups, one per second. So the time during which a rank is
 * stopped (SIGSTOP), a job is suspended or a laptop is asleep does not count as a stall.
 *
 *     quiet seconds        0 . . . . 60 . . . . . . 600        stall_timeout
 *                                    warning        warning    message, exit 75
 *     after a signal       0 . . . . 60
 *                                    message, exit 75, unless a verdict has carried it to all ranks
 *
 * Only the program uses the watchdog: a library must neither start threads on its own nor end the
 * process that uses it.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "options/options.h"
#include "comm/comm.h"

/* --- the rules, which use no clock --------------------------------------------------------- */

/* The state of the watchdog, in ticks of one second. */
struct watch {
    int64_t warn, timeout; /* 0: never */
    unsigned beats;        /* number of beats at the last tick */
    int64_t quiet;         /* ticks since the last beat */
    int64_t slowest;       /* longest quiet time that ended without a warning */
    int64_t next_warning;  /* quiet time at which to warn again; 0: no warning yet */
    int64_t signalled;     /* ticks since a signal that no verdict has carried to all ranks */
};

enum watch_event {
    WATCH_NOTHING,
    WATCH_STALL,    /* a stall to be reported */
    WATCH_PROGRESS, /* the first beat after a reported stall of *lasted seconds */
    WATCH_TIMEOUT,  /* the run must end */
    WATCH_SIGNAL,   /* the run must end: a signal had no effect */
};

/* Advances the watch; called every second. `signalled`: a signal arrived that no verdict has
 * carried to all ranks. */
enum watch_event watch_tick(struct watch *watch, unsigned beats, bool signalled, int64_t *lasted);

/* --- the thread ---------------------------------------------------------------------------- */

/* Watches this process until it ends, in a thread of its own. If the thread cannot start, the
 * process runs without a watchdog. *stop_signal: 0 until a signal arrives. Collective, since it
 * gathers the names of all hosts. */
void watchdog_start(
    const struct options *options, struct comm *comm, const atomic_int *stop_signal);
