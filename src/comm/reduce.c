#include "comm/reduce.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { JOIN_CHUNK = 4096 }; /* floats: what stays in L1 meanwhile */

struct reduce {
    struct comm *comm;
    struct teams *teams;
    enum reduce_kind kind;
    const struct vector *vector;
    int64_t parameters, unit;
    int team, size;         /* this rank's team, of how many */
    int *first_node;        /* [size + 1]: team t's subtrees are node[first_node[t]] ... */
    struct tree_node *node; /* of all teams, in the order of their slices */
    float **piece;          /* [nodes]: this team's owned part of each, or the whole sum */
    float *received;        /* the pieces that came from others; the team's memory */
    struct message *send, *receive;
    int n_send, n_receive;
    struct message *publish, *renew; /* [size]: the owned range to others, and theirs */
    float *const *buffer;            /* the caller's */
    float *sum;                      /* allreduce: this team's, then everyone's */
    struct comm *leads;              /* allreduce: the first ranks of all teams; else NULL */
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

static enum status list_nodes(struct reduce *reduce, int64_t slices, struct error *error)
{
    struct tree_node cover[TREE_DEPTH];
    enum status status = memory_take(&reduce->first_node, (size_t)reduce->size + 1,
        sizeof *reduce->first_node, "the plan of the reduction", error);
    if (status)
        return status;
    for (int t = 0; t < reduce->size; t++)
        reduce->first_node[t + 1] =
            reduce->first_node[t] + cover_of(slices, reduce->size, t, cover);
    size_t nodes = (size_t)reduce->first_node[reduce->size];
    status =
        memory_take(&reduce->node, nodes, sizeof *reduce->node, "the plan of the reduction", error);
    for (int t = 0; !status && t < reduce->size; t++) {
        int n = cover_of(slices, reduce->size, t, cover);
        memcpy(reduce->node + reduce->first_node[t], cover, (size_t)n * sizeof *cover);
    }
    return status;
}

int reduce_nodes(const struct reduce *reduce, int team)
{
    return reduce->first_node[team + 1] - reduce->first_node[team];
}

/* The rank of another team with which this one talks; -1: another of this team does. */
static int partner_in(const struct reduce *reduce, int other)
{
    const struct teams *teams = reduce->teams;
    if (other == reduce->team || other % teams_size(teams, reduce->team) != teams_rank(teams))
        return -1;
    return teams_ranks(teams, other)[reduce->team % teams_size(teams, other)];
}

static enum status take_lists(struct reduce *reduce, struct error *error)
{
    size_t nodes = (size_t)reduce->first_node[reduce->size];
    size_t sends = (size_t)reduce_nodes(reduce, reduce->team) * (size_t)reduce->size;
    const char *what = "the plan of the reduction";
    enum status status = memory_take(&reduce->piece, nodes, sizeof *reduce->piece, what, error);
    if (!status)
        status = memory_take(&reduce->send, sends, sizeof *reduce->send, what, error);
    if (!status)
        status = memory_take(&reduce->receive, nodes, sizeof *reduce->receive, what, error);
    if (!status)
        status = memory_take(
            &reduce->publish, (size_t)reduce->size, sizeof *reduce->publish, what, error);
    if (!status)
        status =
            memory_take(&reduce->renew, (size_t)reduce->size, sizeof *reduce->renew, what, error);
    return status;
}

/* Agreed by all ranks until now; the same calls on all ranks of a team. */
static enum status take_received(struct reduce *reduce, int64_t slices, struct error *error)
{
    int64_t n =
        reduce_cost_of(slices, reduce->parameters, reduce->unit, reduce->size, reduce->team).kept;
    /* A team without slices brings zeros to MPI_Allreduce. */
    if (reduce->kind == REDUCE_ALLREDUCE)
        n = reduce_nodes(reduce, reduce->team) == 0 ? reduce->parameters : 0;
    if (n == 0)
        return STATUS_OK;
    return teams_take(reduce->teams, &reduce->received, (size_t)n, sizeof(float),
        "the partial sums that other teams send", error);
}

/* Lists the messages, and where the owned part of every subtree will lie: one's own in its buffer,
 * those of others one behind the other in `received`. */
static void plan_exchange(struct reduce *reduce)
{
    int first = reduce->first_node[reduce->team], end = reduce->first_node[reduce->team + 1];
    struct range owned = owned_by(reduce, reduce->team);
    float *at = reduce->received;
    for (int t = 0; t < reduce->size; t++) {
        struct range part = owned_by(reduce, t);
        int partner = partner_in(reduce, t);
        for (int i = first; i < end && partner >= 0; i++)
            reduce->send[reduce->n_send++] =
                (struct message){partner, reduce->buffer[i - first] + part.first, range_size(part)};
        for (int i = reduce->first_node[t]; i < reduce->first_node[t + 1]; i++) {
            if (t == reduce->team) {
                reduce->piece[i] = reduce->buffer[i - first] + owned.first;
                continue;
            }
            reduce->piece[i] = at;
            if (partner >= 0)
                reduce->receive[reduce->n_receive++] =
                    (struct message){partner, at, range_size(owned)};
            at += range_size(owned);
        }
    }
}

static enum status plan_allreduce(struct reduce *reduce, struct error *error)
{
    bool leads = teams_rank(reduce->teams) == 0;
    reduce->sum = reduce_nodes(reduce, reduce->team) > 0 ? reduce->buffer[0] : reduce->received;
    reduce->piece[0] = reduce->sum + owned_by(reduce, reduce->team).first;
    enum status status = comm_split(&reduce->leads, reduce->comm, leads, error);
    if (status)
        reduce->leads = NULL;
    return status;
}

enum status reduce_create(struct reduce **reduce, struct comm *comm, struct teams *teams,
    enum reduce_kind kind, int64_t slices, int64_t parameters, int64_t unit, float *const *buffer,
    const struct vector *vector, struct error *error)
{
    struct reduce *made = NULL;
    *reduce = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, "the reduction", error);
    if (!status) {
        *made = (struct reduce){.comm = comm,
            .teams = teams,
            .kind = teams_count(teams) == 1 ? REDUCE_ORDERED : kind,
            .vector = vector,
            .parameters = parameters,
            .unit = unit,
            .team = teams_mine(teams),
            .size = teams_count(teams),
            .buffer = buffer};
        status = list_nodes(made, slices, error);
    }
    if (!status)
        status = take_lists(made, error);
    status = comm_agree(comm, status, error);
    if (!status)
        status = comm_agree(comm, take_received(made, slices, error), error);
    if (!status) {
        if (made->kind == REDUCE_ORDERED)
            plan_exchange(made);
        else
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
    free(reduce->first_node);
    free(reduce->node);
    free(reduce->piece);
    free(reduce->send);
    free(reduce->receive);
    free(reduce->publish);
    free(reduce->renew);
    free(reduce);
}

/* The first rank of each team, for all of it. */
static void exchange_allreduce(struct reduce *reduce)
{
    int mine = reduce_nodes(reduce, reduce->team);
    if (teams_rank(reduce->teams) > 0)
        return;
    if (mine == 0)
        memset(reduce->sum, 0, (size_t)reduce->parameters * sizeof *reduce->sum);
    for (int i = mine - 1; i > 0; i--)
        reduce->vector->add(reduce->buffer[i - 1], reduce->buffer[i], reduce->parameters);
    comm_allreduce_floats(reduce->leads, reduce->sum, reduce->parameters);
}

void reduce_exchange(struct reduce *reduce)
{
    if (reduce->kind == REDUCE_ALLREDUCE)
        exchange_allreduce(reduce);
    else
        comm_exchange_floats(
            reduce->comm, reduce->send, reduce->n_send, reduce->receive, reduce->n_receive);
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

static void join_chunk(struct reduce *reduce, int64_t offset, int64_t n)
{
    struct tree_stack stack;
    float *sum[TREE_DEPTH];
    stack.size = 0;
    for (int i = 0; i < reduce->first_node[reduce->size]; i++) {
        sum[tree_push(&stack, reduce->node[i])] = reduce->piece[i] + offset;
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
    for (int i = 0; i < reduce->first_node[reduce->size]; i++) {
        sum[tree_push(&stack, reduce->node[i])] = value[i];
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
    bool joined = reduce->kind == REDUCE_ALLREDUCE || reduce->first_node[reduce->size] == 1;
    for (int64_t at = first; !joined && at < end; at += JOIN_CHUNK)
        join_chunk(reduce, at, end - at < JOIN_CHUNK ? end - at : JOIN_CHUNK);
    return reduce->piece[0] + first;
}
