/* heartbeat.h: signs of life, by which a watchdog sees that its program hangs, and why.
 *
 * Working code beats: after every pass of a step, block of an evaluation, piece of a file, message.
 * Waiting code first records which rank it waits for. The ranks of a team keep their pulses in
 * memory that all of them share, so each knows which of them has not come to the team's barrier.
 *
 *     rank 0   beat beat wait(message, rank 3) . . . . .      it reports: a message from rank 3
 *     rank 1   beat beat meet . . . . . . . . . . . . . .     it keeps silent: rank 0 reports
 *     rank 2   beat (stopped)                                 no pulse, no meeting, no message
 *
 * There is one heartbeat per process, as there is one watchdog, so it is the one mutable global of
 * the library; passing a pointer through every layer would add nothing. In a program that
 * installs none, such as one that embeds the library, nobody reads what is recorded.
 *
 * Threads: any; heartbeat_wait(), heartbeat_meet() and heartbeat_wait_over(): the thread that calls
 * MPI. Collective: no.
 */
#ifndef BASE_HEARTBEAT_H
#define BASE_HEARTBEAT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"

/* The pulse of one rank, visible to the others of its team; zeroed is ready. */
struct pulse {
    _Alignas(64) atomic_uint beats;
    atomic_uint meetings; /* barriers of the team that this rank has come to */
    atomic_bool talks;    /* in a message or a collective call, which its own watchdog reports */
};

/* Zeroed, except for the lock, is ready. */
struct heartbeat {
    struct pulse own;             /* used outside a team */
    _Atomic(struct pulse *) mine; /* `own`, or the one in the team's memory */
    pthread_mutex_t lock;         /* of `team`, `rank`, `size`, `index` and `run` */
    struct pulse *team;           /* [size]; NULL: none */
    const int *rank;              /* [size]: their ranks, ascending */
    int size, index;

    _Atomic(const char *) activity; /* "training"; a static text; NULL: none yet */
    _Atomic(const char *) wait;     /* "for a message from"; NULL: it does not wait */
    atomic_int peer;                /* the rank that this one waits for; -1: several */
    atomic_llong step;              /* the last step that was begun; 0: none */
    atomic_llong saved;             /* the step of the newest checkpoint; 0: none, or unknown */
    char run[FILE_PATH_MAX];        /* its directory; ""; under the lock */
    atomic_bool answered;           /* all ranks already end the run; a signal changes nothing */
};

/* Called by the program: the functions below record in this heartbeat, which must stay valid. */
void heartbeat_install(struct heartbeat *heartbeat);

/* --- for working code ---------------------------------------------------------------------- */

void heartbeat_beat(void);

/* The activity from now on, such as "reading the data"; a static text. Beats. */
void heartbeat_doing(const char *activity);

void heartbeat_step(int64_t step);         /* a step of training begins. Beats */
void heartbeat_run(const char *directory); /* a run begins in it, without a checkpoint so far */
void heartbeat_saved(int64_t step);        /* a checkpoint of the run is on disk */

/* True: all ranks are ending the run, after a signal or otherwise; false: a signal has yet to reach
 * them. */
void heartbeat_answered(bool answered);

/* This rank waits, "in an allgather" or "for a message from" peer (-1: several ranks), until
 * heartbeat_wait_over(), which beats. The text is static. */
void heartbeat_wait(const char *where, int peer);
void heartbeat_wait_over(void);

/* This rank comes to its team's barrier, and waits there until heartbeat_wait_over(). */
void heartbeat_meet(void);

/* pulse [size], in memory shared by the ranks of a team, is in use until heartbeat_leave(); this
 * rank's is pulse[index]; rank [size] are their numbers, ascending. Both stay the caller's. */
void heartbeat_join(struct pulse *pulse, const int *rank, int size, int index);
void heartbeat_leave(const struct pulse *pulse); /* no effect if it has not joined */

/* --- for the watchdog ---------------------------------------------------------------------- */

enum { HEARTBEAT_LATE_MAX = 4 };

struct heartbeat_view {
    unsigned beats;              /* the sum over all ranks of the team: constant while all hang */
    const char *activity, *wait; /* as above */
    int peer;
    int64_t step, saved;
    char run[FILE_PATH_MAX];
    bool answered;
    int n_late;                   /* ranks that have not come to the barrier where this one waits */
    int late[HEARTBEAT_LATE_MAX]; /* the first of them */
    bool reports;                 /* a stall is reported by this rank, not by another of its team */
};

void heartbeat_look(struct heartbeat *heartbeat, struct heartbeat_view *view);

#endif
