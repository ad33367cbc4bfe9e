#include "comm/topology.h"

#include <pthread.h>
#include <stdlib.h>

static hwloc_topology_t this_machine;

static hwloc_topology_t load(void)
{
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology) != 0)
        return NULL;
    if (hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) == 0 &&
        hwloc_topology_load(topology) == 0)
        return topology;
    hwloc_topology_destroy(topology);
    return NULL;
}

static void load_this_machine(void)
{
    this_machine = load();
}

hwloc_topology_t topology_take(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (getenv("HWLOC_SYNTHETIC") || getenv("HWLOC_XMLFILE"))
        return load();
    pthread_once(&once, load_this_machine);
    return this_machine;
}

void topology_give(hwloc_topology_t topology)
{
    if (topology && topology != this_machine)
        hwloc_topology_destroy(topology);
}
