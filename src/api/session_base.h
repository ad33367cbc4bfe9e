/* session_base.h: the part that all sessions share, whether they train a network or evaluate one:
 * teams, threads, kernel, and the memory that the machine has for them.
 *
 * The memory of all ranks of a machine is compared with the limits of the machine
 * (comm/memory_limits.h) at three points:
 *   - before a set of data is read into memory, by the rank that reads it;
 *   - whenever a reader needs more memory;
 *   - once all settings are known and before the weights are allocated, by all ranks together.
 * A need above a limit is an error, or a warning with --force-memory. A need above the memory that
 * was free at the start of the session is a warning.
 */
#pragma once

#include <stdio.h>

#include "options/options.h"
#include "comm/affinity.h"
#include "comm/link.h"
#include "comm/memory_limits.h"
#include "comm/teams.h"
#include "data/source.h"
#include "step/common_kernel.h"
#include "study/run_memory.h"

/* The receiver of the notes and warnings of a session: human-readable lines that begin with
 * "warning: " or "note: ". Used on rank 0. */
struct messages {
    void (*tell)(void *context, const char *line); /* NULL: stderr */
    void *context;
};

struct session_base {
    struct messages messages;
    struct teams *teams; /* one rank per team reads the data for the team */
    struct affinity affinity;
    struct kernel kernel;
    struct link link;                  /* between teams; all zero: not measured */
    char kernel_note[KERNEL_NOTE_MAX]; /* why rank 0's fastest kernel is not used, or "" */
    const struct dataset *data[3];     /* whose notes are printed, or NULL; borrowed */
    struct memory_limits limits;       /* limits of this rank's machine, at the start */
    bool force_memory;                 /* --force-memory */
    bool memory_warned;                /* rank 0 has warned that memory is short */
};

/* Sets up teams, threads and kernel; base->messages must be set. `team_threads`: the session will use all threads of the team,
 * so this checks that they can start. Collective: all ranks fail together, with one message.
 * The caller closes the session, even on failure. */
enum status session_base_open(struct session_base *base, const struct options *options,
    struct comm *comm, bool team_threads, struct error *error);

/* Collective over each team. */
void session_base_close(struct session_base *base);

/* Passes on a line, which is formatted as by printf(). */
__attribute__((format(printf, 2, 3))) void messages_tell(
    const struct messages *messages, const char *format, ...);

/* Reports choices that the user may not expect: at most one line each about threads, teams,
 * kernel and datasets. Called on one rank. */
void session_base_tell_notes(const struct session_base *base);

/* Reports the note of a dataset, if it has one. */
void dataset_tell_note(const struct messages *messages, const struct dataset *dataset);

/* Sets the ranks, teams and threads of a plan to those of this program. */
void session_base_set_ranks(const struct session_base *base, struct plan_request *request);

/* --- memory -------------------------------------------------------------------------------- */

/* Returns the memory of all teams on this machine; with `settings` NULL, only their memory for the
 * data. */
struct run_memory session_base_memory(
    const struct session_base *base, const struct settings *settings, const struct run_sets *sets);

/* Compares the memory with the limits of this machine. Fails like run_memory_check(), unless
 * --force-memory turns the failure into a warning. *warning: the text of that failure, or a text
 * that memory may be short, or "". */
enum status memory_judge(const struct run_memory *memory, const struct session_base *base,
    const char *what, struct error *warning, struct error *error);

/* Calls memory_judge() and agrees on its result; rank 0 prints the first warning of a session.
 * Collective. */
enum status memory_agree(
    const struct run_memory *memory, struct session_base *base, struct error *error);

/* --- reading data -------------------------------------------------------------------------- */

/* The room for data that a session reads (data/room.h). */
struct session_room {
    struct room room; /* set by session_base_request() */
    struct session_base *base;
    struct run_sets sets; /* the sets for which room was requested so far */
    struct dataset first; /* the shape of the first set; 0 samples: no set yet */
    int64_t samples;      /* total of all sets */

    /* Calls memory_judge() for a session that has these sets. */
    enum status (*judge)(const struct session_room *asked, const struct run_sets *sets,
        const char *what, struct error *warning, struct error *error);
    const void *session;
    const struct options *options;
};

/* Returns the request for the data of --data and related options, for one thread and without a limit
 * of memory. */
struct source_request source_request_of(const struct options *options, enum task task);

/* The same for all threads of this rank. The request asks for room through
 * `asked`, so `asked` must live as long as the request. */
struct source_request session_base_request(struct session_room *asked, enum task task);
