#include "comm/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "comm/transport.h"

/* Variables in which launchers pass the number of ranks and a process's rank: Open MPI's mpirun,
 * hydra (MPICH, Intel MPI), MVAPICH2, Slurm's srun. SLURM_NTASKS is not among them: it is also set
 * in a batch script's own shell. */
static const struct launcher {
    const char *ranks, *rank;
} launchers[] = {{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"}, {"PMI_SIZE", "PMI_RANK"},
    {"MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"}, {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID"}};
enum { N_LAUNCHERS = sizeof launchers / sizeof launchers[0] };

int world_variable(const char *name)
{
    const char *text = getenv(name);
    char first[16];
    int64_t n;
    if (!text)
        return -1;
    snprintf(first, sizeof first, "%.*s", (int)strcspn(text, ","), text);
    return text_to_int(first, &n) && n >= 0 && n < INT32_MAX ? (int)n : -1;
}

int world_launched_ranks(const char **variable)
{
    int most = 0;
    *variable = NULL;
    for (int i = 0; i < N_LAUNCHERS; i++)
        if (world_variable(launchers[i].ranks) > most) {
            *variable = launchers[i].ranks;
            most = world_variable(*variable);
        }
    return most;
}

int world_launched_rank(void)
{
    int rank = -1;
    for (int i = 0; i < N_LAUNCHERS && rank < 0; i++)
        rank = world_variable(launchers[i].rank);
    return rank < 0 ? 0 : rank;
}

/* Refuses several processes that would each do the whole job. */
static enum status check_singletons(
    const struct comm *world, int launched, const char *variable, struct error *error)
{
    if (launched <= 1 || world->size > 1)
        return STATUS_OK;
    if (strcmp(world_library(), "none") == 0)
        return fail(error, STATUS_USAGE,
            "%d processes were started (%s=%d), but this build of lockstep has no MPI, so each "
            "would train the whole job alone; start one, or configure with -DLOCKSTEP_MPI=ON",
            launched, variable, launched);
    return fail(error, STATUS_USAGE,
        "%d processes were started (%s=%d), but this one sees no others, so each would train the "
        "whole job alone; lockstep was built with %s: start it with that MPI's own mpirun, or "
        "under Slurm with the plug-in it understands (srun --mpi=list, then --mpi=pmix or pmi2)",
        launched, variable, launched, world_library());
}

enum status world_open(struct comm **world, struct error *error)
{
    const char *variable;
    int launched = world_launched_ranks(&variable);
    *world = comm_self();
    if (launched == 0)
        return STATUS_OK;
    if (strcmp(world_library(), "none") == 0)
        return check_singletons(*world, launched, variable, error);

    TRY(transport_start(error));
    TRY(transport_duplicate(world, NULL, error));
    return check_singletons(*world, launched, variable, error);
}

void world_close(struct comm *world)
{
    comm_destroy(world);
    transport_stop();
}
