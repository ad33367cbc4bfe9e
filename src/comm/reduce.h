/* reduce.h: the ordered allreduce of gradient sums between teams, with the optimizer's update in
 * the middle.
 *
 * Slices are distributed over the teams in order (comm/deal.h), and so are the parameters, in whole
 * units. Each team has reduced its slices to the aligned subtrees of its range
 * (base/sums/tree.h), with one buffer of P floats for each:
 *
 *     team 0: slices 0-3       team 1: slices 4-6           parameters   |  owner 0  |  owner 1  |
 *     buffer [0-3]             buffers [4-5] [6]
 *
 *     exchange   partial sums travel to the owners, and are added in tree order on their way or at
 *                the owner (comm/route.h): ([0-3] + ([4-5] + [6]))
 *     (update)   the owner updates its parameters                          step/step
 *     publish    the new weights reach every team
 *
 * So the order of the sum is that of the slices, whichever team holds them and whichever way they
 * take. `allreduce` instead adds up each team's buffers and passes the sums to MPI_Allreduce: the
 * result is equal up to rounding, but its bits depend on the number of teams and on MPI.
 *
 * Buffers, parameters and received sums are in the teams' memory, so one rank of a team can
 * communicate for all. Between teams a and b, a's rank (b mod its size) exchanges messages with b's
 * rank (a mod its size): this works for teams of any size, and all ranks share the work.
 *
 * Threads: exchange and publish are called by all workers of all teams. The calling thread of each
 * rank communicates; all workers add.
 */
#pragma once

#include "base/split.h"
#include "base/sums/tree.h"
#include "base/team.h"
#include "base/vector.h"
#include "comm/comm.h"
#include "comm/route.h"
#include "comm/teams.h"

enum reduce_kind { REDUCE_ORDERED, REDUCE_ALLREDUCE };

/* The gradients to reduce, of route.parameters floats, each in several deals, i.e. numbers of
 * slices: deal d has slices[d]. */
struct reduce_request {
    enum reduce_kind kind;
    struct route_request route; /* route.slices is ignored */
    const int64_t *slices;
    int deals;
};

struct reduce;

/* Creates a reduction, with its first deal in use. The teams are those of `comm`; both must outlive
 * the reduction. The team owns route_block(). buffer[0 ... n-1], n = reduce_nodes() of this team, hold
 * the subtrees of the team's slices, P floats each, before every exchange; they are in the memory that
 * its ranks share (teams_take) and still belong to the caller. Collective. STATUS_NO_RESOURCE. */
enum status reduce_create(struct reduce **reduce, struct comm *comm, struct teams *teams,
    const struct reduce_request *request, float *const *buffer, const struct vector *vector,
    struct error *error);

/* Selects the deal for the calls below. Call on every rank between two steps, before other threads
 * read it. */
void reduce_choose(struct reduce *reduce, int64_t deal);

/* Destroys the reduction; accepts NULL. Collective over each team. */
void reduce_destroy(struct reduce *reduce);

/* --- the exchange of a step, bucket by bucket (comm/route.h) ------------------------------------ */

int reduce_buckets(const struct reduce *reduce);

/* Return the bucket of every unit of the parameters; this worker's share of the team's owned part of
 * a bucket, in whole units; and the sums of this share, complete once the exchange has called
 * summed() and valid until the next exchange. */
const unsigned char *reduce_bucket_of(const struct reduce *reduce);
struct range reduce_share(const struct reduce *reduce, const struct worker *worker, int bucket);
const float *reduce_sums(const struct reduce *reduce, const struct worker *worker, int bucket);

/* The use of the sums. */
struct reduce_use {
    /* Called on every worker once the sums of its share of a bucket are complete, bucket after
     * bucket. */
    void (*summed)(void *context, const struct worker *worker, int bucket);
    void *context;
    /* In memory that the team's ranks share: after summed(), the team's owned part of the bucket is
     * sent to all other teams. NULL: not. */
    float *publish;
};

/* One worker's way through an exchange. */
struct reduce_walk {
    struct reduce *reduce;
    const struct worker *worker;
    const struct reduce_use *use;
    int filled;        /* buckets that this worker has filled */
    int bucket, stage; /* the next stage */
    bool started;      /* its messages are under way */
    bool arrived;      /* at the barrier that comes before it */
    unsigned round;    /* of that barrier */
};

/* Begins an exchange, which uses up the buffers. Between begin and end, workers may not meet at
 * another barrier. Call on every worker. */
void reduce_begin(struct reduce_walk *walk, struct reduce *reduce, const struct worker *worker,
    const struct reduce_use *use);

/* reduce_fill(): this worker has completed its parts of the buffers in one more bucket.
 * reduce_tend(): does what can be done without waiting; call often while computing the rest.
 * reduce_end(): all buckets are filled; waits until the exchange is over on all workers of the
 * team. */
void reduce_fill(struct reduce_walk *walk);
void reduce_tend(struct reduce_walk *walk);
void reduce_end(struct reduce_walk *walk);

/* Sends every team's owned range of `parameters`, in memory that its ranks share, to all other
 * teams. Call on every worker once the team's range is complete; everything has arrived after the
 * team's next barrier. */
void reduce_publish(struct reduce *reduce, const struct worker *worker, float *parameters);

/* reduce_nodes() returns the number of subtrees of a team's slices; reduce_join_doubles() adds one
 * double per subtree of all teams, in order, along the same tree (used for the loss). */
int reduce_nodes(const struct reduce *reduce, int team);
double reduce_join_doubles(const struct reduce *reduce, const double *value);
