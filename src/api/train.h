/* train.h: a training run, from its options to its files.
 *
 * Prints its results on stdout and, by --progress, what happens meanwhile on stderr; errors are the
 * caller's to print.
 */
#ifndef API_TRAIN_H
#define API_TRAIN_H

#include <stdatomic.h>

#include "base/directory.h"
#include "comm/comm.h"
#include "options/options.h"
#include "run/records.h"

struct session;

/* What a run needs besides its options. */
struct invocation {
    const char *command_line;       /* for the record */
    atomic_int *stop_signal;        /* NULL, or a signal's number once it came */
    bool silent;                    /* no notes, banner or results: the caller prints them */
    const struct directory *within; /* rank 0 of a sweep: the directory of its runs' own; or NULL */
};

/* Trains, and fills the result. Collective over comm, the options equal on all ranks. With
 * STATUS_DIVERGED and STATUS_STOPPED the results are written nevertheless. */
enum status train_by_options(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct result *result, struct error *error);

/* One run, from its first step or its newest checkpoint to its results, of a session that these
 * options have prepared. A run that has already ended takes no step. Otherwise as train_by_options(). */
enum status train_session(struct session *session, const struct options *options,
    const struct invocation *invocation, struct result *result, struct error *error);

#endif
