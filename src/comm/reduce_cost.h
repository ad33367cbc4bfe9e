/* reduce_cost.h: the messages and the memory of a reduction (comm/reduce.h), before it exists.
 *
 * Threads: any.
 */
#pragma once

#include "comm/link.h"
#include "comm/reduce.h"

/* The floats that one team sends and receives, in exchange and publication together; the size of
 * its receive buffer; and the messages that it sends. */
struct reduce_cost {
    int64_t sent, received, kept;
    int messages;
};

/* Sets the costs of all teams, cost[teams], and the path of exchange and publication.
 * STATUS_NO_RESOURCE. */
enum status reduce_costs(const struct route_request *route, struct reduce_cost *cost,
    struct path *path, struct error *error);

/* Sets route->kind to the route that takes less time on this link. STATUS_NO_RESOURCE. */
enum status reduce_choose_route(
    struct route_request *route, const struct link *link, struct error *error);

/* Returns the number of buckets for this link: as many as leave each some milliseconds, so that its
 * messages and barriers do not count beside its bytes. 1 where the link is not known. */
int reduce_choose_buckets(const struct route_request *route, const struct link *link);

/* Sets the floats that a team needs to receive the sums of others, in the deal that needs the most.
 * STATUS_NO_RESOURCE. */
enum status reduce_received(
    const struct reduce_request *request, int team, int64_t *floats, struct error *error);
