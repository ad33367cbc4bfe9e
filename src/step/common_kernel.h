/* common_kernel.h: chooses one kernel for all ranks.
 *
 * The ranks of a team share panels, and teams exchange sums in panel layout, so all ranks need the
 * same kernel; but the machines of a job may support different ones.
 */
#pragma once

#include "comm/comm.h"
#include "net/kernel.h"

enum { KERNEL_NAME_MAX = 16, KERNEL_NOTE_MAX = 160 };

/* Chooses the kernel with that name. "auto": rank 0's fastest kernel that every rank can run
 * exactly; if rank 0 could run a faster one, `note` names it and the rank that cannot, otherwise it
 * is "". Collective, with the same name on all ranks. STATUS_USAGE: a rank cannot run the named
 * kernel. */
enum status common_kernel_choose(const char *name, struct comm *comm, struct kernel *kernel,
    char note[KERNEL_NOTE_MAX], struct error *error);

/* --- the arithmetic ------------------------------------------------------------------------ */

/* The names of the kernels that one rank can run, fastest first; unused entries are empty. */
struct kernel_names {
    char name[KERNELS_MAX][KERNEL_NAME_MAX];
};

/* Returns the first rank's fastest kernel that all ranks have, or NULL. *lacks: the lowest rank
 * without the first rank's fastest kernel; -1: all have it. */
const char *common_kernel_of(const struct kernel_names *rank, int ranks, int *lacks);
