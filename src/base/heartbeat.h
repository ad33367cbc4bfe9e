/* heartbeat.h: signs of life, by which a watchdog sees that its program stands still, and why.
 *
 * What works beats: after every pass of a step, block of an evaluation, piece of a file, message.
 * What waits says for whom first. The ranks of a team keep their pulses in memory that all of them
 * see, so each knows which of them has not come to the team's barrier.
 *
 *     rank 0   beat beat wait(message, rank 3) . . . . .      it reports: a message from rank 3
 *     rank 1   beat beat meet . . . . . . . . . . . . . .     it keeps silent: rank 0 reports
 *     rank 2   beat (stopped)                                 no pulse, no meeting, no message
 *
 * There is one heartbeat a process, as there is one watchdog, so it is the one mutable global of
 * the library; a pointer that every layer hands down would say no more. A program that installs
 * none, as one that embeds the library, pays for a load and a branch.
 *
 * Threads: any; heartbeat_wait(), heartbeat_meet() and heartbeat_wait_over() the thread that calls
 * MPI. Collective: no.
 */
#ifndef BASE_HEARTBEAT_H
#define BASE_HEARTBEAT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"

/* One rank's, for the others of its team to see; zeroed is ready. */
struct pulse {
    _Alignas(64) atomic_uint beats;
    atomic_uint meetings; /* barriers of the team that this rank has come to */
    atomic_bool talks;    /* in a message or a collective call, which its own watchdog reports */
};

/* Zeroed, but for the lock, is ready. */
struct heartbeat {
    struct pulse own;             /* as long as there is no team */
    _Atomic(struct pulse *) mine; /* `own`, or in the team's memory; NULL: `own` */
    pthread_mutex_t lock;         /* of the team's four and the run */
    struct pulse *team;           /* [size]; NULL: none */
    const int *rank;              /* [size]: of each, ascending */
    int size, index;

    _Atomic(const char *) activity; /* "training"; a text that stays; NULL: none yet */
    _Atomic(const char *) wait;     /* "for a message from"; NULL: it waits for nobody */
    atomic_int peer;                /* the rank that this one waits for; -1: no single one */
    atomic_llong step;              /* the last one that was begun; 0: none */
    atomic_llong saved;             /* the step of the newest checkpoint; 0: none, or not known */
    char run[FILE_PATH_MAX];        /* its directory; ""; under the lock */
    atomic_bool answered;           /* a signal would change nothing, or does so already */
};

/* For the program: from now on this one is meant. It is never taken away. */
void heartbeat_install(struct heartbeat *heartbeat);

/* --- for what works ------------------------------------------------------------------------ */

void heartbeat_beat(void);

/* What is done from now on, as "reading the data"; a text that stays. Beats. */
void heartbeat_doing(const char *activity);

void heartbeat_step(int64_t step);         /* of training has begun. Beats */
void heartbeat_run(const char *directory); /* a run begins there, which has no checkpoint yet */
void heartbeat_saved(int64_t step);        /* a checkpoint of it is on the disk */

/* Whether all ranks are ending the run, by a signal or otherwise; false: a signal that comes has to
 * reach them yet. */
void heartbeat_answered(bool answered);

/* This rank waits, "in an allgather" or "for a message from" peer (-1: for no single one), until
 * heartbeat_wait_over(), which beats. The text stays. */
void heartbeat_wait(const char *where, int peer);
void heartbeat_wait_over(void);

/* This rank comes to its team's barrier, and waits there until heartbeat_wait_over(). */
void heartbeat_meet(void);

/* pulse [size], in memory that the ranks of a team share, is theirs until heartbeat_leave(); this
 * rank's is pulse[index]; rank [size] names them, ascending. Both stay the caller's. */
void heartbeat_join(struct pulse *pulse, const int *rank, int size, int index);
void heartbeat_leave(const struct pulse *pulse); /* that it has not joined: nothing */

/* --- for the watchdog ---------------------------------------------------------------------- */

enum { HEARTBEAT_LATE_MAX = 4 };

struct heartbeat_view {
    unsigned beats;              /* of all ranks of the team: equal as long as all stand still */
    const char *activity, *wait; /* as above */
    int peer;
    int64_t step, saved;
    char run[FILE_PATH_MAX];
    bool answered;
    int n_late;                   /* ranks that have not come to the barrier where this one waits */
    int late[HEARTBEAT_LATE_MAX]; /* the first of them */
    bool reports; /* it is this rank's to report a stall, not another's of its team */
};

void heartbeat_look(struct heartbeat *heartbeat, struct heartbeat_view *view);

#endif
