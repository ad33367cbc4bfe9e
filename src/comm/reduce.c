#include "comm/reduce.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { OWNED_UNIT = 16, JOIN_CHUNK = 4096 }; /* floats: a cache line; what stays in L1 meanwhile */

struct reduce {
    struct comm *comm;
    enum reduce_kind kind;
    const struct vector *vector;
    int64_t parameters;
    int rank, size;
    int *first_node;        /* [size + 1]: rank r's subtrees are node[first_node[r]] ... */
    struct tree_node *node; /* of all ranks, in the order of their slices */
    float **piece;          /* [nodes]: this rank's owned part of each, or the whole sum */
    float *received;        /* the pieces that came from others */
    struct message *send, *receive;
    int n_send, n_receive;
    float *const *buffer; /* the caller's */
    float *sum;           /* allreduce: this rank's, then everyone's */
};

struct range reduce_slices(int64_t slices, int size, int rank)
{
    return split_front(slices, size, rank);
}

struct range reduce_owned(int64_t parameters, int size, int rank)
{
    return split_aligned(parameters, OWNED_UNIT, size, rank);
}

static int cover_of(int64_t slices, int size, int rank, struct tree_node node[TREE_DEPTH])
{
    struct range range = reduce_slices(slices, size, rank);
    return tree_cover(range.first, range.end, node, NULL);
}

struct reduce_cost reduce_cost_of(int64_t slices, int64_t parameters, int size, int rank)
{
    struct tree_node node[TREE_DEPTH];
    struct reduce_cost cost = {0};
    int64_t mine = cover_of(slices, size, rank, node);
    int64_t owned = range_size(reduce_owned(parameters, size, rank));
    cost.sent = mine * (parameters - owned) + (size > 1 ? owned * (size - 1) : 0);
    for (int r = 0; r < size; r++)
        if (r != rank)
            cost.kept += cover_of(slices, size, r, node) * owned;
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
    for (int r = 0; r < reduce->size; r++)
        reduce->first_node[r + 1] =
            reduce->first_node[r] + cover_of(slices, reduce->size, r, cover);
    size_t nodes = (size_t)reduce->first_node[reduce->size];
    status =
        memory_take(&reduce->node, nodes, sizeof *reduce->node, "the plan of the reduction", error);
    for (int r = 0; !status && r < reduce->size; r++) {
        int n = cover_of(slices, reduce->size, r, cover);
        memcpy(reduce->node + reduce->first_node[r], cover, (size_t)n * sizeof *cover);
    }
    return status;
}

int reduce_nodes(const struct reduce *reduce, int rank)
{
    return reduce->first_node[rank + 1] - reduce->first_node[rank];
}

static enum status take_memory(struct reduce *reduce, int64_t slices, struct error *error)
{
    int nodes = reduce->first_node[reduce->size], mine = reduce_nodes(reduce, reduce->rank);
    int64_t kept = reduce_cost_of(slices, reduce->parameters, reduce->size, reduce->rank).kept;
    /* A rank without slices brings zeros to MPI_Allreduce. */
    int64_t zeros = mine == 0 ? reduce->parameters : 0;
    const char *plan = "the plan of the reduction";
    enum status status =
        memory_take(&reduce->piece, (size_t)nodes, sizeof *reduce->piece, plan, error);
    if (!status)
        status =
            memory_take(&reduce->received, (size_t)(reduce->kind == REDUCE_ORDERED ? kept : zeros),
                sizeof(float), "the partial sums that other ranks send", error);
    if (!status)
        status = memory_take(
            &reduce->send, (size_t)mine * (size_t)reduce->size, sizeof *reduce->send, plan, error);
    if (!status)
        status = memory_take(&reduce->receive, (size_t)nodes, sizeof *reduce->receive, plan, error);
    return status;
}

/* Lists the messages, and where the owned part of every subtree will lie: one's own in its buffer,
 * those of others one behind the other in `received`. */
