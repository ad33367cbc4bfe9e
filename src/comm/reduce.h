/* reduce.h: the ordered allreduce of gradient sums between teams, with the optimizer's update in
 * the middle.
 *
 * Slices are distributed over the teams in order, and so are the parameters, in whole units. Each
 * team has reduced its slices to the aligned subtrees of its range (base/sums/tree.h), with one
 * buffer of P floats for each:
 *
 *     team 0: slices 0-3       team 1: slices 4-6           parameters   |  owner 0  |  owner 1  |
 *     buffer [0-3]             buffers [4-5] [6]
 *
 *     exchange   each team sends every owner its part of every buffer
 *     join       the owner adds what it holds in tree order: ([0-3] + ([4-5] + [6]))
 *     (update)   the owner updates its parameters                          step/step
 *     publish    the new weights reach every team
 *
 * So the order of the sum is that of the slices, whichever team holds them. `allreduce` instead
 * adds up each team's buffers and passes the sums to MPI_Allreduce: the result is equal up to
 * rounding, but its bits depend on the number of teams and on MPI.
 *
 * Buffers, parameters and received sums are in the teams' memory, so one rank of a team can
 * communicate for all. Between teams a and b, a's rank (b mod its size) exchanges messages with b's
 * rank (a mod its size): this works for teams of any size, and all ranks share the work.
 *
 * Threads: exchange and publish: each rank's calling thread, between team barriers; join: any
 * worker on its part, between team barriers.
 */
#ifndef COMM_REDUCE_H
#define COMM_REDUCE_H

#include "base/split.h"
#include "base/sums/tree.h"
#include "base/vector.h"
#include "comm/comm.h"
#include "comm/teams.h"

enum reduce_kind { REDUCE_ORDERED, REDUCE_ALLREDUCE };

struct reduce;

/* Creates a reduction for gradients of `parameters` floats, owned in whole units of `unit`, and one
 * or more deals (distributions of slices over the teams): deal d has slices[d] slices, and the
 * first deal is in use. The teams are those of `comm`; both must outlive the reduction. buffer[0
 * ... n-1], n = reduce_nodes() of this team, hold the subtrees of the team's slices, P floats each,
 * before every exchange; they are in the memory that its ranks share (teams_take) and still belong
 * to the caller. Collective. STATUS_NO_RESOURCE. */
enum status reduce_create(struct reduce **reduce, struct comm *comm, struct teams *teams,
    enum reduce_kind kind, const int64_t *slices, int deals, int64_t parameters, int64_t unit,
    float *const *buffer, const struct vector *vector, struct error *error);

/* Selects the deal for the calls below. Call on every rank between two steps, before other threads
 * read it. */
void reduce_choose(struct reduce *reduce, int64_t deal);

/* Destroys the reduction; accepts NULL. Collective over each team. */
void reduce_destroy(struct reduce *reduce);

/* Return the slices that one of `teams` teams holds, and the parameters that it owns. */
struct range reduce_slices(int64_t slices, int teams, int team);
struct range reduce_owned(int64_t parameters, int64_t unit, int teams, int team);

/* Sends the owned parts of all subtrees to their owners; call on every rank once the team's buffers
 * are full. All parts have arrived after the team's next barrier; the buffers may be overwritten
 * once the parts are joined. Collective; does nothing for a single team. */
void reduce_exchange(struct reduce *reduce);

/* Sends every team's owned range of `parameters`, in memory that its ranks share, to all other
 * teams; call it in the same way as reduce_exchange(). */
void reduce_publish(struct reduce *reduce, float *parameters);

/* Joins the parameters `part` of the owned range: returns their sums, [range_size(part)] floats
 * that stay valid until the next exchange. */
const float *reduce_join(struct reduce *reduce, struct range part);

/* reduce_nodes() returns the number of subtrees of a team's slices; reduce_join_doubles() adds one
 * double per subtree of all teams, in order, along the same tree (used for the loss). */
int reduce_nodes(const struct reduce *reduce, int team);
double reduce_join_doubles(const struct reduce *reduce, const double *value);

/* Floats that a team sends and receives in one exchange and one publication, and the size of its
 * receive buffer. */
struct reduce_cost {
    int64_t sent, received, kept;
};
struct reduce_cost reduce_cost_of(
    int64_t slices, int64_t parameters, int64_t unit, int teams, int team);

/* Returns the floats that a team needs to receive the sums of others, in the deal that needs the
 * most. */
int64_t reduce_received(enum reduce_kind kind, const int64_t *slices, int deals, int64_t parameters,
    int64_t unit, int teams, int team);

#endif
