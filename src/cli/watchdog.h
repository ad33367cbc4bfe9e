/* watchdog.h: a thread that reports a run that stands still, and ends one that does so for good.
 *
 * It calls no MPI and touches no file, so it works while those hang. Time is counted by its own
 * one-second wake-ups: a rank that was stopped (SIGSTOP), a suspended job or a sleeping laptop did
 * not count meanwhile, and is no stall.
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

/* All in ticks of a second. */
struct watch {
    int64_t warn, timeout; /* 0: never */
    unsigned beats;        /* as last seen */
    int64_t quiet;         /* since they changed */
    int64_t slowest;       /* longest quiet time that ended without a warning */
    int64_t next_warning;  /* 0: none was given in this quiet time */
    int64_t signalled;     /* since a signal came that nobody has answered */
};

enum watch_event {
    WATCH_NOTHING,
    WATCH_STALL,    /* to be reported */
    WATCH_PROGRESS, /* the first after a reported stall, which lasted *lasted */
    WATCH_TIMEOUT,  /* the run is to be ended */
    WATCH_SIGNAL,   /* likewise: a signal waits in vain */
};

/* A second has passed. `signalled`: a signal came that no verdict has carried. */
enum watch_event watch_tick(struct watch *watch, unsigned beats, bool signalled, int64_t *lasted);

/* --- the thread ---------------------------------------------------------------------------- */

/* Watches this process from now on, as long as it lives: installs a heartbeat, and starts the
 * thread; one that cannot be had is done without. *stop_signal: 0 until a signal came. Collective
 * (it learns the names of all hosts). */
void watchdog_start(
    const struct options *options, struct comm *comm, const atomic_int *stop_signal);

#endif
