/* binding.h: temporarily binds ranks to cores of their own.
 *
 * A launcher binds its ranks for one layout; another layout measured in the same job may have fewer
 * ranks with more threads than their masks allow. Each process is then bound again.
 */
#pragma once

#include "comm/comm.h"

struct binding;

/* If the masks do not give every rank of the comm `threads` cores of its own, binds the process
 * (all its threads) to the next `threads` cores of its machine, in rank order; to all cores if
 * there are too few. *binding is NULL if nothing was done. Collective. STATUS_NO_RESOURCE. */
enum status binding_take(
    struct binding **binding, struct comm *comm, int threads, struct error *error);

/* Restores the mask and frees the binding; accepts NULL. */
void binding_release(struct binding *binding);

/* The cores for one rank of a machine, counted from 0: [first, end). */
struct binding_cores {
    int first, end;
};
struct binding_cores binding_plan(int machine_cores, int local_ranks, int local_rank, int threads);
