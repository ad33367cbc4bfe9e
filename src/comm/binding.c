#include "comm/binding.h"

#include <hwloc.h>
#include <stdlib.h>

#include "base/memory.h"
#include "comm/affinity.h"

struct binding {
    hwloc_topology_t topology;
    hwloc_bitmap_t before;
};

struct binding_cores binding_plan(int machine_cores, int local_ranks, int local_rank, int threads)
{
    if ((int64_t)local_ranks * threads > machine_cores)
        return (struct binding_cores){0, machine_cores};
    return (struct binding_cores){local_rank * threads, (local_rank + 1) * threads};
}

/* Returns the hardware threads of this rank's part of the cores that this process may use (hwloc
 * omits all others). NULL: out of memory. */
static hwloc_bitmap_t part_of(
    hwloc_topology_t topology, int local_ranks, int local_rank, int threads)
{
    hwloc_obj_type_t type =
        hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
    struct binding_cores cores =
        binding_plan(hwloc_get_nbobjs_by_type(topology, type), local_ranks, local_rank, threads);
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    for (int i = cores.first; set && i < cores.end; i++)
        hwloc_bitmap_or(set, set, hwloc_get_obj_by_type(topology, type, (unsigned)i)->cpuset);
    return set;
}

static bool bind_to_part(struct binding *binding, int local_ranks, int local_rank, int threads)
{
    if (hwloc_topology_init(&binding->topology) != 0)
        return false;
    binding->before = hwloc_bitmap_alloc();
    hwloc_bitmap_t set = NULL;
    bool done = binding->before && hwloc_topology_load(binding->topology) == 0 &&
                hwloc_get_cpubind(binding->topology, binding->before, HWLOC_CPUBIND_PROCESS) == 0;
    if (done) {
        set = part_of(binding->topology, local_ranks, local_rank, threads);
        done = set && !hwloc_bitmap_iszero(set) &&
               hwloc_set_cpubind(binding->topology, set, HWLOC_CPUBIND_PROCESS) == 0;
    }
    hwloc_bitmap_free(set);
    if (!done) {
        hwloc_bitmap_free(binding->before);
        hwloc_topology_destroy(binding->topology);
    }
    return done;
}

/* Sets *fit to true if the masks of all ranks have enough cores. */
static enum status check_masks(bool *fit, struct comm *comm, int threads, struct error *error)
{
    struct affinity affinity;
    bool *all, mine;
    TRY(affinity_settle(&affinity, comm, threads, error));
    mine = (int64_t)threads * affinity.sharing_ranks <= affinity.mask_cores;
    TRY(comm_gather_new(comm, &mine, sizeof mine, &all, "the ranks' masks", error));
    *fit = true;
    for (int r = 0; r < comm->size; r++)
        *fit = *fit && all[r];
    free(all);
    return STATUS_OK;
}

enum status binding_take(
    struct binding **binding, struct comm *comm, int threads, struct error *error)
{
    bool fit;
    struct binding *made = NULL;
    *binding = NULL;
    enum status status = check_masks(&fit, comm, threads, error);
    if (status || fit)
        return status;
    status = memory_take(&made, 1, sizeof *made, "a binding", error);
    if (!status && !bind_to_part(made, comm->local_size, comm->local_rank, threads)) {
        free(made);
        made = NULL;
        status = fail(error, STATUS_NO_RESOURCE,
            "cannot bind this process to cores of its own; --bind none leaves the masks unchanged");
    }
    *binding = made;
    return comm_agree(comm, status, error);
}

void binding_release(struct binding *binding)
{
    if (!binding)
        return;
    hwloc_set_cpubind(binding->topology, binding->before, HWLOC_CPUBIND_PROCESS);
    hwloc_bitmap_free(binding->before);
    hwloc_topology_destroy(binding->topology);
    free(binding);
}
