/* world.h: starts and ends MPI, for `main` only.
 *
 * A program started without a launcher needs no MPI, so MPI is initialised only if a launcher's
 * variables are set. If the launcher started several ranks but MPI sees only one (a launcher of
 * another MPI, or srun without the right plug-in), each process would run the whole job by itself,
 * so this is refused.
 */
#pragma once

#include "comm/comm.h"

/* Creates the comm of all ranks. STATUS_USAGE (several singletons; the message says how to start
 * them), STATUS_NO_RESOURCE. */
enum status world_open(struct comm **world, struct error *error);

/* Destroys the comm and finalises MPI, if it was initialised. Collective. */
void world_close(struct comm *world);

/* Returns the number of ranks according to the launcher's variables, and the variable that gives
 * it; 0 without a launcher. */
int world_launched_ranks(const char **variable);

/* Returns this process's rank according to the launcher's variables; 0 without a launcher. */
int world_launched_rank(void);

/* Returns the number in an environment variable; -1: there is none. OMP_NUM_THREADS may list one
 * number per nesting level: the first one counts. */
int world_variable(const char *name);

/* "Open MPI 4.1.4", "MPICH 4.0.2", "none". Defined by the transport (transport.h). */
const char *world_library(void);
