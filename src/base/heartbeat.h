/* heartbeat.h: signs of life, from which a watchdog detects that the program hangs, and why.
 *
 * Working code beats after every pass of a step, block of an evaluation, piece of a file and
 * message. Waiting code first records which rank it waits for. The ranks of a team keep their
 * pulses in shared memory, so each knows which of them have not reached the team's barrier.
 *
 *     rank 0   beat beat wait(message, rank 3) . . . . .      it reports: a message from rank 3
 *     rank 1   beat beat meet . . . . . . . . . . . . . .     it keeps silent: rank 0 reports
 *     rank 2   beat (stopped)                                 no pulse, no meeting, no message
 *
 * There is one heartbeat per process, as there is one watchdog, so it is the only mutable global in
 * the library; passing a pointer through every layer would gain nothing. In a program without a
 * watchdog, such as one that embeds the library, nobody reads what is recorded.
 *
 * Threads: any, but heartbeat_wait(), heartbeat_arrive(), heartbeat_meet() and
 * heartbeat_wait_over() only from the thread that calls MPI. Collective: no.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"

/* The pulse of one rank, visible to the other ranks of its team. A zeroed struct is ready to
 * use. */
struct pulse {
    _Alignas(64) atomic_uint beats;
    atomic_uint meetings; /* team barriers that this rank has reached */
    atomic_bool talks;    /* waits in a message or collective call; its own watchdog reports it */
};

/* --- for working code ---------------------------------------------------------------------- */

void heartbeat_beat(void);

/* Sets the current activity, such as "reading the data"; a static string. Beats. */
void heartbeat_doing(const char *activity);

void heartbeat_step(int64_t step);         /* a training step begins. Beats */
void heartbeat_run(const char *directory); /* a run begins, without a checkpoint so far */
void heartbeat_saved(int64_t step);        /* a checkpoint of the run is on disk */

/* Records whether all ranks are already ending the run, because of a signal or for another reason;
 * false: a signal has yet to reach them. */
void heartbeat_answered(bool answered);

/* Records that this rank waits, e.g. "in an allgather" or "for a message from" peer (-1: several
 * ranks), until heartbeat_wait_over(), which beats. `where` is a static string. */
void heartbeat_wait(const char *where, int peer);
void heartbeat_wait_over(void);

/* heartbeat_arrive() records that this rank has reached its team's barrier; heartbeat_meet(), that it
 * waits there until heartbeat_wait_over(). */
void heartbeat_arrive(void);
void heartbeat_meet(void);

/* Makes this rank record its beats in pulse[index], until heartbeat_leave(). pulse [size] is in
 * memory shared by the ranks of its team; rank [size] holds their rank numbers, ascending. The
 * caller keeps ownership of both arrays. */
void heartbeat_join(struct pulse *pulse, const int *rank, int size, int index);
void heartbeat_leave(const struct pulse *pulse); /* no effect without heartbeat_join() */

/* --- for the watchdog ---------------------------------------------------------------------- */

enum { HEARTBEAT_LATE_MAX = 4 };

struct heartbeat_view {
    unsigned beats;               /* the sum over all ranks of the team: constant while all hang */
    const char *activity;         /* e.g. "training"; NULL: none yet */
    const char *wait;             /* e.g. "for a message from"; NULL: not waiting */
    int peer;                     /* the rank that this rank waits for; -1: several */
    int64_t step;                 /* the last step begun; 0: none */
    int64_t saved;                /* the step of the newest checkpoint; 0: none, or unknown */
    char run[FILE_PATH_MAX];      /* the run's directory, or "" */
    bool answered;                /* all ranks are already ending the run */
    int n_late;                   /* ranks that have not reached the barrier where this one waits */
    int late[HEARTBEAT_LATE_MAX]; /* the first of these ranks */
    bool reports;                 /* a stall is reported by this rank, not by another */
};

void heartbeat_look(struct heartbeat_view *view);
