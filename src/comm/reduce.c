#include "comm/reduce.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "comm/deal.h"
#include "comm/exchange.h"
#include "comm/reduce_cost.h"

/* The plan of the exchange for one number of slices. */
struct deal {
    int64_t slices;
    int nodes;              /* of all teams */
    int *first_node;        /* [size + 1]: team t's subtrees are node[first_node[t]] ... */
    struct tree_node *node; /* the subtrees of all teams, in the order of their slices */
    struct exchange exchange;
    float *sum; /* of the owned parameters */
};

struct reduce {
    struct comm *comm;
    struct teams *teams;
    enum reduce_kind kind;
    const struct vector *vector;
    struct route_request route; /* of the first deal */
    int team, size;             /* number of this rank's team, and of teams */
    void *block;
    const struct deal *now;         /* the one in use */
    float *received;                /* pieces from other teams, in this team's memory */
    float *const *buffer;           /* owned by the caller */
    struct comm *leads;             /* allreduce: the first rank of each team; else NULL */
    struct message *send, *receive; /* [size + 1]: of a publication */
    int deals;
    struct deal deal[];
};

static struct range owned_by(const struct reduce *reduce, int team)
{
    return route_block(&reduce->route, team);
}

static int cover_of(int64_t slices, int teams, int team, struct tree_node node[TREE_DEPTH])
{
    struct range range = deal_slices(slices, teams, team);
    return tree_cover(range.first, range.end, node, NULL);
}

/* --- creation -------------------------------------------------------------------------------- */

static void list_nodes(const struct reduce *reduce, struct deal *deal)
{
    for (int t = 0; t < reduce->size; t++) {
        struct tree_node cover[TREE_DEPTH];
        int n = cover_of(deal->slices, reduce->size, t, cover);
        memcpy(deal->node + deal->first_node[t], cover, (size_t)n * sizeof *cover);
        deal->first_node[t + 1] = deal->first_node[t] + n;
    }
}

static int nodes_of(const struct deal *deal, int team)
{
    return deal->first_node[team + 1] - deal->first_node[team];
}

int reduce_nodes(const struct reduce *reduce, int team)
{
    return nodes_of(reduce->now, team);
}

void reduce_choose(struct reduce *reduce, int64_t deal)
{
    reduce->now = &reduce->deal[deal];
}

/* Returns the rank of another team with which this rank exchanges messages; -1: another rank of
 * this team exchanges messages with it. */
static int partner_in(const struct reduce *reduce, int other)
{
    const struct teams *teams = reduce->teams;
    if (other == reduce->team || other % teams->team[reduce->team].size != teams->rank)
        return -1;
    return teams->team[other].ranks[reduce->team % teams->team[other].size];
}

static void place_lists(void *object, struct carver *carver)
{
    struct reduce *reduce = object;
    size_t size = (size_t)reduce->size;
    reduce->send = carve(carver, size + 1, sizeof *reduce->send);
    reduce->receive = carve(carver, size + 1, sizeof *reduce->receive);
    for (int i = 0; i < reduce->deals; i++) {
        struct deal *deal = &reduce->deal[i];
        deal->first_node = carve(carver, size + 1, sizeof *deal->first_node);
        deal->node = carve(carver, (size_t)deal->nodes, sizeof *deal->node);
    }
}

static enum status take_lists(struct reduce *reduce, const int64_t *slices, struct error *error)
{
    for (int i = 0; i < reduce->deals; i++) {
        struct tree_node cover[TREE_DEPTH];
        reduce->deal[i].slices = slices[i];
        for (int t = 0; t < reduce->size; t++)
            reduce->deal[i].nodes += cover_of(slices[i], reduce->size, t, cover);
    }
    TRY(memory_carve(&reduce->block, place_lists, reduce, "the plan of the reduction", error));
    for (int i = 0; i < reduce->deals; i++)
        list_nodes(reduce, &reduce->deal[i]);
    reduce->now = reduce->deal;
    return STATUS_OK;
}

static struct route_request route_of(const struct reduce *reduce, const struct deal *deal)
{
    struct route_request route = reduce->route;
    route.slices = deal->slices;
    return route;
}

/* Keeps the messages of this rank, and replaces teams by their ranks. */
static int keep_own(const struct reduce *reduce, struct message *message, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        message[kept] = message[i];
        message[kept].rank = partner_in(reduce, message[i].rank);
        kept += message[kept].rank >= 0;
    }
    return kept;
}

