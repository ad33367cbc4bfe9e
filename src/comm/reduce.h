/* reduce.h: the ordered allreduce of gradient sums between teams, with the optimizer in its middle.
 *
 * Slices are dealt to the teams in order, and so are the parameters, by whole units. Each team has
 * reduced its slices to the aligned subtrees of its range (base/sums/tree.h), one buffer of P floats
 * each:
 *
 *     team 0: slices 0-3       team 1: slices 4-6           parameters   |  owner 0  |  owner 1  |
 *     buffer [0-3]             buffers [4-5] [6]
 *
 *     exchange   each team sends every owner its part of every buffer
 *     join       the owner adds what it holds in tree order: ([0-3] + ([4-5] + [6]))
 *     (update)   the owner steps its parameters                            step/step
 *     publish    the new weights reach every team
 *
 * So the sum's order is that of the slices, whoever held them. `allreduce` instead folds each
 * team's buffers and hands them to MPI_Allreduce: equal to rounding, and outside promise 1.
 *
 * Buffers, parameters and what arrives lie in the teams' memory, so one rank of a team can do what
 * all see. Between teams a and b, a's rank (b mod its size) talks with b's rank (a mod its size):
 * any sizes work, and all ranks carry a part.
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

/* For gradients of `parameters` floats, owned by whole units of `unit`, and one or several deals of
 * slices to the teams: slices[d] of them in deal d, of which the first is in use. The teams are
 * those of `comm`; both outlive the reduction. buffer[0 ... n-1], n = reduce_nodes() of this team,
 * are where the team puts the subtrees of its slices, P floats each, before every exchange; they
 * are one memory for its ranks (teams_take), and stay the caller's. Collective.
 * STATUS_NO_RESOURCE. */
enum status reduce_create(struct reduce **reduce, struct comm *comm, struct teams *teams,
    enum reduce_kind kind, const int64_t *slices, int deals, int64_t parameters, int64_t unit,
    float *const *buffer, const struct vector *vector, struct error *error);

/* What follows is of this deal. On every rank between two steps, before other threads ask. */
void reduce_choose(struct reduce *reduce, int64_t deal);

/* Takes NULL. Collective over each team. */
void reduce_destroy(struct reduce *reduce);

/* Slices that a team of `teams` holds; parameters that it owns. */
struct range reduce_slices(int64_t slices, int teams, int team);
struct range reduce_owned(int64_t parameters, int64_t unit, int teams, int team);

/* Moves the owned parts of all subtrees to their owners: from every rank, once the team's buffers
 * are full. After the team's next barrier all of it is there; the buffers may be overwritten once
 * the parts are joined. Collective; does nothing for a single team. */
void reduce_exchange(struct reduce *reduce);

/* Every team's owned range of `parameters`, one memory for its ranks, reaches all others: as the
 * exchange. */
void reduce_publish(struct reduce *reduce, float *parameters);

/* Joins the parameters `part`, within the owned range: returns their sums, [range_size(part)]
 * floats that stay valid until the next exchange. */
const float *reduce_join(struct reduce *reduce, struct range part);

/* Subtrees that a team's slices leave; and the sum of one double for each, all teams' in order, by
 * the same tree (the loss). */
int reduce_nodes(const struct reduce *reduce, int team);
double reduce_join_doubles(const struct reduce *reduce, const double *value);

/* Floats that a team sends and receives in one exchange and one publication, and those it keeps for
 * receiving. */
struct reduce_cost {
    int64_t sent, received, kept;
};
struct reduce_cost reduce_cost_of(
    int64_t slices, int64_t parameters, int64_t unit, int teams, int team);

/* Floats that a team keeps for what comes from others. */
int64_t reduce_received(
    enum reduce_kind kind, int64_t slices, int64_t parameters, int64_t unit, int teams, int team);

#endif
