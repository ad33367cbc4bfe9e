#include "comm/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* --- one team's part --------------------------------------------------------------------------- */

/* A hop from or to this team. */
struct own_hop {
    int number, round, peer;
    bool arrives;
    float *data; /* where it leaves or arrives */
    int64_t n;
};

struct listing {
    const struct exchange_request *request;
    struct exchange *exchange;
    int hops, adds;           /* so far */
    struct own_hop *hop;      /* [hops], by number; NULL: they are only counted */
    struct exchange_add *add; /* [adds] */
    struct message *message;  /* [hops] */
    int64_t arriving;         /* floats, so far */
};

static int compare_numbers(const void *number, const void *hop)
{
    int a = *(const int *)number, b = ((const struct own_hop *)hop)->number;
    return (a > b) - (a < b);
}

/* Returns the address of a block's partial sum. */
static float *address_of(const struct listing *listing, int place, int block)
{
    const struct exchange_request *request = listing->request;
    if (place >= 0)
        return request->buffer[place] + route_bucket(&request->route, block).first;
    int number = ~place;
    const struct own_hop *hop = bsearch(
        &number, listing->hop, (size_t)listing->hops, sizeof *listing->hop, compare_numbers);
    return hop->data;
}

static void raise_rounds(struct listing *listing, int round)
{
    if (listing->exchange->rounds <= round)
        listing->exchange->rounds = round + 1;
}

static void list_hop(void *context, const struct route_hop *hop)
{
    struct listing *listing = context;
    const struct exchange_request *request = listing->request;
    int64_t n = range_size(route_bucket(&request->route, hop->block));
    bool arrives = hop->to == request->team;
    if ((!arrives && hop->from != request->team) || n == 0)
        return;
    raise_rounds(listing, hop->round + 1);
    if (listing->hop) {
        float *at = arrives ? request->received + listing->arriving
                            : address_of(listing, hop->place, hop->block);
        listing->hop[listing->hops] = (struct own_hop){
            hop->number, hop->round, arrives ? hop->from : hop->to, arrives, at, n};
    }
    listing->arriving += arrives ? n : 0;
    listing->hops++;
}

static void list_add(void *context, const struct route_add *add)
{
    struct listing *listing = context;
    int64_t n = range_size(route_bucket(&listing->request->route, add->block));
    if (add->team != listing->request->team || n == 0)
        return;
    raise_rounds(listing, add->round);
    if (listing->hop)
        listing->add[listing->adds] =
            (struct exchange_add){address_of(listing, add->left, add->block),
                address_of(listing, add->right, add->block), n, add->round, listing->adds};
    listing->adds++;
}

static void list_end(void *context, int block, int place)
{
    struct listing *listing = context;
    int64_t n = range_size(route_bucket(&listing->request->route, block));
    if (listing->hop && block == listing->request->team && n > 0)
        listing->exchange->sum = address_of(listing, place, block);
}

static enum status list_route(struct listing *listing, struct error *error)
{
    const struct route_visitor visitor = {NULL, list_hop, list_add, list_end, listing};
    listing->hops = listing->adds = 0;
    listing->arriving = 0;
    return route_visit(&listing->request->route, &visitor, error);
}

static void place_lists(void *object, struct carver *carver)
{
    struct listing *listing = object;
    size_t hops = (size_t)listing->hops, adds = (size_t)listing->adds;
    size_t rounds = (size_t)listing->exchange->rounds;
    listing->exchange->round = carve(carver, rounds, sizeof *listing->exchange->round);
    listing->add = carve(carver, adds, sizeof *listing->add);
    listing->message = carve(carver, hops, sizeof *listing->message);
    listing->hop = carve(carver, hops + 1, sizeof *listing->hop);
}

/* Round by round; in a round what is sent comes first, peer by peer. */
static int compare_order(const void *left, const void *right)
{
    const struct own_hop *a = left, *b = right;
    if (a->round != b->round)
        return a->round - b->round;
    if (a->arrives != b->arrives)
        return a->arrives - b->arrives;
    return a->peer != b->peer ? a->peer - b->peer : a->number - b->number;
}

