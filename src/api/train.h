/* train.h: trains a run, from its options to its files. Prints results on stdout, and progress on
 * stderr if --progress asks for it. The caller prints errors. */
#pragma once

#include <stdatomic.h>

#include "base/directory.h"
#include "comm/comm.h"
#include "options/options.h"
#include "run/records.h"

struct session;

/* The context of a run, in addition to its options. */
struct invocation {
    const char *command_line;       /* recorded in the results */
    double started_s;               /* clock_now_s() when the process started */
    atomic_int *stop_signal;        /* number of the signal that arrived; 0: none. May be NULL */
    bool silent;                    /* prints no notes, banner or results; the caller does */
    const struct directory *within; /* rank 0 of a sweep: the directory of its runs; or NULL */
};

/* Trains a run and sets *result. Collective over comm, with equal options on all ranks. The results
 * are also written if the status is STATUS_DIVERGED or STATUS_STOPPED. */
enum status train_by_options(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct result *result, struct error *error);

/* Reports choices and settings that the user may not expect. Called on
 * one rank. */
void train_tell_warnings(const struct session *session);

/* Trains one run in a session prepared with these options. Starts at the first step or at the
 * newest checkpoint, and writes the results. Does nothing if the run has already ended. In all
 * other respects it behaves like train_by_options(). */
enum status train_session(struct session *session, const struct invocation *invocation,
    struct result *result, struct error *error);
