/* world.h: starting and ending MPI, for `main` alone.
 *
 * A program started by itself needs no MPI, so MPI is initialised only where a launcher's variables
 * show that there is one. When the launcher meant several ranks and MPI sees one - a launcher of
 * another MPI, or srun without the right plug-in - each process would train the whole job alone:
 * refused.
 */
#ifndef COMM_WORLD_H
#define COMM_WORLD_H

#include "comm/comm.h"

/* The comm of all ranks. STATUS_USAGE (several singletons, and what mends it), STATUS_NO_RESOURCE.
 */
enum status world_open(struct comm **world, struct error *error);

/* Destroys the comm and finalises MPI, if it was initialised. Collective. */
void world_close(struct comm *world);

/* Number of ranks that the launcher's variables speak of, and the variable that says so; 0 without
 * a launcher. */
int world_launched_ranks(const char **variable);

/* This process's number among those, by the launcher's variables; 0 without a launcher. */
int world_launched_rank(void);

/* "Open MPI 4.1.4", "MPICH 4.0.2", "none". */
const char *world_library(void);

#endif
