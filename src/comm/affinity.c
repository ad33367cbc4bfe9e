#include "comm/affinity.h"

#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "comm/threads.h"
#include "comm/world.h"

enum { MASK_WORDS = 16, MASK_BITS = 64 * MASK_WORDS }; /* cores of a machine that we tell apart */

/* Cores by their logical number, for one process. */
struct mask {
    uint64_t word[MASK_WORDS];
};

static int mask_count(const struct mask *mask)
{
    int n = 0;
    for (int i = 0; i < MASK_WORDS; i++)
        n += __builtin_popcountll(mask->word[i]);
    return n;
}

static bool mask_overlaps(const struct mask *a, const struct mask *b)
{
    for (int i = 0; i < MASK_WORDS; i++)
        if (a->word[i] & b->word[i])
            return true;
    return false;
}

/* The cores of a set of hardware threads; where hwloc sees no cores, its hardware threads. */
static struct mask cores_in(hwloc_topology_t topology, hwloc_const_bitmap_t set)
{
    struct mask mask = {{0}};
    hwloc_obj_type_t type =
        hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
    hwloc_obj_t core = NULL;
    while ((core = hwloc_get_next_obj_by_type(topology, type, core)) != NULL)
        if (core->logical_index < MASK_BITS && hwloc_bitmap_intersects(core->cpuset, set))
            mask.word[core->logical_index / 64] |= (uint64_t)1 << core->logical_index % 64;
    return mask;
}

/* This process's cores, and the machine's. False when hwloc cannot say. */
static bool read_masks(struct mask *process, struct mask *machine)
{
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology) != 0)
        return false;
    hwloc_bitmap_t bound = hwloc_bitmap_alloc();
    bool known = bound && hwloc_topology_load(topology) == 0;
    if (known) {
        hwloc_const_bitmap_t all = hwloc_topology_get_allowed_cpuset(topology);
        if (hwloc_get_cpubind(topology, bound, HWLOC_CPUBIND_PROCESS) != 0)
            hwloc_bitmap_copy(bound, all);
        *process = cores_in(topology, bound);
        *machine = cores_in(topology, all);
        known = mask_count(process) > 0;
    }
    hwloc_bitmap_free(bound);
    hwloc_topology_destroy(topology);
    return known;
}

/* A positive number in an environment variable; OMP_NUM_THREADS may list levels: the first counts.
 */
static int from_environment(const char *name)
{
    const char *text = getenv(name);
    char first[16];
    int64_t n;
    if (!text)
        return 0;
    snprintf(first, sizeof first, "%.*s", (int)strcspn(text, ","), text);
    return text_to_int(first, &n) && n > 0 && n < INT32_MAX ? (int)n : 0;
}

