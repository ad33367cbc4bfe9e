/* train.h: a training run, from its options to its files. Prints its results on stdout and, by
 * --progress, its progress on stderr; the caller prints errors. */
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
    const char *command_line;       /* for the record */
    atomic_int *stop_signal;        /* NULL, or the number of the signal that has come, else 0 */
    bool silent;                    /* prints no notes, banner or results: the caller does */
    const struct directory *within; /* rank 0 of a sweep: the directory of its runs; or NULL */
};

/* Trains, and fills the result. Collective over comm, with equal options on all ranks. With
 * STATUS_DIVERGED and STATUS_STOPPED the results are written too. */
enum status train_by_options(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct result *result, struct error *error);

/* Trains one run, from its first step or its newest checkpoint to its results, in a session
 * prepared with these options. A run that has already ended takes no step. Otherwise like
 * train_by_options(). */
enum status train_session(struct session *session, const struct options *options,
    const struct invocation *invocation, struct result *result, struct error *error);

#endif