static void group_messages(struct listing *listing)
{
    qsort(listing->hop, (size_t)listing->hops, sizeof *listing->hop, compare_order);
    for (int i = 0; i < listing->hops; i++) {
        const struct own_hop *hop = &listing->hop[i];
        struct exchange_round *round = &listing->exchange->round[hop->round];
        struct message *message = &listing->message[i];
        *message = (struct message){hop->peer, hop->data, hop->n, false};
        if (hop->arrives && round->receives++ == 0)
            round->receive = message;
        if (!hop->arrives && round->sends++ == 0)
            round->send = message;
        if (i > 0 && hop[-1].round == hop->round && hop[-1].arrives == hop->arrives &&
            hop[-1].peer == hop->peer)
            message[-1].continues = true;
    }
}

static int compare_adds(const void *left, const void *right)
{
    const struct exchange_add *a = left, *b = right;
    return a->round != b->round ? a->round - b->round : a->number - b->number;
}

static void group_adds(struct listing *listing)
{
    struct exchange_add *add = listing->add;
    qsort(add, (size_t)listing->adds, sizeof *add, compare_adds);
    for (int i = listing->adds - 1; i >= 0; i--) {
        struct exchange_round *round = &listing->exchange->round[add[i].round];
        round->add = &add[i];
        round->adds++;
    }
}

enum status exchange_list(
    struct exchange *exchange, const struct exchange_request *request, struct error *error)
{
    struct listing listing = {.request = request, .exchange = exchange};
    *exchange = (struct exchange){.rounds = 1};
    TRY(list_route(&listing, error));
    TRY(memory_carve(&exchange->lists, place_lists, &listing, "the messages between teams", error));
    TRY(list_route(&listing, error));
    group_adds(&listing);
    group_messages(&listing);
    exchange->received = listing.arriving;
    return STATUS_OK;
}

/* --- the costs of all teams ------------------------------------------------------------------- */

struct costing {
    struct route_message *message; /* NULL: they are only counted */
    size_t messages;
};

static void list_message(void *context, const struct route_message *message)
{
    struct costing *costing = context;
    if (message->floats == 0)
        return;
    if (costing->message)
        costing->message[costing->messages] = *message;
    costing->messages++;
}

static int compare_messages(const void *left, const void *right)
{
    const struct route_message *a = left, *b = right;
    if (a->round != b->round)
        return a->round - b->round;
    return a->from != b->from ? a->from - b->from : a->to - b->to;
}

static enum status list_messages(
    const struct route_request *request, struct costing *costing, struct error *error)
{
    const struct route_visitor visitor = {.message = list_message, .context = costing};
    TRY(route_visit(request, &visitor, error));
    TRY(memory_take(&costing->message, costing->messages, sizeof *costing->message,
        "the messages between teams", error));
    costing->messages = 0;
    TRY(route_visit(request, &visitor, error));
    qsort(costing->message, costing->messages, sizeof *costing->message, compare_messages);
    return STATUS_OK;
}

/* Adds the messages of one round, which are n parts, to the costs; returns the most floats that a
 * team sends or receives in it. */
static int64_t add_round(struct exchange_cost *cost, struct exchange_cost *before, int teams,
    const struct route_message *part, size_t n)
{
    int64_t most = 0;
    memcpy(before, cost, (size_t)teams * sizeof *cost);
    for (size_t i = 0; i < n; i++) {
        cost[part[i].from].sent += part[i].floats;
        cost[part[i].to].received += part[i].floats;
        cost[part[i].from].messages += i == 0 || compare_messages(&part[i - 1], &part[i]) != 0;
    }
    for (int t = 0; t < teams; t++) {
        most = larger(most, cost[t].sent - before[t].sent);
        most = larger(most, cost[t].received - before[t].received);
    }
    return most;
}

enum status exchange_costs(const struct route_request *request, struct exchange_cost *cost,
    struct path *path, struct error *error)
{
    struct costing costing = {0};
    struct exchange_cost *before = NULL;
    int teams = request->teams;
    *path = (struct path){0};
    memset(cost, 0, (size_t)teams * sizeof *cost);
    enum status status =
        memory_take(&before, (size_t)teams, sizeof *before, "the costs of all teams", error);
    if (!status)
        status = list_messages(request, &costing, error);
    for (size_t i = 0, end = 0; !status && i < costing.messages; i = end) {
        const struct route_message *part = &costing.message[i];
        while (end < costing.messages && costing.message[end].round == part->round)
            end++;
        path->rounds++;
        path->floats += add_round(cost, before, teams, part, end - i);
    }
    for (int t = 0; !status && t < teams; t++)
        path->messages = (int)larger(path->messages, cost[t].messages);
    free(costing.message);
    free(before);
    return status;
}
