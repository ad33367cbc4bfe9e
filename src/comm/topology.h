/* topology.h: hwloc's view of this machine, which takes 10 ms to load, so it is loaded once in a process.
 *
 * It includes the hardware that a control group forbids (see hwloc_topology_get_allowed_cpuset()):
 * otherwise hwloc would number only the rest, and ranks on one machine that each have a control group of
 * their own would all seem to be on core 0. If variables describe another machine to hwloc
 * (HWLOC_SYNTHETIC, HWLOC_XMLFILE), that one is loaded at every call.
 *
 * Threads: any; nobody changes a topology. Collective: no.
 */
#pragma once

#include <hwloc.h>

/* Returns NULL if hwloc cannot load it. The caller returns it with topology_give(), which accepts NULL. */
hwloc_topology_t topology_take(void);
void topology_give(hwloc_topology_t topology);
