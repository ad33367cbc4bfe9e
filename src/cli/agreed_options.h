/* agreed_options.h: one command line for all ranks. */
#ifndef CLI_AGREED_OPTIONS_H
#define CLI_AGREED_OPTIONS_H

#include "cli/options.h"
#include "comm/comm.h"

/* Rank 0 reads its arguments and environment (options_read()); the outcome, or the one error, goes
 * to every rank. Collective. Fails as options_read(). */
enum status agreed_options_read(struct options *options, struct comm *comm, int argc,
    char *const *argv, char *const *environment, struct error *error);

#endif
