/* reduce.h: the ordered allreduce of gradient sums, with the optimizer in its middle.
 *
 * Slices are dealt to the ranks in order, and so are the parameters. Each rank has reduced its
 * slices to the aligned subtrees of its range (base/tree.h), one buffer of P floats each:
 *
 *     rank 0: slices 0-3       rank 1: slices 4-6           parameters   |  owner 0  |  owner 1  |
 *     buffer [0-3]             buffers [4-5] [6]
 *
 *     exchange   each rank sends every owner its part of every buffer
 *     join       the owner adds what it holds in tree order: ([0-3] + ([4-5] + [6]))
 *     (update)   the owner steps its parameters                            train/step
 *     publish    the new weights reach every rank                           comm_share_floats
 *
 * So the sum's order is that of the slices, whoever held them. `allreduce` instead folds each
 * rank's buffers and hands them to MPI_Allreduce: equal to rounding, and outside promise 1.
 *
 * Threads: exchange: the thread of the comm; join: any worker on its part, between team barriers.
 */
#ifndef COMM_REDUCE_H
#define COMM_REDUCE_H

#include "base/split.h"
#include "base/tree.h"
#include "base/vector.h"
#include "comm/comm.h"

enum reduce_kind { REDUCE_ORDERED, REDUCE_ALLREDUCE };

struct reduce;

/* For `slices` slices of gradients of `parameters` floats. buffer[0 ... n-1], n = reduce_nodes() of
 * this rank, are where the caller puts the subtrees of its slices, P floats each, before every
 * exchange; they stay the caller's. Collective. STATUS_NO_RESOURCE. */
enum status reduce_create(struct reduce **reduce, struct comm *comm, enum reduce_kind kind,
    int64_t slices, int64_t parameters, float *const *buffer, const struct vector *vector,
    struct error *error);
void reduce_destroy(struct reduce *reduce);

/* Slices that a rank of `size` holds; parameters that it owns (whole cache lines). */
struct range reduce_slices(int64_t slices, int size, int rank);
struct range reduce_owned(int64_t parameters, int size, int rank);

/* Moves the owned parts of all subtrees to their owners. The buffers may be overwritten.
 * Collective; does nothing on a single rank. */
void reduce_exchange(struct reduce *reduce);

/* Joins the parameters `part`, within the owned range: returns their sums, [range_size(part)]
 * floats that stay valid until the next exchange. */
const float *reduce_join(struct reduce *reduce, struct range part);

void reduce_publish(struct reduce *reduce, float *parameters);

/* Subtrees that a rank's slices leave; and the sum of one double for each, all ranks' in order, by
 * the same tree (the loss). */
int reduce_nodes(const struct reduce *reduce, int rank);
double reduce_join_doubles(const struct reduce *reduce, const double *value);

/* Floats that this rank sends and receives in one exchange, and those it keeps for receiving. */
struct reduce_cost {
    int64_t sent, received, kept;
};
struct reduce_cost reduce_cost_of(int64_t slices, int64_t parameters, int size, int rank);

#endif
