/* affinity_machines.c: what affinity and binding make of machines that tests do not run on: those that
 * hwloc is told of by HWLOC_SYNTHETIC, or by HWLOC_XMLFILE where the words of the former do not suffice.
 * With HWLOC_THISSYSTEM=1 hwloc takes such a machine for this one, and asks for the real masks. */
#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comm/affinity.h"
#include "comm/binding.h"
#include "comm/machine.h"
#include "comm/teams.h"
#include "support/unit.h"

enum { RANKS_MAX = 16 };

static char xml[] = "/tmp/lockstep-machine-XXXXXX";
static cpu_set_t real_mask;

static int open_machines(void **state)
{
    (void)state;
    int file = mkstemp(xml);
    return file < 0 || close(file) != 0 || sched_getaffinity(0, sizeof real_mask, &real_mask) != 0;
}

static int close_machines(void **state)
{
    (void)state;
    return unlink(xml);
}

/* As if started from a plain shell, on this machine and wherever it may. */
static int this_machine(void **state)
{
    static const char *const variable[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK",
        "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS",
        "OMPI_MCA_mpi_yield_when_idle", "HWLOC_SYNTHETIC", "HWLOC_XMLFILE", "HWLOC_THISSYSTEM"};
    (void)state;
    for (size_t i = 0; i < sizeof variable / sizeof variable[0]; i++)
        unsetenv(variable[i]);
    return sched_setaffinity(0, sizeof real_mask, &real_mask);
}

/* Another machine, of which all hardware threads are in the mask. */
static void on_machine(const char *synthetic)
{
    assert_int_equal(setenv("HWLOC_SYNTHETIC", synthetic, 1), 0);
}

/* The same without some hardware threads, and with a cgroup that leaves some; lists, or NULL. */
static void on_changed_machine(const char *synthetic, const char *present, const char *allowed)
{
    hwloc_topology_t topology;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    assert_non_null(set);
    assert_int_equal(hwloc_topology_init(&topology), 0);
    assert_int_equal(hwloc_topology_set_synthetic(topology, synthetic), 0);
    assert_int_equal(hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED), 0);
    assert_int_equal(hwloc_topology_load(topology), 0);
    if (present) {
        hwloc_bitmap_list_sscanf(set, present);
        assert_int_equal(hwloc_topology_restrict(topology, set, 0), 0);
    }
    if (allowed) {
        hwloc_bitmap_list_sscanf(set, allowed);
        assert_int_equal(hwloc_topology_allow(topology, set, NULL, HWLOC_ALLOW_FLAG_CUSTOM), 0);
    }
    assert_int_equal(hwloc_topology_export_xml(topology, xml, 0), 0);
    hwloc_topology_destroy(topology);
    hwloc_bitmap_free(set);
    assert_int_equal(setenv("HWLOC_XMLFILE", xml, 1), 0);
}

static struct affinity settle(int asked)
{
    struct affinity affinity;
    struct error error;
    if (affinity_settle(&affinity, comm_self(), asked, &error))
        fail_msg("%s", error.text);
    return affinity;
}

static struct affinity_place place_here(void)
{
    struct affinity_place place;
    memset(&place, 0xff, sizeof place);
    affinity_place(&place);
    return place;
}

static void assert_machine(int cores, int cpus, const char *text)
{
    struct affinity affinity = settle(0);
    struct affinity_place place = place_here();
    char mask[256];
    assert_string_equal(affinity_mask(mask), text);
    assert_int_equal(affinity.mask_cores, cores);
    assert_int_equal(affinity.machine_cores, cores);
    assert_string_equal(affinity.warning, "");
    assert_int_equal(affinity_count(&place.cores), cores);
    assert_int_equal(affinity_count(&place.cpus), cpus);
}

/* --- machines ---------------------------------------------------------------------------------- */

TEST_BETWEEN(two_sockets, this_machine, NULL)
{
    on_machine("pack:2 [numa] l3:1 core:8 pu:2");
    assert_machine(16, 32, "cores 0-15");
    assert_int_equal(place_here().domain, -1); /* all of it is in no single domain */
}

