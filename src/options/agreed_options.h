/* agreed_options.h: agreement of all ranks on one command line. */
#pragma once

#include "options/options.h"
#include "comm/comm.h"

enum { AGREED_WARNING = 600 };

/* Rank 0 reads its arguments and environment (options_read()), and every rank gets the resulting
 * options or the error. The other ranks also read their own arguments and environment, but no file,
 * and compare them with those of rank 0. They may have:
 *
 *   a different version of lockstep   STATUS_NO_RESOURCE; a different build of the same version is
 *                                     accepted
 *   a different command               STATUS_USAGE
 *   a different --threads             a rank that has a value of its own keeps it, except for
 *                                     `plan`
 *   a difference in another option    all ranks get rank 0's value; on rank 0, `warning` names the
 *                                     ranks and the first option that differs
 *   no difference                     `warning` is ""
 *
 * Collective. It must be the first collective call of a program, so that no rank can already be
 * waiting in a different collective call. Fails like options_read(), on all ranks. */
enum status agreed_options_read(struct options *options, struct comm *comm, int argc,
    char *const *argv, char *const *environment, char warning[AGREED_WARNING], struct error *error);