static enum status list_exchange(struct reduce *reduce, struct deal *deal, struct error *error)
{
    struct exchange_request request = {
        route_of(reduce, deal), reduce->team, reduce->buffer, reduce->received};
    TRY(exchange_list(&deal->exchange, &request, error));
    for (int r = 0; r < deal->exchange.rounds; r++) {
        struct exchange_round *round = &deal->exchange.round[r];
        round->sends = keep_own(reduce, round->send, round->sends);
        round->receives = keep_own(reduce, round->receive, round->receives);
    }
    deal->sum = deal->exchange.sum;
    return STATUS_OK;
}

/* Returns the buffer of a team that receives the whole sum of a deal. */
static float *whole_sum(const struct reduce *reduce, const struct deal *deal)
{
    return nodes_of(deal, reduce->team) > 0 ? reduce->buffer[0] : reduce->received;
}

static enum status plan_allreduce(struct reduce *reduce, struct error *error)
{
    bool leads = reduce->teams->rank == 0;
    for (int i = 0; i < reduce->deals; i++)
        reduce->deal[i].sum =
            whole_sum(reduce, &reduce->deal[i]) + owned_by(reduce, reduce->team).first;
    enum status status = comm_split(&reduce->leads, reduce->comm, leads, error);
    if (status)
        reduce->leads = NULL;
    return status;
}

static enum status plan_exchanges(struct reduce *reduce, struct error *error)
{
    if (reduce->kind == REDUCE_ALLREDUCE)
        return plan_allreduce(reduce, error);
    enum status status = STATUS_OK;
    for (int i = 0; !status && i < reduce->deals; i++)
        status = list_exchange(reduce, &reduce->deal[i], error);
    return status;
}

/* Allocates the lists and the team's memory for sums from others. The ranks agree after each. */
static enum status take_memory(
    struct reduce *reduce, const struct reduce_request *request, struct error *error)
{
    int64_t received = 0;
    enum status status = take_lists(reduce, request->slices, error);
    if (!status)
        status = reduce_received(request, reduce->team, &received, error);
    TRY(comm_agree(reduce->comm, status, error));
    if (received > 0)
        status = teams_take(reduce->teams, &reduce->received, (size_t)received, sizeof(float),
            "the partial sums that other teams send", error);
    return comm_agree(reduce->comm, status, error);
}

enum status reduce_create(struct reduce **reduce, struct comm *comm, struct teams *teams,
    const struct reduce_request *request, float *const *buffer, const struct vector *vector,
    struct error *error)
{
    struct reduce *made = NULL;
    *reduce = NULL;
    size_t bytes = sizeof *made + (size_t)request->deals * sizeof *made->deal;
    TRY(comm_agree(comm, memory_take(&made, 1, bytes, "the reduction", error), error));
    *made = (struct reduce){.comm = comm,
        .teams = teams,
        .kind = teams->count == 1 ? REDUCE_ORDERED : request->kind,
        .vector = vector,
        .route = request->route,
        .team = teams->mine,
        .size = teams->count,
        .buffer = buffer,
        .deals = request->deals};
    enum status status = take_memory(made, request, error);
    if (!status)
        status = comm_agree(comm, plan_exchanges(made, error), error);
    if (status)
        reduce_destroy(made);
    else
        *reduce = made;
    return status;
}

void reduce_destroy(struct reduce *reduce)
{
    if (!reduce)
        return;
    for (int i = 0; i < reduce->deals; i++)
        free(reduce->deal[i].exchange.lists);
    teams_give(reduce->teams, reduce->received);
    comm_destroy(reduce->leads);
    free(reduce->block);
    free(reduce);
}

/* --- a step ---------------------------------------------------------------------------------- */

/* The first rank of each team exchanges the sums for the whole team. */
static void exchange_allreduce(struct reduce *reduce)
{
    int mine = reduce_nodes(reduce, reduce->team);
    float *sum = whole_sum(reduce, reduce->now);
    if (reduce->teams->rank > 0)
        return;
    if (mine == 0)
        memset(sum, 0, (size_t)reduce->route.parameters * sizeof *sum);
    for (int i = mine - 1; i > 0; i--)
        reduce->vector->add(reduce->buffer[i - 1], reduce->buffer[i], reduce->route.parameters);
    comm_allreduce_floats(reduce->leads, sum, reduce->route.parameters);
}

