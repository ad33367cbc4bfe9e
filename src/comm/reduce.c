#include "comm/reduce.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { JOIN_CHUNK = 4096 }; /* floats that fit in L1 while a chunk is joined */

/* The plan of the exchange for one number of slices. */
struct deal {
    int64_t slices;
    int nodes;              /* of all teams */
    int *first_node;        /* [size + 1]: team t's subtrees are node[first_node[t]] ... */
    struct tree_node *node; /* the subtrees of all teams, in the order of their slices */
    float **piece;          /* [nodes]: this team's owned part of each subtree, or the whole sum */
    struct message *send, *receive;
    int n_send, n_receive;
};

struct reduce {
    struct comm *comm;
    struct teams *teams;
    enum reduce_kind kind;
    const struct vector *vector;
    int64_t parameters, unit;
    int team, size; /* number of this rank's team, and of teams */
    void *block;
    const struct deal *now;          /* the one in use */
    float *received;                 /* pieces from other teams, in this team's memory */
    struct message *publish, *renew; /* [size]: to send this team's range; to receive the others' */
    float *const *buffer;            /* owned by the caller */
    struct comm *leads;              /* allreduce: the first rank of each team; else NULL */
    int deals;
    struct deal deal[];
};

struct range reduce_slices(int64_t slices, int teams, int team)
{
    return split_front(slices, teams, team);
}

struct range reduce_owned(int64_t parameters, int64_t unit, int teams, int team)
{
    return split_aligned(parameters, unit, teams, team);
}

static struct range owned_by(const struct reduce *reduce, int team)
{
    return reduce_owned(reduce->parameters, reduce->unit, reduce->size, team);
}

static int cover_of(int64_t slices, int teams, int team, struct tree_node node[TREE_DEPTH])
{
    struct range range = reduce_slices(slices, teams, team);
    return tree_cover(range.first, range.end, node, NULL);
}

struct reduce_cost reduce_cost_of(
    int64_t slices, int64_t parameters, int64_t unit, int teams, int team)
{
    struct tree_node node[TREE_DEPTH];
    struct reduce_cost cost = {0};
    int64_t mine = cover_of(slices, teams, team, node);
    int64_t owned = range_size(reduce_owned(parameters, unit, teams, team));
    cost.sent = mine * (parameters - owned) + owned * (teams - 1);
    for (int t = 0; t < teams; t++)
        if (t != team)
            cost.kept += cover_of(slices, teams, t, node) * owned;
    cost.received = cost.kept + parameters - owned;
    return cost;
}

int64_t reduce_received(enum reduce_kind kind, const int64_t *slices, int deals, int64_t parameters,
    int64_t unit, int teams, int team)
{
    int64_t most = 0;
    for (int i = 0; i < deals; i++) {
        int64_t n = 0;
        if (kind == REDUCE_ORDERED || teams == 1)
            n = reduce_cost_of(slices[i], parameters, unit, teams, team).kept;
        else if (range_size(reduce_slices(slices[i], teams, team)) == 0)
            n = parameters; /* a team without slices contributes zeros to MPI_Allreduce */
        most = n > most ? n : most;
    }
    return most;
}

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
    reduce->publish = carve(carver, size, sizeof *reduce->publish);
    reduce->renew = carve(carver, size, sizeof *reduce->renew);
    for (int i = 0; i < reduce->deals; i++) {
        struct tree_node cover[TREE_DEPTH];
        struct deal *deal = &reduce->deal[i];
        size_t nodes = (size_t)deal->nodes;
        size_t mine = (size_t)cover_of(deal->slices, reduce->size, reduce->team, cover);
        deal->first_node = carve(carver, size + 1, sizeof *deal->first_node);
        deal->node = carve(carver, nodes, sizeof *deal->node);
        deal->piece = carve(carver, nodes, sizeof *deal->piece);
        deal->send = carve(carver, mine * size, sizeof *deal->send);
        deal->receive = carve(carver, nodes, sizeof *deal->receive);
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
    enum status status =
        memory_carve(&reduce->block, place_lists, reduce, "the plan of the reduction", error);
    for (int i = 0; !status && i < reduce->deals; i++)
        list_nodes(reduce, &reduce->deal[i]);
    reduce->now = reduce->deal;
    return status;
}

/* Allocates the team's memory for sums from others. The ranks agree on the status before and
 * after. */
static enum status take_received(struct reduce *reduce, const int64_t *slices, struct error *error)
{
    int64_t n = reduce_received(reduce->kind, slices, reduce->deals, reduce->parameters,
        reduce->unit, reduce->size, reduce->team);
    if (n == 0)
        return STATUS_OK;
    return teams_take(reduce->teams, &reduce->received, (size_t)n, sizeof(float),
        "the partial sums that other teams send", error);
}

/* Lists the messages, and the places of the owned part of every subtree: for this team's subtrees
 * in its own buffers, for those of other teams one after the other in `received`. */
static void plan_exchange(const struct reduce *reduce, struct deal *deal)
{
    int first = deal->first_node[reduce->team], end = deal->first_node[reduce->team + 1];
    struct range owned = owned_by(reduce, reduce->team);
    float *at = reduce->received;
    for (int t = 0; t < reduce->size; t++) {
        struct range part = owned_by(reduce, t);
        int partner = partner_in(reduce, t);
        for (int i = first; i < end && partner >= 0; i++)
            deal->send[deal->n_send++] =
                (struct message){partner, reduce->buffer[i - first] + part.first, range_size(part)};
        for (int i = deal->first_node[t]; i < deal->first_node[t + 1]; i++) {
            if (t == reduce->team) {
                deal->piece[i] = reduce->buffer[i - first] + owned.first;
                continue;
            }
            deal->piece[i] = at;
            if (partner >= 0)
                deal->receive[deal->n_receive++] = (struct message){partner, at, range_size(owned)};
            at += range_size(owned);
        }
    }
}

