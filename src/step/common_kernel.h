/* common_kernel.h: one kernel for all ranks.
 *
 * Ranks of a team share panels, and teams send each other sums that lie in them, so their kernels
 * must be one; machines of a job may be able to run different ones.
 */
#ifndef STEP_COMMON_KERNEL_H
#define STEP_COMMON_KERNEL_H

#include "comm/comm.h"
#include "net/kernel.h"

enum { KERNEL_NAME_MAX = 16, KERNEL_NOTE_MAX = 160 };

/* The kernel of that name; "auto": of those that every rank can run exactly, rank 0's fastest, and
 * `note` then says so if rank 0 alone would have taken another, else it is "". Collective, with one
 * name. STATUS_USAGE: some rank cannot run the named one. */
enum status common_kernel_choose(const char *name, struct comm *comm, struct kernel *kernel,
    char note[KERNEL_NOTE_MAX], struct error *error);

/* --- the arithmetic ------------------------------------------------------------------------ */

/* What one rank can run, fastest first; the rest of the names is empty. */
struct kernel_names {
    char name[KERNELS_MAX][KERNEL_NAME_MAX];
};

/* The first rank's fastest that all ranks have, or NULL. If it is not the first rank's first,
 * *lacks is the lowest rank that does not have that one; else -1. */
const char *common_kernel_of(const struct kernel_names *rank, int ranks, int *lacks);

#endif
