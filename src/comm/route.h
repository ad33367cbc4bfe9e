/* route.h: how the partial sums of all teams reach the owners of the parameters.
 *
 * Each team holds the subtrees of its slices (comm/deal.h), for all parameters; each owns one block
 * of the parameters and needs the sum of all subtrees for it, added in tree order. A route is a
 * sequence of hops, which carry partial sums of one block from team to team, and additions. For any
 * route the bits are the same.
 *
 *   halving   recursive halving along the tree: sums are joined on their way, those of neighbours
 *             first. Where each of P teams holds one subtree, a team sends (P-1)/P of the
 *             parameters in all, which is the least possible, in about log2(P) messages.
 *                 round 0   0 <-> 1    2 <-> 3        a team keeps its half of the parameters
 *                 round 1   0 <-> 2    1 <-> 3        and then its quarter
 *   direct    every team sends each subtree to each owner: one round, P-1 messages per team.
 *
 * A route carries one bucket: a part of every block. If the exchange is cut into several buckets, each
 * can travel while the gradient of the next ones is still being computed.
 *
 *     blocks    |       team 0        |       team 1        |       team 2        |
 *     buckets   |   0  |   1  |   2   |   0  |   1  |   2   |   0  |   1  |   2   |
 *
 * The rule of halving: a team that needs the sum of a tree node, for some blocks, adds the sums of
 * the node's two children. It computes a child itself if it holds slices of it; otherwise it gets
 * the sums from a team that does.
 *
 * Threads: any.
 */
#pragma once

#include "base/split.h"
#include "base/status.h"

enum route_kind { ROUTE_HALVING, ROUTE_DIRECT, ROUTE_AUTO /* for options: the faster of them */ };

const char *route_name(enum route_kind kind); /* "halving", "direct" */

struct route_request {
    enum route_kind kind;
    int64_t slices, parameters,
        unit; /* blocks and buckets consist of whole units, except the last */
    int teams;
    int bucket, buckets; /* the one to be carried; 0 buckets: blocks are carried whole */
};

/* route_block() returns the block of the parameters that a team owns; route_bucket() the part of it
 * that this route carries. */
struct range route_block(const struct route_request *request, int team);
struct range route_bucket(const struct route_request *request, int team);

enum { ROUTE_BUCKETS_MAX = 16 };

/* Returns the bucket of a parameter. */
int route_bucket_of(const struct route_request *request, int64_t parameter);

/* The place of a partial sum in a team's memory: subtree `place` of the team, or, if negative, the
 * partial sum that arrived with hop ~place. */
struct route_hop {
    int number; /* counted from 0 over all teams */
    int round;  /* counted from 0; a hop needs what arrived in earlier rounds */
    int from, to, block;
    int place; /* at `from` */
};

/* The sum at `left` becomes left + right. */
struct route_add {
    int round; /* after the arrivals of all earlier rounds */
    int team, block;
    int left, right;
};

/* Hops between two teams that travel together. All hops of one round between two teams are one
 * message; it may be reported in several parts. */
struct route_message {
    int round, from, to;
    int64_t floats;
};

/* Called for every hop and addition, in an order in which each follows those that it needs; end()
 * is called last, once for each block, with the place of the sum at its owner, the team of the same
 * number. With hop, add and end NULL, only message() is called, which is much faster for many
 * teams. */
struct route_visitor {
    void (*message)(void *context, const struct route_message *message);
    void (*hop)(void *context, const struct route_hop *hop);
    void (*add)(void *context, const struct route_add *add);
    void (*end)(void *context, int block, int place);
    void *context;
};

/* Visits the route; the same on every rank. STATUS_NO_RESOURCE. */
enum status route_visit(
    const struct route_request *request, const struct route_visitor *visitor, struct error *error);