/* Returns the team's first buffer, which receives the whole sum of a deal. */
static float *whole_sum(const struct reduce *reduce, const struct deal *deal)
{
    return nodes_of(deal, reduce->team) > 0 ? reduce->buffer[0] : reduce->received;
}

static enum status plan_allreduce(struct reduce *reduce, struct error *error)
{
    bool leads = reduce->teams->rank == 0;
    for (int i = 0; i < reduce->deals; i++)
        reduce->deal[i].piece[0] =
            whole_sum(reduce, &reduce->deal[i]) + owned_by(reduce, reduce->team).first;
    enum status status = comm_split(&reduce->leads, reduce->comm, leads, error);
    if (status)
        reduce->leads = NULL;
    return status;
}

enum status reduce_create(struct reduce **reduce, struct comm *comm, struct teams *teams,
    enum reduce_kind kind, const int64_t *slices, int deals, int64_t parameters, int64_t unit,
    float *const *buffer, const struct vector *vector, struct error *error)
{
    struct reduce *made = NULL;
    *reduce = NULL;
    size_t bytes = sizeof *made + (size_t)deals * sizeof *made->deal;
    enum status status = memory_take(&made, 1, bytes, "the reduction", error);
    if (!status) {
        *made = (struct reduce){.comm = comm,
            .teams = teams,
            .kind = teams->count == 1 ? REDUCE_ORDERED : kind,
            .vector = vector,
            .parameters = parameters,
            .unit = unit,
            .team = teams->mine,
            .size = teams->count,
            .buffer = buffer,
            .deals = deals};
        status = take_lists(made, slices, error);
    }
    status = comm_agree(comm, status, error);
    if (!status)
        status = comm_agree(comm, take_received(made, slices, error), error);
    if (!status) {
        for (int i = 0; made->kind == REDUCE_ORDERED && i < deals; i++)
            plan_exchange(made, &made->deal[i]);
        if (made->kind == REDUCE_ALLREDUCE)
            status = comm_agree(comm, plan_allreduce(made, error), error);
    }
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
    teams_give(reduce->teams, reduce->received);
    comm_destroy(reduce->leads);
    free(reduce->block);
    free(reduce);
}

/* The first rank of each team exchanges the sums for the whole team. */
static void exchange_allreduce(struct reduce *reduce)
{
    int mine = reduce_nodes(reduce, reduce->team);
    float *sum = whole_sum(reduce, reduce->now);
    if (reduce->teams->rank > 0)
        return;
    if (mine == 0)
        memset(sum, 0, (size_t)reduce->parameters * sizeof *sum);
    for (int i = mine - 1; i > 0; i--)
        reduce->vector->add(reduce->buffer[i - 1], reduce->buffer[i], reduce->parameters);
    comm_allreduce_floats(reduce->leads, sum, reduce->parameters);
}

void reduce_exchange(struct reduce *reduce)
{
    if (reduce->kind == REDUCE_ALLREDUCE)
        exchange_allreduce(reduce);
    else
        comm_exchange_floats(reduce->comm, reduce->now->send, reduce->now->n_send,
            reduce->now->receive, reduce->now->n_receive);
}

void reduce_publish(struct reduce *reduce, float *parameters)
{
    struct range owned = owned_by(reduce, reduce->team);
    int n = 0;
    for (int t = 0; t < reduce->size; t++) {
        struct range theirs = owned_by(reduce, t);
        int partner = partner_in(reduce, t);
        if (partner < 0)
            continue;
        reduce->publish[n] = (struct message){partner, parameters + owned.first, range_size(owned)};
        reduce->renew[n++] =
            (struct message){partner, parameters + theirs.first, range_size(theirs)};
    }
    comm_exchange_floats(reduce->comm, reduce->publish, n, reduce->renew, n);
}

/* Adds in place, each time to the left piece, so that the total ends up in the first one. */
static void join_chunk(struct reduce *reduce, int64_t offset, int64_t n)
{
    struct tree_stack stack;
    float *sum[TREE_DEPTH];
    stack.size = 0;
    for (int i = 0; i < reduce->now->first_node[reduce->size]; i++) {
        sum[tree_push(&stack, reduce->now->node[i])] = reduce->now->piece[i] + offset;
        while (tree_join(&stack))
            reduce->vector->add(sum[stack.size - 1], sum[stack.size], n);
    }
    while (tree_fold(&stack))
        reduce->vector->add(sum[stack.size - 1], sum[stack.size], n);
}

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

const float *reduce_join(struct reduce *reduce, struct range part)
{
    int64_t first = part.first - owned_by(reduce, reduce->team).first;
    int64_t end = first + range_size(part);
    bool joined = reduce->kind == REDUCE_ALLREDUCE || reduce->now->first_node[reduce->size] == 1;
    for (int64_t at = first; !joined && at < end; at += JOIN_CHUNK)
        join_chunk(reduce, at, end - at < JOIN_CHUNK ? end - at : JOIN_CHUNK);
    return reduce->now->piece[0] + first;
}
