#include "comm/machine.h"

#include <hwloc.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "comm/memory_limits.h"

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

static int64_t first_cache(hwloc_topology_t topology, hwloc_obj_type_t type)
{
    hwloc_obj_t cache = hwloc_get_obj_by_type(topology, type, 0);
    return cache && cache->attr ? (int64_t)cache->attr->cache.size : 0;
}

static int64_t all_caches(hwloc_topology_t topology, hwloc_obj_type_t type)
{
    int64_t sum = 0;
    hwloc_obj_t cache = NULL;
    while ((cache = hwloc_get_next_obj_by_type(topology, type, cache)) != NULL)
        sum += cache->attr ? (int64_t)cache->attr->cache.size : 0;
    return sum;
}

void machine_read(struct machine *machine)
{
    hwloc_topology_t topology;
    memset(machine, 0, sizeof *machine);
    machine_cpu(machine->cpu);
    machine->memory_bytes = machine_memory();
    if (hwloc_topology_init(&topology) != 0)
        return;
    if (hwloc_topology_load(topology) == 0) {
        machine->l1_bytes = first_cache(topology, HWLOC_OBJ_L1CACHE);
        machine->l2_bytes = first_cache(topology, HWLOC_OBJ_L2CACHE);
        machine->l3_bytes = all_caches(topology, HWLOC_OBJ_L3CACHE);
    }
    hwloc_topology_destroy(topology);
}