TEST_BETWEEN(many_cores, this_machine, NULL)
{
    on_machine("pack:2 [numa] core:64 pu:2");
    assert_machine(128, 256, "cores 0-127");
    on_machine("pack:16 [numa] core:128 pu:2");
    assert_machine(2048, 4096, "cores 0-2047");
    on_machine(
        "pack:32 [numa] core:128 pu:2"); /* more than are told apart: some work, nothing breaks */
    assert_int_equal(settle(0).mask_cores, AFFINITY_BITS);
}

/* Two cores of two hardware threads, then four of one. */
TEST_BETWEEN(hybrid_cores, this_machine, NULL)
{
    on_changed_machine("pack:1 [numa] core:6 pu:2", "0-3,4,6,8,10", NULL);
    assert_machine(6, 8, "cores 0-5");
    assert_int_equal(place_here().domain, 0);
}

/* Some virtual machines and ARM systems know of hardware threads alone. */
TEST_BETWEEN(no_cores, this_machine, NULL)
{
    on_machine("numa:2 pu:3");
    assert_machine(6, 6, "cores 0-5");
}

/* Memory that is slow or fast beside the memory of the same cores is a domain too: the first counts. */
TEST_BETWEEN(domains_of_the_same_cores, this_machine, NULL)
{
    on_machine("[numa] [numa] core:4 pu:1");
    assert_int_equal(place_here().domain, 0);
}

/* --- a cgroup's part of a machine ---------------------------------------------------------------- */

/* Numbers were counted among the cores that the cgroup leaves: ranks with a cgroup each were all taken
 * to be on core 0 and in domain 0, shared what they do not share, and made one team of --team numa. */
TEST_BETWEEN(a_cgroup, this_machine, NULL)
{
    on_changed_machine("pack:2 [numa] core:4 pu:2", NULL, "10-15");
    assert_machine(3, 6, "cores 5-7");
    assert_int_equal(place_here().domain, 1);
    on_changed_machine("pack:2 [numa] core:4 pu:2", NULL, "1,3,8"); /* half a core is a core */
    assert_machine(3, 3, "cores 0-1, 4");
    assert_int_equal(place_here().domain, -1);
}

/* A long list is cut, and says so: it ended as if it were whole. */
TEST_BETWEEN(a_long_mask, this_machine, NULL)
{
    char allowed[1024] = "", mask[256];
    size_t used = 0;
    for (int i = 0; i < 128; i += 2)
        used += (size_t)snprintf(allowed + used, sizeof allowed - used, i ? ",%d" : "%d", i);
    on_changed_machine("core:128 pu:1", NULL, allowed);
    affinity_mask(mask);
    assert_int_equal(strncmp(mask, "cores 0, 2, 4, ", 15), 0);
    assert_string_equal(mask + strlen(mask) - 5, ", ...");
}

/* --- real masks -------------------------------------------------------------------------------- */

/* Two of the processors that this process may run on; where there is one, the other is not there. */
static void real_cpus(int cpu[2])
{
    int n = 0;
    for (int i = 0; i < CPU_SETSIZE && n < 2; i++)
        if (CPU_ISSET(i, &real_mask))
            cpu[n++] = i;
    if (n == 1)
        cpu[1] = cpu[0] + 1;
}

static void bind_to(int cpu)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
}

/* This machine, its two processors (for others there are numbers that none has) in two sockets. */
static void on_sockets(int cpu[2])
{
    char synthetic[128];
    real_cpus(cpu);
    snprintf(synthetic, sizeof synthetic, "pack:2 [numa] core:2 pu:1(indexes=%d,9000,%d,9001)",
        cpu[0], cpu[1]);
    on_machine(synthetic);
    setenv("HWLOC_THISSYSTEM", "1", 1);
}