/* A worker takes the same share of a block in every addition, so these need no barrier in between,
 * nor does the use of its share of the sums. */
static void add_sums(
    const struct reduce *reduce, const struct worker *worker, const struct exchange_round *round)
{
    for (int i = 0; i < round->adds; i++) {
        const struct exchange_add *add = &round->add[i];
        struct range share = worker_share(worker, add->n, reduce->route.unit);
        reduce->vector->add(add->left + share.first, add->right + share.first, range_size(share));
    }
}

void reduce_exchange(struct reduce *reduce, const struct worker *worker)
{
    const struct exchange *exchange = &reduce->now->exchange;
    if (reduce->kind == REDUCE_ALLREDUCE) {
        if (worker_speaks(worker))
            exchange_allreduce(reduce);
        team_barrier(worker);
        return;
    }
    for (int r = 0; r < exchange->rounds; r++) {
        const struct exchange_round *round = &exchange->round[r];
        add_sums(reduce, worker, round);
        if (r + 1 == exchange->rounds)
            return;
        if (round->adds > 0)
            team_barrier(worker); /* what leaves next is complete */
        if (worker_speaks(worker))
            comm_exchange_floats(
                reduce->comm, round->send, round->sends, round->receive, round->receives);
        team_barrier(worker); /* all ranks of the team have received their messages */
    }
}

const float *reduce_sums(const struct reduce *reduce)
{
    return reduce->now->sum;
}

/* Appends a message of the blocks first ... first + n - 1, counted in a circle, for another team;
 * unless another rank of this team exchanges messages with it. */
static int append_blocks(const struct reduce *reduce, struct message *list, int entries, int team,
    float *parameters, int first, int n)
{
    int rank = partner_in(reduce, team), size = reduce->size;
    int before_end = (int)least(n, size - first);
    int64_t at = owned_by(reduce, first).first;
    int64_t end = owned_by(reduce, first + before_end - 1).end;
    int64_t around = n > before_end ? owned_by(reduce, n - before_end - 1).end : 0;
    if (rank < 0)
        return entries;
    if (end > at)
        list[entries++] = (struct message){rank, parameters + at, end - at, around > 0};
    if (around > 0)
        list[entries++] = (struct message){rank, parameters, around, false};
    return entries;
}

static void publish_directly(struct reduce *reduce, float *parameters)
{
    int sends = 0, receives = 0;
    for (int t = 0; t < reduce->size; t++) {
        sends = append_blocks(reduce, reduce->send, sends, t, parameters, reduce->team, 1);
        receives = append_blocks(reduce, reduce->receive, receives, t, parameters, t, 1);
    }
    comm_exchange_floats(reduce->comm, reduce->send, sends, reduce->receive, receives);
}

void reduce_publish(struct reduce *reduce, const struct worker *worker, float *parameters)
{
    int size = reduce->size, me = reduce->team;
    if (reduce->route.kind == ROUTE_DIRECT) {
        if (worker_speaks(worker))
            publish_directly(reduce, parameters);
        return;
    }
    /* Bruck's allgather: the blocks that a team has, from its own on, double in each round. */
    for (int has = 1; has < size; has *= 2) {
        int from = (me + has) % size, to = (me + size - has) % size;
        int n = (int)least(has, size - has);
        if (has > 1)
            team_barrier(worker); /* all ranks of the team have received what leaves next */
        if (!worker_speaks(worker))
            continue;
        int sends = append_blocks(reduce, reduce->send, 0, to, parameters, me, n);
        int receives = append_blocks(reduce, reduce->receive, 0, from, parameters, from, n);
        comm_exchange_floats(reduce->comm, reduce->send, sends, reduce->receive, receives);
    }
}

/* --- scalars --------------------------------------------------------------------------------- */

double reduce_join_doubles(const struct reduce *reduce, const double *value)
{
    struct tree_stack stack;
    double sum[TREE_DEPTH];
    stack.size = 0;
    for (int i = 0; i < reduce->now->first_node[reduce->size]; i++) {
        sum[tree_push(&stack, reduce->now->node[i])] = value[i];
        while (tree_join(&stack))
            sum[stack.size - 1] += sum[stack.size];
    }
    while (tree_fold(&stack))
        sum[stack.size - 1] += sum[stack.size];
    return sum[0];
}
