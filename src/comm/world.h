/* world.h: starting and ending MPI, for `main` alone.
 *
 * A program that was started alone needs no MPI, so MPI is initialised only if a launcher's
 * variables are set. If the launcher started several ranks and MPI sees one (a launcher of another
 * MPI, or srun without the right plug-in), each process would train the whole job alone: this is
 * refused.
 */
#ifndef COMM_WORLD_H
#define COMM_WORLD_H

#include "comm/comm.h"

/* The comm of all ranks. STATUS_USAGE (several singletons; the message says how to start them),
 * STATUS_NO_RESOURCE.
 */
enum status world_open(struct comm **world, struct error *error);

/* Destroys the comm and finalises MPI, if it was initialised. Collective. */
void world_close(struct comm *world);

/* The number of ranks that the launcher's variables give, and the variable that does; 0 without a
 * launcher. */
int world_launched_ranks(const char **variable);

/* This process's number among them, by the launcher's variables; 0 without a launcher. */
int world_launched_rank(void);

/* "Open MPI 4.1.4", "MPICH 4.0.2", "none". */
const char *world_library(void);

#endif