static void plan_messages(struct reduce *reduce)
{
    int first = reduce->first_node[reduce->rank], end = reduce->first_node[reduce->rank + 1];
    struct range owned = reduce_owned(reduce->parameters, reduce->size, reduce->rank);
    float *at = reduce->received;
    for (int r = 0; r < reduce->size; r++) {
        struct range part = reduce_owned(reduce->parameters, reduce->size, r);
        for (int i = first; i < end && r != reduce->rank; i++)
            reduce->send[reduce->n_send++] =
                (struct message){r, reduce->buffer[i - first] + part.first, range_size(part)};
        for (int i = reduce->first_node[r]; i < reduce->first_node[r + 1]; i++) {
            if (r == reduce->rank) {
                reduce->piece[i] = reduce->buffer[i - first] + owned.first;
                continue;
            }
            reduce->piece[i] = at;
            reduce->receive[reduce->n_receive++] = (struct message){r, at, range_size(owned)};
            at += range_size(owned);
        }
    }
}

enum status reduce_create(struct reduce **reduce, struct comm *comm, enum reduce_kind kind,
    int64_t slices, int64_t parameters, float *const *buffer, const struct vector *vector,
    struct error *error)
{
    struct reduce *made = NULL;
    *reduce = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, "the reduction", error);
    if (!status) {
        made->comm = comm;
        made->kind = comm_size(comm) == 1 ? REDUCE_ORDERED : kind;
        made->vector = vector;
        made->buffer = buffer;
        made->parameters = parameters;
        made->rank = comm_rank(comm);
        made->size = comm_size(comm);
        status = list_nodes(made, slices, error);
    }
    if (!status)
        status = take_memory(made, slices, error);
    if (!status && made->kind == REDUCE_ORDERED)
        plan_messages(made);
    if (!status && made->kind == REDUCE_ALLREDUCE) {
        made->sum = reduce_nodes(made, made->rank) > 0 ? buffer[0] : made->received;
        made->piece[0] = made->sum + reduce_owned(parameters, made->size, made->rank).first;
    }
    status = comm_agree(comm, status, error);
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
    free(reduce->first_node);
    free(reduce->node);
    free(reduce->piece);
    free(reduce->received);
    free(reduce->send);
    free(reduce->receive);
    free(reduce);
}

static void exchange_allreduce(struct reduce *reduce)
{
    int mine = reduce_nodes(reduce, reduce->rank);
    if (mine == 0)
        memset(reduce->sum, 0, (size_t)reduce->parameters * sizeof *reduce->sum);
    for (int i = mine - 1; i > 0; i--)
        reduce->vector->add(reduce->buffer[i - 1], reduce->buffer[i], reduce->parameters);
    comm_allreduce_floats(reduce->comm, reduce->sum, reduce->parameters);
}

void reduce_exchange(struct reduce *reduce)
{
    if (reduce->kind == REDUCE_ALLREDUCE)
        exchange_allreduce(reduce);
    else
        comm_exchange_floats(
            reduce->comm, reduce->send, reduce->n_send, reduce->receive, reduce->n_receive);
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
    int64_t first = part.first - reduce_owned(reduce->parameters, reduce->size, reduce->rank).first;
    int64_t end = first + range_size(part);
    bool joined = reduce->kind == REDUCE_ALLREDUCE || reduce->first_node[reduce->size] == 1;
    for (int64_t at = first; !joined && at < end; at += JOIN_CHUNK)
        join_chunk(reduce, at, end - at < JOIN_CHUNK ? end - at : JOIN_CHUNK);
    return reduce->piece[0] + first;
}

void reduce_publish(struct reduce *reduce, float *parameters)
{
    int64_t first[1025] = {0};
    for (int r = 0; r < reduce->size; r++)
        first[r + 1] = reduce_owned(reduce->parameters, reduce->size, r).end;
    comm_share_floats(reduce->comm, parameters, first);
}
