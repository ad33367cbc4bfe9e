/* agreed_options.h: agreement of all ranks on one command line. */
#ifndef OPTIONS_AGREED_OPTIONS_H
#define OPTIONS_AGREED_OPTIONS_H

#include "options/options.h"
#include "comm/comm.h"

enum { AGREED_WARNING = 600 };

/* Rank 0 reads its arguments and environment (options_read()); every rank gets the result, or the
 * one error. The other ranks read theirs too, without any file, for comparison:
 *
 *   a different version of lockstep   STATUS_NO_RESOURCE; a different build of it is accepted
 *   a different command               STATUS_USAGE
 *   --threads                         each rank keeps its own value, if it has one, except for
 *                                     `plan`
 *   any other option                  all ranks get rank 0's; on rank 0 `warning` names the ranks
 *                                     and the first option that differs; otherwise it is ""
 *
 * Collective. It must be the first collective call of a program, so that no rank enters another
 * one alone. Fails like options_read(), on all ranks. */
enum status agreed_options_read(struct options *options, struct comm *comm, int argc,
    char *const *argv, char *const *environment, char warning[AGREED_WARNING], struct error *error);

#endif
