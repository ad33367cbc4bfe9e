/* collective.h: checks that all ranks enter the same collective call (comm_check_collectives).
 *
 * For comm/ only. Threads: the comm's thread. Collective.
 */
#pragma once

#include "comm/transport.h"

/* Compares the call sites of all ranks. If they differ, prints which ranks are where and ends the
 * job. `rests`: true for a call in which ranks sleep until the last rank has arrived. */
void collective_compare(struct comm *comm, struct comm_call call, bool rests);

/* Called first by every collective call, if the comm has several ranks. */
static inline void collective_enter(struct comm *comm, struct comm_call call)
{
    if (comm->checked)
        collective_compare(comm, call, false);
}
