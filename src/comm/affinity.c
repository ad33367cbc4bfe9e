#include "comm/affinity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/threads.h"
#include "comm/topology.h"
#include "comm/transport.h"
#include "comm/world.h"

int affinity_count(const struct affinity_set *set)
{
    int n = 0;
    for (int i = 0; i < AFFINITY_WORDS; i++)
        n += __builtin_popcountll(set->word[i]);
    return n;
}

void affinity_join(struct affinity_set *set, const struct affinity_set *other)
{
    for (int i = 0; i < AFFINITY_WORDS; i++)
        set->word[i] |= other->word[i];
}

static bool overlap(const struct affinity_set *a, const struct affinity_set *b)
{
    for (int i = 0; i < AFFINITY_WORDS; i++)
        if (a->word[i] & b->word[i])
            return true;
    return false;
}

static bool has(const struct affinity_set *set, int number)
{
    return number < AFFINITY_BITS && set->word[number / 64] >> number % 64 & 1;
}

/* --- the hardware, from hwloc ---------------------------------------------------------------- */

/* Returns the numbers of the objects of a type (cores or hardware threads) that overlap a set of
 * hardware threads. */
static struct affinity_set objects_in(
    hwloc_topology_t topology, hwloc_obj_type_t type, hwloc_const_bitmap_t cpus)
{
    struct affinity_set set = {{0}};
    hwloc_obj_t object = NULL;
    while ((object = hwloc_get_next_obj_by_type(topology, type, object)) != NULL)
        if (object->logical_index < AFFINITY_BITS && hwloc_bitmap_intersects(object->cpuset, cpus))
            set.word[object->logical_index / 64] |= (uint64_t)1 << object->logical_index % 64;
    return set;
}