static void settle_threads(struct affinity *affinity, int asked)
{
    static const char *const variable[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"};
    affinity->threads = asked;
    snprintf(affinity->reason, sizeof affinity->reason, "--threads");
    for (int i = 0; affinity->threads == 0 && i < 2; i++) {
        affinity->threads = from_environment(variable[i]);
        snprintf(affinity->reason, sizeof affinity->reason, "%s", variable[i]);
    }
    if (affinity->threads > 0)
        return;
    int share = affinity->mask_cores / affinity->sharing_ranks;
    affinity->threads = share > 1 && TEAMS_HAVE_THREADS ? share : 1;
    if (affinity->sharing_ranks > 1)
        snprintf(affinity->reason, sizeof affinity->reason, "%d cores / %d ranks",
            affinity->mask_cores, affinity->sharing_ranks);
    else
        snprintf(affinity->reason, sizeof affinity->reason, "%d core%s", affinity->mask_cores,
            affinity->mask_cores == 1 ? "" : "s");
}

/* The one thing that is most wrong with how the ranks lie on the machine, and what mends it. */
static void warn(struct affinity *affinity, int local_ranks)
{
    int threads = affinity->threads, cores = affinity->mask_cores,
        sharing = affinity->sharing_ranks;
    const char *variable;
    bool launched = world_launched_ranks(&variable) > 0;
    char *out = affinity->warning;
    size_t size = sizeof affinity->warning;
    if (local_ranks > affinity->machine_cores)
        snprintf(out, size,
            "%d ranks on %d cores of this machine: they take turns, and waiting "
            "ranks spin; use mpirun -n %d%s",
            local_ranks, affinity->machine_cores, affinity->machine_cores,
            getenv("OMPI_MCA_mpi_yield_when_idle") ? ""
                                                   : ", or set OMPI_MCA_mpi_yield_when_idle=1");
    else if (launched && threads > cores && cores < affinity->machine_cores)
        snprintf(out, size,
            "%d threads on %d core%s: the launcher has bound this rank; use mpirun "
            "--bind-to none, or --map-by slot:PE=%d, or --threads %d",
            threads, cores, cores == 1 ? "" : "s", threads, cores);
    else if (sharing == 1 && threads > cores)
        snprintf(out, size, "%d threads on %d core%s: they take turns; use --threads %d", threads,
            cores, cores == 1 ? "" : "s", cores);
    else if ((int64_t)threads * sharing > cores)
        snprintf(out, size, "%d ranks x %d threads on %d core%s: they take turns; use --threads %d",
            sharing, threads, cores, cores == 1 ? "" : "s",
            cores / sharing > 0 ? cores / sharing : 1);
    else if (launched && local_ranks * cores < affinity->machine_cores)
        snprintf(out, size,
            "%d of the machine's %d cores are in use: the launcher binds each rank "
            "to %d; use mpirun --bind-to none, or --map-by slot:PE=%d",
            local_ranks * cores, affinity->machine_cores, cores,
            affinity->machine_cores / local_ranks);
}

/* What ranks of one machine must know of each other. */
struct neighbour {
    char host[64];
    struct mask mask;
};

/* All get the first warning. */
static enum status tell_each_other(
    struct affinity *affinity, struct comm *comm, struct error *error)
{
    struct affinity *all = NULL;
    int size = comm_size(comm);
    enum status status = memory_take(&all, (size_t)size, sizeof *all, "the ranks' threads", error);
    status = comm_agree(comm, status, error);
    if (!status)
        comm_gather_all(comm, affinity, sizeof *affinity, all);
    affinity->warning[0] = '\0';
    for (int r = 0; !status && r < size; r++) {
        if (!affinity->warning[0])
            memcpy(affinity->warning, all[r].warning, sizeof affinity->warning);
    }
    free(all);
    return status;
}

enum status affinity_settle(
    struct affinity *affinity, struct comm *comm, int asked, struct error *error)
{
    struct neighbour mine = {{0}, {{0}}}, *all = NULL;
    struct mask machine = {{0}};
    int size = comm_size(comm);
    memset(affinity, 0, sizeof *affinity);
    enum status status = memory_take(&all, (size_t)size, sizeof *all, "the ranks' masks", error);
    status = comm_agree(comm, status, error);
    if (status) {
        free(all);
        return status;
    }
    bool known = read_masks(&mine.mask, &machine);
    gethostname(mine.host, sizeof mine.host - 1);
    comm_gather_all(comm, &mine, sizeof mine, all);
    for (int r = 0; r < size; r++)
        affinity->sharing_ranks += strcmp(all[r].host, mine.host) == 0 &&
                                   (!known || mask_overlaps(&all[r].mask, &mine.mask));
    free(all);
    affinity->mask_cores = known ? mask_count(&mine.mask) : 1;
    affinity->machine_cores = known ? mask_count(&machine) : affinity->mask_cores;
    settle_threads(affinity, asked);
    warn(affinity, comm_local_size(comm));
    return tell_each_other(affinity, comm, error);
}

const char *affinity_mask(char out[256])
{
    struct mask process, machine;
    size_t used = (size_t)snprintf(out, 256, "cores");
    if (!read_masks(&process, &machine))
        return strcpy(out, "unknown");
    for (int first = 0; first < MASK_BITS && used < 200; first++) {
        if (!(process.word[first / 64] >> first % 64 & 1))
            continue;
        int last = first;
        while (last + 1 < MASK_BITS && process.word[(last + 1) / 64] >> (last + 1) % 64 & 1)
            last++;
        const char *comma = used > 5 ? "," : "";
        used += (size_t)(first == last
                             ? snprintf(out + used, 256 - used, "%s %d", comma, first)
                             : snprintf(out + used, 256 - used, "%s %d-%d", comma, first, last));
        first = last;
    }
    return out;
}

/* The smallest NUMA domain that holds all of the set. */
static int domain_of(hwloc_topology_t topology, hwloc_const_bitmap_t set)
{
    hwloc_obj_t node = NULL, best = NULL;
    while ((node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != NULL)
        if (hwloc_bitmap_isincluded(set, node->cpuset) &&
            (!best || hwloc_bitmap_weight(node->cpuset) < hwloc_bitmap_weight(best->cpuset)))
            best = node;
    return best ? (int)best->logical_index : -1;
}

void affinity_place(struct affinity_place *place)
{
    hwloc_topology_t topology;
    memset(place, 0, sizeof *place);
    place->domain = -1;
    if (hwloc_topology_init(&topology) != 0)
        return;
    hwloc_bitmap_t bound = hwloc_bitmap_alloc();
    if (bound && hwloc_topology_load(topology) == 0) {
        if (hwloc_get_cpubind(topology, bound, HWLOC_CPUBIND_PROCESS) != 0)
            hwloc_bitmap_copy(bound, hwloc_topology_get_allowed_cpuset(topology));
        place->domain = domain_of(topology, bound);
        hwloc_obj_t cpu = NULL;
        while ((cpu = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, cpu)) != NULL)
            if (cpu->logical_index < 64 * AFFINITY_WORDS &&
                hwloc_bitmap_intersects(cpu->cpuset, bound))
                place->cpu[cpu->logical_index / 64] |= (uint64_t)1 << cpu->logical_index % 64;
    }
    hwloc_bitmap_free(bound);
    hwloc_topology_destroy(topology);
}
