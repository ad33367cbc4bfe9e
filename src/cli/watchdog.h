/* watchdog.h: a thread that reports a stalled run, and ends one that stays stalled.
 *
 * It calls no MPI and touches no file, so it works while those hang. Time is counted by its own
 * one-second wake-ups: a rank that was stopped (SIGSTOP), a suspended job or a sleeping laptop did
 * not count meanwhile, which is not a stall.
 *
 *     quiet seconds        0 . . . . 60 . . . . . . 600        stall_timeout
 *                                    warning        warning    message, exit 75
 *     after a signal       0 . . . . 60
 *                                    message, exit 75, unless a verdict has carried it to all ranks
 *
 * For the program alone: a library neither starts threads of its own account nor ends its process.
 */
#ifndef CLI_WATCHDOG_H
#define CLI_WATCHDOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "options/options.h"
#include "comm/comm.h"

/* --- the rules, which know no clock -------------------------------------------------------- */

/* The state of the watchdog, in ticks of one second. */
struct watch {
    int64_t warn, timeout; /* 0: never */
    unsigned beats;        /* as last seen */
    int64_t quiet;         /* since they changed */
    int64_t slowest;       /* longest quiet time that ended without a warning */
    int64_t next_warning;  /* 0: no warning in this quiet time */
    int64_t signalled;     /* since a signal came that no verdict has carried */
};

enum watch_event {
    WATCH_NOTHING,
    WATCH_STALL,    /* to be reported */
    WATCH_PROGRESS, /* the first after a reported stall, which lasted *lasted */
    WATCH_TIMEOUT,  /* the run is to be ended */
    WATCH_SIGNAL,   /* the run is to be ended: a signal had no effect */
};

/* To be called every second. `signalled`: a signal came that no verdict has carried. */
enum watch_event watch_tick(struct watch *watch, unsigned beats, bool signalled, int64_t *lasted);

/* --- the thread ---------------------------------------------------------------------------- */

/* Watches this process until it ends: installs a heartbeat, and starts the thread; without the
 * thread nothing is watched. *stop_signal: 0 until a signal came. Collective (it gathers the names
 * of all hosts). */
void watchdog_start(
    const struct options *options, struct comm *comm, const atomic_int *stop_signal);

#endif
