/* exchange.h: one team's part of a route (comm/route.h): its messages and additions, round by
 * round, with the addresses in its memory. For comm/reduce.c.
 */
#pragma once

#include "comm/comm.h"
#include "comm/link.h"
#include "comm/route.h"

struct exchange_add {
    float *left; /* becomes left + right */
    const float *right;
    int64_t n;
    int round, number;
};

/* The additions come first, in order, then the messages; the last round has only additions. */
struct exchange_round {
    struct exchange_add *add;
    struct message *send, *receive; /* `rank` is a team */
    int adds, sends, receives;
};

struct exchange {
    struct exchange_round *round;
    int rounds;
    float *sum;       /* [range_size(bucket of this team)]: after the last round */
    int64_t received; /* floats */
    void *lists;
};

struct exchange_request {
    struct route_request route;
    int team;
    float *const *buffer; /* [subtrees of the team]: P floats each */
    float *received;      /* [floats that the team receives in all] */
};

/* Lists a team's part; free(exchange->lists) releases it, also after a failure.
 * STATUS_NO_RESOURCE. */
enum status exchange_list(
    struct exchange *exchange, const struct exchange_request *request, struct error *error);

/* The floats that one team sends and receives for the sum, and the messages that it sends. */
struct exchange_cost {
    int64_t sent, received;
    int messages;
};

/* Sets request->rule, which depends neither on the bucket nor on the number of buckets: the first,
 * if no team sends more than two rings, exchange and publication together, i.e. 4 (P-1)/P of the
 * parameters, nor more messages than the exchange of a power of two; otherwise the one that exceeds
 * these the least, the floats before the messages, with the shortest path. More than 128 teams take
 * the first, because trying takes long. STATUS_NO_RESOURCE. */
enum status exchange_choose(struct route_request *request, struct error *error);

/* Sets the costs of all teams, cost[teams], and the path of the exchange, with the rule that
 * exchange_choose() chooses. STATUS_NO_RESOURCE. */
enum status exchange_costs(const struct route_request *request, struct exchange_cost *cost,
    struct path *path, struct error *error);
