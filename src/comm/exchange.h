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

/* Sets the costs of all teams, cost[teams], and the path of the exchange. STATUS_NO_RESOURCE. */
enum status exchange_costs(const struct route_request *request, struct exchange_cost *cost,
    struct path *path, struct error *error);