/* Returns the smallest NUMA domain that contains the whole set; -1: none does. */
static int domain_of(hwloc_topology_t topology, hwloc_const_bitmap_t set)
{
    hwloc_obj_t node = NULL, best = NULL;
    while ((node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != NULL)
        if (hwloc_bitmap_isincluded(set, node->cpuset) &&
            (!best || hwloc_bitmap_weight(node->cpuset) < hwloc_bitmap_weight(best->cpuset)))
            best = node;
    return best ? (int)best->logical_index : -1;
}

/* `bound` is scratch space for a set. */
static void read_place(
    struct affinity_place *place, hwloc_topology_t topology, hwloc_bitmap_t bound)
{
    hwloc_obj_type_t core =
        hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
    hwloc_const_bitmap_t allowed = hwloc_topology_get_allowed_cpuset(topology);
    if (hwloc_get_cpubind(topology, bound, HWLOC_CPUBIND_PROCESS) == 0)
        hwloc_bitmap_and(bound, bound, allowed); /* a test's topology reports every CPU as bound */
    else
        hwloc_bitmap_copy(bound, allowed);
    place->cores = objects_in(topology, core, bound);
    place->usable = objects_in(topology, core, allowed);
    place->cpus = objects_in(topology, HWLOC_OBJ_PU, bound);
    place->domain = hwloc_bitmap_iszero(bound) ? -1 : domain_of(topology, bound);
}

void affinity_place(struct affinity_place *place)
{
    hwloc_topology_t topology = topology_take();
    hwloc_bitmap_t bound = hwloc_bitmap_alloc();
    memset(place, 0, sizeof *place);
    place->domain = -1;
    if (bound && topology)
        read_place(place, topology, bound);
    hwloc_bitmap_free(bound);
    topology_give(topology);
}

const char *affinity_mask(char out[256])
{
    struct affinity_place place;
    size_t used = (size_t)snprintf(out, 256, "cores");
    affinity_place(&place);
    if (affinity_count(&place.cores) == 0)
        return strcpy(out, "unknown");
    for (int first = 0; first < AFFINITY_BITS; first++) {
        if (!has(&place.cores, first))
            continue;
        const char *comma = used > 5 ? "," : "";
        if (used >= 200) {
            snprintf(out + used, 256 - used, ", ...");
            break;
        }
        int last = first;
        while (has(&place.cores, last + 1))
            last++;
        used += (size_t)(first == last
                             ? snprintf(out + used, 256 - used, "%s %d", comma, first)
                             : snprintf(out + used, 256 - used, "%s %d-%d", comma, first, last));
        first = last;
    }
    return out;
}

/* --- the decision -------------------------------------------------------------------------- */

static void settle_threads(struct affinity *affinity, int asked)
{
    static const char *const variable[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"};
    affinity->threads = asked;
    snprintf(affinity->reason, sizeof affinity->reason, "--threads");
    for (int i = 0; affinity->threads <= 0 && i < 2; i++) {
        affinity->threads = world_variable(variable[i]);
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

/* Writes a warning about the most serious problem with the placement of the ranks on the machine,
 * and how to fix it. `used`: the number of cores in the mask of at least one rank. */
static void warn(struct affinity *affinity, int local_ranks, int used)
{
    int threads = affinity->threads, cores = affinity->mask_cores,
        sharing = affinity->sharing_ranks, fit = cores / sharing;
    const char *variable, *plural = cores == 1 ? "" : "s";
    bool launched = world_launched_ranks(&variable) > 0,
         yields = getenv("OMPI_MCA_mpi_yield_when_idle") != NULL;
    char *out = affinity->warning;
    size_t size = sizeof affinity->warning;
    if (local_ranks > affinity->machine_cores)
        snprintf(out, size,
            "%d ranks on %d core%s of this machine: they take turns%s; use mpirun -n %d%s",
            local_ranks, affinity->machine_cores, affinity->machine_cores == 1 ? "" : "s",
            yields ? "" : ", and waiting ranks spin", affinity->machine_cores,
            yields ? "" : ", or set OMPI_MCA_mpi_yield_when_idle=1");
    else if (launched && threads > cores && cores < affinity->machine_cores)
        snprintf(out, size,
            "%d threads on %d core%s: the launcher has bound this rank; use mpirun "
            "--bind-to none, or --map-by slot:PE=%d, or --threads %d",
            threads, cores, plural, threads, cores);
    else if (sharing == 1 && threads > cores)
        snprintf(out, size, "%d threads on %d core%s: they take turns; use --threads %d", threads,
            cores, plural, cores);
    else if ((int64_t)threads * sharing > cores && fit > 0)
        snprintf(out, size, "%d ranks x %d threads on %d core%s: they take turns; use --threads %d",
            sharing, threads, cores, plural, fit);
    else if (fit == 0)
        snprintf(out, size,
            "%d ranks on %d of the machine's %d cores: they take turns; use mpirun --bind-to none, "
            "or --bind-to core",
            sharing, cores, affinity->machine_cores);
    else if (launched && used < affinity->machine_cores)
        snprintf(out, size,
            "%d of the machine's %d cores are in use: the launcher binds each rank "
            "to %d; use mpirun --bind-to none, or --map-by slot:PE=%d",
            used, affinity->machine_cores, cores, affinity->machine_cores / local_ranks);
}

void affinity_decide(
    struct affinity *affinity, const struct affinity_rank *rank, int ranks, int own, int asked)
{
    const struct affinity_set *mine = &rank[own].place.cores;
    struct affinity_set used = *mine, usable = rank[own].place.usable;
    int local_ranks = 1, known = affinity_count(mine);
    *affinity = (struct affinity){.sharing_ranks = 1};
    for (int r = 0; r < ranks; r++) {
        if (r == own || rank[r].machine != rank[own].machine)
            continue;
        local_ranks++;
        affinity->sharing_ranks += known == 0 || overlap(&rank[r].place.cores, mine);
        affinity_join(&used, &rank[r].place.cores);
        affinity_join(&usable, &rank[r].place.usable);
    }
    affinity->mask_cores = known > 0 ? known : 1;
    affinity->machine_cores = known > 0 ? affinity_count(&usable) : 1;
    settle_threads(affinity, asked);
    warn(affinity, local_ranks, known > 0 ? affinity_count(&used) : 1);
}

/* Gives every rank the lowest rank's warning. */
static enum status share_warning(struct affinity *affinity, struct comm *comm, struct error *error)
{
    struct affinity *all;
    TRY(comm_gather_new(comm, affinity, sizeof *affinity, &all, "the ranks' threads", error));
    affinity->warning[0] = '\0';
    for (int r = comm->size - 1; r >= 0; r--)
        if (all[r].warning[0])
            memcpy(affinity->warning, all[r].warning, sizeof affinity->warning);
    free(all);
    return STATUS_OK;
}

enum status affinity_settle(
    struct affinity *affinity, struct comm *comm, int asked, struct error *error)
{
    struct affinity_rank mine = {.machine = comm->machine}, *all;
    memset(affinity, 0, sizeof *affinity);
    affinity_place(&mine.place);
    TRY(comm_gather_new(comm, &mine, sizeof mine, &all, "the ranks' masks", error));
    affinity_decide(affinity, all, comm->size, comm->rank, asked);
    free(all);
    return share_warning(affinity, comm, error);
}
