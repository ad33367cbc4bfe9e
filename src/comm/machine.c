#include "comm/machine.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "comm/memory_limits.h"
#include "comm/topology.h"

void machine_cpu(char out[128])
{
    if (!file_value("/proc/cpuinfo", "model name", out, 128))
        snprintf(out, 128, "unknown");
}

int64_t machine_memory(void)
{
    struct memory_limits limits;
    memory_limits_read(&limits, "");
    return limits.most;
}

static bool is_allowed(hwloc_topology_t topology, hwloc_obj_t cache)
{
    return cache->attr &&
           hwloc_bitmap_intersects(cache->cpuset, hwloc_topology_get_allowed_cpuset(topology));
}

/* Adds up the caches of this type, or takes the first. */
static int64_t caches(hwloc_topology_t topology, hwloc_obj_type_t type, bool all)
{
    int64_t sum = 0;
    hwloc_obj_t cache = NULL;
    while (topology && (cache = hwloc_get_next_obj_by_type(topology, type, cache)) != NULL)
        if (is_allowed(topology, cache) && (all || sum == 0))
            sum += (int64_t)cache->attr->cache.size;
    return sum;
}

int64_t machine_l2_bytes(void)
{
    hwloc_topology_t topology = topology_take();
    int64_t bytes = caches(topology, HWLOC_OBJ_L2CACHE, false);
    topology_give(topology);
    return bytes;
}

void machine_read(struct machine *machine)
{
    memset(machine, 0, sizeof *machine);
    machine_cpu(machine->cpu);
    machine->memory_bytes = machine_memory();
    hwloc_topology_t topology = topology_take();
    machine->l1_bytes = caches(topology, HWLOC_OBJ_L1CACHE, false);
    machine->l2_bytes = caches(topology, HWLOC_OBJ_L2CACHE, false);
    machine->l3_bytes = caches(topology, HWLOC_OBJ_L3CACHE, true);
    topology_give(topology);
}
