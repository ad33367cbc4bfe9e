/* train.h: trains a run, from its options to its files. Prints results on stdout and, depending on
 * --progress, progress on stderr; the caller prints errors. */
#ifndef API_TRAIN_H
#define API_TRAIN_H

#include <stdatomic.h>

#include "base/directory.h"
#include "comm/comm.h"
#include "options/options.h"
#include "run/records.h"

struct session;

/* The context of a run, in addition to its options. */
struct invocation {
    const char *command_line;       /* recorded in the results */
    atomic_int *stop_signal;        /* the number of the signal that arrived, else 0; or NULL */
    bool silent;                    /* prints no notes, banner or results; the caller does */
    const struct directory *within; /* rank 0 of a sweep: the directory of its runs; or NULL */
};

/* Trains a run and sets *result. Collective over comm, with equal options on all ranks. The results
 * are also written with STATUS_DIVERGED and STATUS_STOPPED. */
enum status train_by_options(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct result *result, struct error *error);

/* Trains one run, from its first step or its newest checkpoint to its results, in a session
 * prepared with these options. Does nothing for a run that has already ended. Otherwise like
 * train_by_options(). */
enum status train_session(struct session *session, const struct options *options,
    const struct invocation *invocation, struct result *result, struct error *error);

#endif
