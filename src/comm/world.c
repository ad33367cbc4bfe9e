#include "comm/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "comm/transport.h"

/* Variables in which launchers pass the number of ranks: Open MPI's mpirun, hydra (MPICH, Intel
 * MPI), MVAPICH2, Slurm's srun. SLURM_NTASKS is not among them: it is also set in a batch script's
 * own shell. */
static const char *const launcher_variable[] = {
    "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"};

int world_launched_ranks(const char **variable)
{
    int most = 0;
    *variable = NULL;
    for (size_t i = 0; i < sizeof launcher_variable / sizeof launcher_variable[0]; i++) {
        const char *text = getenv(launcher_variable[i]);
        int64_t ranks;
        if (text && text_to_int(text, &ranks) && ranks > most && ranks < INT32_MAX) {
            most = (int)ranks;
            *variable = launcher_variable[i];
        }
    }
    return most;
}

int world_launched_rank(void)
{
    static const char *const names[] = {
        "OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = getenv(names[i]);
        int64_t rank;
        if (text && text_to_int(text, &rank) && rank >= 0 && rank < INT32_MAX)
            return (int)rank;
    }
    return 0;
}

/* Refuses several processes that would each do the whole job. */
static enum status check_singletons(
    const struct comm *world, int launched, const char *variable, struct error *error)
{
    if (launched <= 1 || world->size > 1)
        return STATUS_OK;
    if (strcmp(transport_library(), "none") == 0)
        return fail(error, STATUS_USAGE,
            "%d processes were started (%s=%d), but this build of lockstep has no MPI, so each "
            "would train the whole job alone; start one, or configure with -DLOCKSTEP_MPI=ON",
            launched, variable, launched);
    return fail(error, STATUS_USAGE,
        "%d processes were started (%s=%d), but this one sees no others, so each would train the "
        "whole job alone; lockstep was built with %s: start it with that MPI's own mpirun, or "
        "under Slurm with the plug-in it understands (srun --mpi=list, then --mpi=pmix or pmi2)",
        launched, variable, launched, transport_library());
}

enum status world_open(struct comm **world, struct error *error)
{
    const char *variable;
    int launched = world_launched_ranks(&variable);
    *world = comm_self();
    if (launched == 0)
        return STATUS_OK;
    if (strcmp(transport_library(), "none") == 0)
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

const char *world_library(void)
{
    return transport_library();
}