TEST_BETWEEN(a_rank_on_a_socket, this_machine, NULL)
{
    int cpu[2];
    char mask[256];
    on_sockets(cpu);
    for (int socket = 0; socket < 2 && CPU_ISSET(cpu[socket], &real_mask); socket++) {
        bind_to(cpu[socket]);
        struct affinity affinity = settle(0);
        assert_int_equal(affinity.mask_cores, 1);
        assert_int_equal(affinity.machine_cores, 4);
        assert_int_equal(place_here().domain, socket);
        assert_string_equal(affinity_mask(mask), socket == 0 ? "cores 0" : "cores 2");
    }
}

TEST_BETWEEN(binding_anew, this_machine, NULL)
{
    int cpu[2];
    char synthetic[64];
    struct binding *binding;
    struct error error;
    cpu_set_t mask;
    real_cpus(cpu);
    snprintf(synthetic, sizeof synthetic, "pack:2 core:1 pu:1(indexes=%d,%d)", cpu[1], cpu[0]);
    on_machine(synthetic);
    setenv("HWLOC_THISSYSTEM", "1", 1);
    bind_to(cpu[0]);
    assert_int_equal(binding_take(&binding, comm_self(), 1, &error), STATUS_OK);
    assert_null(binding);                            /* one core is enough for one thread */
    for (int threads = 2; threads <= 3; threads++) { /* for three there are too few: all */
        assert_int_equal(binding_take(&binding, comm_self(), threads, &error), STATUS_OK);
        assert_non_null(binding);
        assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
        for (int i = 0; i < 2; i++)
            assert_int_equal(!CPU_ISSET(cpu[i], &mask), !CPU_ISSET(cpu[i], &real_mask));
        binding_release(binding);
        assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
        assert_int_equal(CPU_COUNT(&mask), 1);
        assert_true(CPU_ISSET(cpu[0], &mask));
    }
}

/* --- several ranks ------------------------------------------------------------------------------- */

/* Ranks as "machine first-last", one core mask each, on machines of so many cores; what the last settles
 * for, with its warning. */
static struct affinity decide(int cores, int asked, int ranks, const int (*mask)[3])
{
    struct affinity_rank *rank = calloc((size_t)ranks, sizeof *rank);
    struct affinity affinity;
    assert_non_null(rank);
    for (int r = 0; r < ranks; r++) {
        rank[r].machine = mask[r][0];
        for (int i = 0; i < cores; i++)
            rank[r].place.usable.word[i / 64] |= (uint64_t)1 << i % 64;
        for (int i = mask[r][1]; i <= mask[r][2]; i++)
            rank[r].place.cores.word[i / 64] |= (uint64_t)1 << i % 64;
    }
    setenv("PMI_SIZE", "2", 1);
    affinity_decide(&affinity, rank, ranks, ranks - 1, asked);
    free(rank);
    return affinity;
}

static void assert_warns(const struct affinity *affinity, const char *what, const char *cure)
{
    if (!strstr(affinity->warning, what) || !strstr(affinity->warning, cure))
        fail_msg("not \"%s\" and \"%s\" in \"%s\"", what, cure, affinity->warning);
}

TEST_BETWEEN(ranks_of_sockets, this_machine, NULL)
{
    struct affinity own = decide(16, 0, 2, (const int[][3]){{0, 0, 7}, {0, 8, 15}});
    assert_int_equal(own.threads, 8);
    assert_int_equal(own.sharing_ranks, 1);
    assert_string_equal(own.reason, "8 cores");
    assert_string_equal(own.warning, "");
    struct affinity shared =
        decide(16, 0, 4, (const int[][3]){{0, 0, 7}, {0, 0, 7}, {0, 8, 15}, {0, 8, 15}});
    assert_int_equal(shared.threads, 4);
    assert_string_equal(shared.reason, "8 cores / 2 ranks");
    assert_string_equal(shared.warning, "");
    struct affinity elsewhere = decide(8, 0, 2, (const int[][3]){{0, 0, 7}, {1, 0, 7}});
    assert_int_equal(elsewhere.threads, 8);
    assert_string_equal(elsewhere.warning, "");
    struct affinity three =
        decide(128, 0, 3, (const int[][3]){{0, 0, 127}, {0, 0, 127}, {0, 0, 127}});
    assert_int_equal(three.threads, 42);
}

