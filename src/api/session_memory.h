/* session_memory.h: what a session takes in memory on each machine, and whether the machine has it.
 *
 * A machine's memory is that of all ranks on it. Three times it is compared with the machine's
 * limits (comm/memory_limits.h): before each set of data is taken into memory, by the rank that
 * reads it; when a reader grows; and when all settings are known, before the weights are taken, on
 * all ranks together. More than the limit is refused, with --force-memory warned of; more than what
 * was free when the session began is warned of. Threads: any, unless said.
 */
#ifndef API_SESSION_MEMORY_H
#define API_SESSION_MEMORY_H

#include "api/session.h"
#include "data/room.h"
#include "study/run_memory.h"

struct run_sets session_sets(const struct session *session);

/* Of a prepared session on this rank's machine. Collective: no. */
struct run_memory session_memory(const struct session *session);

/* For the readers of a session's data: whether they, and the run that is to come, have room. */
struct session_room {
    struct room room;
    struct session *session;
    const struct options *options;
    struct run_sets sets; /* that were asked for */
    struct dataset first; /* the shape of the training data; no samples: not yet asked for */
};
void session_room_init(
    struct session_room *asked, struct session *session, const struct options *options);

/* Once the settings are known; of several batch sizes the one that needs most. Collective:
 * STATUS_NO_RESOURCE of the first machine that has too little; the warnings are rank 0's, one a
 * session. */
enum status session_check_memory(
    struct session *session, const struct options *options, struct error *error);

/* --- for any command ----------------------------------------------------------------------- */

/* Of what this machine needs: a failure by run_memory_check(), unless --force-memory makes it a
 * warning; or the warning that there may be too little. Returns the failure; *warning: the text of
 * the warning, or "". */
enum status memory_judge(const struct run_memory *memory, const struct memory_limits *limits,
    const char *what, bool force, struct error *warning, struct error *error);

/* Prints it on rank 0, which calls, unless one was before. */
void memory_warn(const struct error *warning, bool *warned);

/* memory_judge(), agreed on; rank 0 prints the first warning. Collective. */
enum status memory_agree(const struct run_memory *memory, const struct memory_limits *limits,
    bool force, struct comm *comm, bool *warned, struct error *error);

#endif
