/* agreed_options.h: one command line for all ranks. */
#ifndef OPTIONS_AGREED_OPTIONS_H
#define OPTIONS_AGREED_OPTIONS_H

#include "options/options.h"
#include "comm/comm.h"

enum { AGREED_WARNING = 600 };

/* Rank 0 reads its arguments and environment (options_read()); the outcome, or the one error, goes
 * to every rank. The other ranks read theirs too, without any file, to be compared:
 *
 *   another version of lockstep    STATUS_NO_RESOURCE; another build of the same version is none
 *   another command                STATUS_USAGE
 *   --threads                      each rank's own counts, or else rank 0's; of `plan`, rank 0's
 *   any other option               rank 0's counts; `warning` names the ranks and the first option
 *                                  that differs. On rank 0 only; "": none, as on all others
 *
 * Collective, and the first thing that ranks do together, so that no other collective is begun by
 * some of them alone. Fails as options_read(), on all ranks. */
enum status agreed_options_read(struct options *options, struct comm *comm, int argc,
    char *const *argv, char *const *environment, char warning[AGREED_WARNING], struct error *error);

#endif
