/* session_memory.h: the memory that a session needs on each machine, compared with the memory of
 * the machine. The ranks of a machine are counted together. Three times their memory is compared
 * with the limits of the machine (comm/memory_limits.h): before each set of data is read into
 * memory, by the rank that reads it; when a reader grows; and when all settings are known, before
 * the weights are allocated, on all ranks together. More than the limit is refused, or with
 * --force-memory a warning; more than what was free at the start of the session is a warning.
 * Threads: any, except where stated. */
#ifndef API_SESSION_MEMORY_H
#define API_SESSION_MEMORY_H

#include "api/session.h"
#include "data/room.h"
#include "study/run_memory.h"

struct run_sets session_sets(const struct session *session);

/* The memory of a prepared session on this rank's machine. Collective: no. */
struct run_memory session_memory(const struct session *session);

/* The room for data of a session and for the run that follows, for the readers of data. */
struct session_room {
    struct room room;
    struct session *session;
    const struct options *options;
    struct run_sets sets; /* options of the request */
    struct dataset first; /* shape of the training data; no samples: not known yet */
};
void session_room_init(
    struct session_room *asked, struct session *session, const struct options *options);

/* Checks the memory once the settings are known; of several batch sizes the one that needs most.
 * Collective: STATUS_NO_RESOURCE of the first machine that has too little; rank 0 prints the
 * warnings, one per session. */
enum status session_check_memory(
    struct session *session, const struct options *options, struct error *error);

/* --- for any command ----------------------------------------------------------------------- */

/* Compares the needs of this machine with its limits: a failure by run_memory_check(), unless
 * --force-memory makes it a warning; or the warning that memory may be short. Returns the failure;
 * *warning: the text of the warning, or "". */
enum status memory_judge(const struct run_memory *memory, const struct memory_limits *limits,
    const char *what, bool force, struct error *warning, struct error *error);

/* Called by rank 0: prints it, unless a warning was printed before. */
void memory_warn(const struct error *warning, bool *warned);

/* memory_judge(), agreed by all ranks; rank 0 prints the first warning. Collective. */
enum status memory_agree(const struct run_memory *memory, const struct memory_limits *limits,
    bool force, struct comm *comm, bool *warned, struct error *error);

#endif
