/* affinity.c: how many threads one rank alone settles for, and why. */
#include "comm/affinity.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/threads.h"
#include "support/unit.h"

/* As if started from a plain shell, whatever started this. */
static int plain_shell(void **state)
{
    static const char *const variable[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK",
        "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"};
    (void)state;
    for (size_t i = 0; i < sizeof variable / sizeof variable[0]; i++)
        unsetenv(variable[i]);
    return 0;
}

static struct affinity settle(int asked)
{
    struct affinity affinity;
    struct error error;
    memset(&affinity, 0xff, sizeof affinity);
    if (affinity_settle(&affinity, comm_self(), asked, &error))
        fail_msg("%s", error.text);
    assert_int_equal(affinity.sharing_ranks, 1);
    assert_true(affinity.mask_cores >= 1);
    assert_true(affinity.machine_cores >= affinity.mask_cores);
    return affinity;
}

static void assert_settled(int asked, int threads, const char *reason)
{
    struct affinity affinity = settle(asked);
    assert_int_equal(affinity.threads, threads);
    assert_string_equal(affinity.reason, reason);
}

/* Hardware threads that the mask allows: no fewer than its cores. */
static int hardware_threads(void)
{
    cpu_set_t mask;
    assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
    return CPU_COUNT(&mask);
}

/* Binds this process to the first of the hardware threads in `mask`. */
static void bind_to_one(const cpu_set_t *mask)
{
    cpu_set_t one;
    int cpu = 0;
    while (!CPU_ISSET(cpu, mask))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
}

/* --- the default --------------------------------------------------------------------------- */

TEST_BETWEEN(cores_of_the_mask, plain_shell, NULL)
{
    struct affinity affinity = settle(0);
    char want[64];
    snprintf(
        want, sizeof want, "%d core%s", affinity.mask_cores, affinity.mask_cores == 1 ? "" : "s");
    assert_int_equal(affinity.threads, TEAMS_HAVE_THREADS ? affinity.mask_cores : 1);
    assert_true(affinity.mask_cores <= hardware_threads());
    assert_true(2 * affinity.mask_cores >= hardware_threads()); /* two a core at most, here */
    assert_string_equal(affinity.reason, want);
    assert_string_equal(affinity.warning, "");
}

/* As Open MPI binds a rank when there are two ranks or fewer. */
TEST_BETWEEN(one_core, plain_shell, NULL)
{
    cpu_set_t before;
    char mask[256];
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    int machine = settle(0).machine_cores;
    bind_to_one(&before);
    struct affinity bound = settle(0), asked = settle(3);
    affinity_mask(mask);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(bound.threads, 1);
    assert_int_equal(bound.mask_cores, 1);
    assert_int_equal(bound.machine_cores, machine);
    assert_string_equal(bound.reason, "1 core");
    assert_string_equal(bound.warning, "");
    assert_int_equal(strncmp(mask, "cores ", 6), 0);
    assert_null(strpbrk(mask, ",-"));

    assert_int_equal(asked.threads, 3); /* obeyed, with a warning and what mends it */
    assert_says(asked.warning, "3 threads on 1 core");
    assert_says(asked.warning, "--threads 1");
    assert_null(strstr(asked.warning, "mpirun")); /* no launcher did this */
}

/* --- what is asked for --------------------------------------------------------------------- */

TEST_BETWEEN(openmp_says, plain_shell, NULL)
{
    setenv("OMP_NUM_THREADS", "3", 1);
    assert_settled(0, 3, "OMP_NUM_THREADS");
    setenv("OMP_NUM_THREADS", "4,2", 1); /* levels: the outermost counts */
    assert_settled(0, 4, "OMP_NUM_THREADS");
}

TEST_BETWEEN(slurm_says, plain_shell, NULL)
{
    setenv("SLURM_CPUS_PER_TASK", "5", 1);
    assert_settled(0, 5, "SLURM_CPUS_PER_TASK");
}

/* --threads, then OpenMP, then Slurm, then the cores. */
TEST_BETWEEN(the_first_that_is_given_wins, plain_shell, NULL)
{
    setenv("SLURM_CPUS_PER_TASK", "5", 1);
    setenv("OMP_NUM_THREADS", "3", 1);
    assert_settled(2, 2, "--threads");
    assert_settled(0, 3, "OMP_NUM_THREADS");
    unsetenv("OMP_NUM_THREADS");
    assert_settled(0, 5, "SLURM_CPUS_PER_TASK");
}

TEST_BETWEEN(what_is_no_number_of_threads_is_passed_over, plain_shell, NULL)
{
    static const char *const text[] = {"", "0", "-2", "many", "2.5", "99999999999999999999"};
    struct affinity affinity = settle(0);
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        setenv("OMP_NUM_THREADS", text[i], 1);
        setenv("SLURM_CPUS_PER_TASK", text[i], 1);
        assert_settled(0, affinity.threads, affinity.reason);
    }
    setenv("SLURM_CPUS_PER_TASK", "6", 1);
    assert_settled(0, 6, "SLURM_CPUS_PER_TASK");
}

/* More threads than the whole machine has. */
TEST_BETWEEN(too_many_threads_are_warned_of, plain_shell, NULL)
{
    int cores = settle(0).mask_cores;
    struct affinity fits = settle(cores), many = settle(1000);
    char want[64];
    assert_string_equal(fits.warning, "");
    assert_int_equal(many.threads, 1000);
    assert_string_equal(many.reason, "--threads");
    snprintf(want, sizeof want, "1000 threads on %d core", cores);
    assert_says(many.warning, want);
    snprintf(want, sizeof want, "--threads %d", cores);
    assert_says(many.warning, want);
}
