/* session_base.h: the part that all sessions have in common, whether they train a network or
 * evaluate one: teams, threads, kernel, and the memory that the machine has for them.
 *
 * The ranks of a machine are counted together. Three times their memory is compared with the limits
 * of the machine (comm/memory_limits.h): before each set of data is read into memory, by the rank
 * that reads it; when a reader grows; and when all settings are known, before the weights are
 * allocated, on all ranks together. More than the limit is refused, or with --force-memory a
 * warning; more than what was free at the start of the session is a warning.
 */
#ifndef API_SESSION_BASE_H
#define API_SESSION_BASE_H

#include <stdio.h>

#include "options/options.h"
#include "comm/affinity.h"
#include "comm/memory_limits.h"
#include "comm/teams.h"
#include "data/source.h"
#include "step/common_kernel.h"
#include "study/run_memory.h"

struct session_base {
    struct teams *teams; /* one rank of each reads the data for all of it */
    struct affinity affinity;
    struct kernel kernel;
    char kernel_note[KERNEL_NOTE_MAX]; /* why it is not the fastest of rank 0, or "" */
    struct memory_limits limits;       /* limits of this rank's machine, at the start */
    bool force_memory;                 /* --force-memory */
    bool memory_warned;                /* rank 0 has warned that memory is short */
};

/* `team_threads`: the session runs work on all threads of the team, which must therefore start.
 * Collective: all ranks fail together, with one message. The caller closes it, for every status. */
enum status session_base_open(struct session_base *base, const struct options *options,
    struct comm *comm, bool team_threads, struct error *error);

/* Collective over each team. */
void session_base_close(struct session_base *base);

/* Prints choices that a user may not expect, on one rank: a line each about threads, teams and
 * kernel. */
void session_base_print_notes(FILE *file, const struct session_base *base);

/* --- memory -------------------------------------------------------------------------------- */

/* The memory of all teams on this machine; settings NULL: of the data alone. */
struct run_memory session_base_memory(
    const struct session_base *base, const struct settings *settings, const struct run_sets *sets);

/* Compares the memory with the limits of this machine: a failure by run_memory_check(), which
 * --force-memory makes a warning; or the warning that there may be too little. Returns the failure;
 * *warning: the text of the warning, or "". */
enum status memory_judge(const struct run_memory *memory, const struct session_base *base,
    const char *what, struct error *warning, struct error *error);

/* memory_judge(), agreed by all ranks; rank 0 prints the first warning of a session. Collective. */
enum status memory_agree(
    const struct run_memory *memory, struct session_base *base, struct error *error);

/* --- reading data -------------------------------------------------------------------------- */

/* The room for data that a session reads (data/room.h). */
struct session_room {
    struct room room; /* by session_base_request() */
    struct session_base *base;
    struct run_sets sets; /* those asked for so far */
    struct dataset first; /* the shape of the first of them; no samples: none yet */
    int64_t samples;      /* in all of them */

    /* memory_judge() of a session that has these sets. */
    enum status (*judge)(const struct session_room *asked, const struct run_sets *sets,
        const char *what, struct error *warning, struct error *error);
    const void *session;
    const struct options *options;
};

/* The request for the data of --data and the options beside it; it asks `asked`, which the
 * caller keeps as long. */
struct source_request session_base_request(struct session_room *asked, enum task task);

#endif
