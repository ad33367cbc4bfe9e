/* common_kernel.h: one kernel for all ranks.
 *
 * Ranks of a team share panels, and teams send each other sums in the layout of panels, so all need
 * the same kernel; but the machines of a job may support different ones.
 */
#ifndef STEP_COMMON_KERNEL_H
#define STEP_COMMON_KERNEL_H

#include "comm/comm.h"
#include "net/kernel.h"

enum { KERNEL_NAME_MAX = 16, KERNEL_NOTE_MAX = 160 };

/* The kernel of that name. "auto": the fastest one of rank 0 that every rank can run exactly; if
 * rank 0 could run a faster one, `note` names it and the rank that cannot, else it is "".
 * Collective, with the same name on all ranks. STATUS_USAGE: a rank cannot run the named one. */
enum status common_kernel_choose(const char *name, struct comm *comm, struct kernel *kernel,
    char note[KERNEL_NOTE_MAX], struct error *error);

/* --- the arithmetic ------------------------------------------------------------------------ */

/* The kernels that one rank can run, fastest first; the other names are empty. */
struct kernel_names {
    char name[KERNELS_MAX][KERNEL_NAME_MAX];
};

/* The fastest kernel of the first rank that all ranks have, or NULL. *lacks: the lowest rank that
 * does not have the first rank's fastest; -1: all have it. */
const char *common_kernel_of(const struct kernel_names *rank, int ranks, int *lacks);

#endif
