#include "comm/reduce_cost.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "comm/deal.h"
#include "comm/exchange.h"

/* In a publication, a team sends all blocks but one, and receives all but its own. */
enum status reduce_costs(const struct route_request *route, struct reduce_cost *cost,
    struct path *path, struct error *error)
{
    int teams = route->teams, buckets = (int)larger(1, route->buckets), publications = 0;
    struct route_request whole = *route;
    bool direct = route->kind == ROUTE_DIRECT;
    struct exchange_cost *of_sum = NULL;
    int64_t most = 0;
    TRY(memory_take(&of_sum, (size_t)teams, sizeof *of_sum, "the costs of all teams", error));
    whole.buckets = 0;
    enum status status = exchange_costs(&whole, of_sum, path, error);
    for (int has = 1; has < teams; has = direct ? teams : 2 * has)
        publications++;
    for (int t = 0; !status && t < teams; t++) {
        int64_t owned = range_size(route_block(route, t));
        int64_t left = range_size(route_block(route, (t + teams - 1) % teams));
        int64_t sent = direct ? owned * (teams - 1) : route->parameters - left;
        cost[t] = (struct reduce_cost){.sent = of_sum[t].sent + sent,
            .received = of_sum[t].received + route->parameters - owned,
            .kept = of_sum[t].received,
            .messages = buckets * (of_sum[t].messages + (direct ? teams - 1 : publications))};
        most = larger(most, larger(sent, route->parameters - owned));
    }
    path->rounds = buckets * (path->rounds + publications);
    path->messages = buckets * (path->messages + (direct ? teams - 1 : publications));
    path->floats += most;
    free(of_sum);
    return status;
}

enum status reduce_choose_route(
    struct route_request *route, const struct link *link, struct error *error)
{
    struct reduce_cost *cost = NULL;
    double seconds[ROUTE_AUTO] = {0};
    enum status status =
        memory_take(&cost, (size_t)route->teams, sizeof *cost, "the costs of all teams", error);
    for (int kind = 0; !status && kind < ROUTE_AUTO; kind++) {
        struct path path;
        route->kind = (enum route_kind)kind;
        status = reduce_costs(route, cost, &path, error);
        seconds[kind] = link_seconds(link, &path);
    }
    free(cost);
    route->kind = seconds[ROUTE_DIRECT] < seconds[ROUTE_HALVING] ? ROUTE_DIRECT : ROUTE_HALVING;
    return status;
}

int reduce_choose_buckets(const struct route_request *route, const struct link *link)
{
    enum { LEAST_BYTES = 16 << 10 }; /* of a bucket in a block */
    const double least_s = 2e-3;
    double block = (double)route->parameters * sizeof(float) / route->teams;
    if (route->teams == 1 || link->bytes_per_s == 0)
        return 1;
    double seconds = 2 * block * (route->teams - 1) / link->bytes_per_s;
    double most = fmin(fmin(seconds / least_s, block / LEAST_BYTES), ROUTE_BUCKETS_MAX);
    return most < 1 ? 1 : (int)most;
}

enum status reduce_received(
    const struct reduce_request *request, int team, int64_t *floats, struct error *error)
{
    struct route_request route = request->route;
    struct exchange_cost *cost = NULL;
    route.buckets = 0;
    enum status status =
        memory_take(&cost, (size_t)route.teams, sizeof *cost, "the costs of all teams", error);
    *floats = 0;
    for (int i = 0; !status && i < request->deals; i++) {
        struct path path;
        route.slices = request->slices[i];
        bool idle = range_size(deal_slices(route.slices, route.teams, team)) == 0;
        if (request->kind == REDUCE_ORDERED)
            status = exchange_costs(&route, cost, &path, error);
        if (!status && request->kind == REDUCE_ORDERED)
            *floats = larger(*floats, cost[team].received);
        else if (idle)
            *floats = route.parameters; /* it contributes zeros to MPI_Allreduce */
    }
    free(cost);
    return status;
}
