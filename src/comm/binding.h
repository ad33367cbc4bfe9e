/* binding.h: cores of their own for some ranks, for a while.
 *
 * A launcher binds its ranks for the layout it was told of; another layout inside the same job may
 * want more threads in fewer ranks than those masks hold. Then each process is bound anew.
 */
#ifndef COMM_BINDING_H
#define COMM_BINDING_H

#include "comm/comm.h"

struct binding;

/* Where the masks do not give every rank of the comm `threads` cores of its own, binds the process
 * (all its threads) to the next `threads` cores of its machine, in rank order; to all cores where
 * there are too few. *binding is NULL where nothing was done. Collective. STATUS_NO_RESOURCE. */
enum status binding_take(
    struct binding **binding, struct comm *comm, int threads, struct error *error);

/* Restores the mask and frees; takes NULL. */
void binding_release(struct binding *binding);

/* The cores that a rank of a machine gets, counted from 0: [first, end). */
struct binding_cores {
    int first, end;
};
struct binding_cores binding_plan(int machine_cores, int local_ranks, int local_rank, int threads);

#endif
