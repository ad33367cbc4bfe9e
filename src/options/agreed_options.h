/* agreed_options.h: one command line for all ranks. */
#ifndef OPTIONS_AGREED_OPTIONS_H
#define OPTIONS_AGREED_OPTIONS_H

#include "options/options.h"
#include "comm/comm.h"

enum { AGREED_WARNING = 600 };

/* Rank 0 reads its arguments and environment (options_read()); every rank gets the result, or the
 * one error. The other ranks read theirs too, without any file, for comparison:
 *
 *   another version of lockstep    STATUS_NO_RESOURCE; another build of the same version is fine
 *   another command                STATUS_USAGE
 *   --threads                      each rank has its own, or else rank 0's; for `plan`, rank 0's
 *   any other option               all ranks have rank 0's; `warning` on rank 0 names the ranks
 *                                  and the first option that differs, or is "", as on others
 *
 * Collective, and the first collective call of a program, so that no other is begun by some ranks
 * alone. Fails as options_read(), on all ranks. */
enum status agreed_options_read(struct options *options, struct comm *comm, int argc,
    char *const *argv, char *const *environment, char warning[AGREED_WARNING], struct error *error);

#endif