/* Two ranks on one socket of two were taken to use the machine: cores of masks were added up, also
 * where the masks are the same. */
TEST_BETWEEN(an_idle_socket, this_machine, NULL)
{
    struct affinity idle = decide(16, 0, 2, (const int[][3]){{0, 0, 7}, {0, 0, 7}});
    assert_warns(&idle, "8 of the machine's 16 cores are in use", "--map-by slot:PE=8");
}

/* Several ranks on fewer cores, on a machine that has enough, were told to use --threads 1, which they
 * did. */
TEST_BETWEEN(ranks_on_one_core, this_machine, NULL)
{
    struct affinity affinity = decide(8, 1, 2, (const int[][3]){{0, 3, 3}, {0, 3, 3}});
    assert_warns(&affinity, "2 ranks on 1 of the machine's 8 cores", "--bind-to none");
    assert_null(strstr(affinity.warning, "--threads"));
}

TEST_BETWEEN(more_ranks_than_cores, this_machine, NULL)
{
    struct affinity spin = decide(1, 0, 2, (const int[][3]){{0, 0, 0}, {0, 0, 0}});
    assert_warns(&spin, "2 ranks on 1 core of this machine", "OMPI_MCA_mpi_yield_when_idle=1");
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 1);
    struct affinity yield = decide(1, 0, 2, (const int[][3]){{0, 0, 0}, {0, 0, 0}});
    assert_warns(&yield, "2 ranks on 1 core of this machine", "use mpirun -n 1");
    assert_null(strstr(yield.warning, "spin")); /* it has been seen to */
}

/* Ranks with a cgroup of one core each counted one core of the machine, and were warned that they are
 * more than that. */
TEST_BETWEEN(a_cgroup_for_each_rank, this_machine, NULL)
{
    struct affinity_rank rank[RANKS_MAX];
    struct affinity affinity;
    struct team_place place[RANKS_MAX];
    int team[RANKS_MAX];
    setenv("PMI_SIZE", "16", 1);
    for (int r = 0; r < RANKS_MAX; r++) {
        char allowed[16];
        snprintf(allowed, sizeof allowed, "%d-%d", 2 * r, 2 * r + 1);
        on_changed_machine("pack:2 [numa] core:8 pu:2", NULL, allowed);
        rank[r] = (struct affinity_rank){.machine = 0, .place = place_here()};
        place[r] = (struct team_place){0, r, rank[r].place.domain};
    }
    for (int r = 0; r < RANKS_MAX; r++) {
        affinity_decide(&affinity, rank, RANKS_MAX, r, 0);
        assert_int_equal(affinity.threads, 1);
        assert_int_equal(affinity.sharing_ranks, 1);
        assert_int_equal(affinity.machine_cores, RANKS_MAX);
        assert_string_equal(affinity.warning, "");
    }
    assert_int_equal(teams_divide(team, place, RANKS_MAX, (struct team_request){TEAM_NUMA, 0}), 2);
    for (int r = 0; r < RANKS_MAX; r++)
        assert_int_equal(team[r], r / 8);
}

/* --- caches -------------------------------------------------------------------------------------- */

TEST_BETWEEN(caches, this_machine, NULL)
{
    struct machine machine;
    on_machine(
        "pack:2 [numa] l3:2(size=16777216) l2:4(size=1048576) l1d:1(size=32768) core:1 pu:2");
    machine_read(&machine);
    assert_int_equal(machine.l1_bytes, 32768);
    assert_int_equal(machine.l2_bytes, 1048576);
    assert_int_equal(machine.l3_bytes, 4 * 16777216);
    on_machine("core:2 pu:1"); /* none that hwloc knows of, as in many virtual machines */
    machine_read(&machine);
    assert_int_equal(machine.l1_bytes + machine.l2_bytes + machine.l3_bytes, 0);
}

int main(void)
{
    return unit_run(open_machines, close_machines);
}
