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
};

struct range reduce_slices(int64_t slices, int size, int rank) {
    return split_front(slices, size, rank);
}

struct range reduce_owned(int64_t parameters, int size, int rank) {
    return split_aligned(parameters, OWNED_UNIT, size, rank);
}

static int cover_of(int64_t slices, int size, int rank, struct tree_node node[TREE_DEPTH]) {
    struct range range = reduce_slices(slices, size, rank);
    return tree_cover(range.first, range.end, node, NULL);
}

struct reduce_cost reduce_cost_of(int64_t slices, int64_t parameters, int size, int rank) {
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

static enum status list_nodes(struct reduce *reduce, int64_t slices, struct error *error) {
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

/* Pieces of others lie one behind the other in `received`. */
static enum status take_pieces(struct reduce *reduce, int64_t slices, struct error *error) {
    int nodes = reduce->first_node[reduce->size];
    int mine = reduce->first_node[reduce->rank + 1] - reduce->first_node[reduce->rank];
    int64_t owned = range_size(reduce_owned(reduce->parameters, reduce->size, reduce->rank));
    struct reduce_cost cost =
        reduce_cost_of(slices, reduce->parameters, reduce->size, reduce->rank);
    int64_t floats = reduce->kind == REDUCE_ORDERED ? cost.kept
                     : mine == 0                    ? reduce->parameters
                                                    : 0;

    enum status status = memory_take(&reduce->piece, (size_t)nodes + 1, sizeof *reduce->piece,
        "the plan of the reduction", error);
    if (!status)
        status = memory_take(&reduce->received, (size_t)floats, sizeof(float),
            "the partial sums that other ranks send", error);
    if (!status)
        status = memory_take(&reduce->send, (size_t)(mine * reduce->size), sizeof *reduce->send,
            "the plan of the reduction", error);
    if (!status)
        status = memory_take(&reduce->receive, (size_t)nodes, sizeof *reduce->receive,
            "the plan of the reduction", error);
    float *at = reduce->received;
    for (int i = 0; !status && reduce->kind == REDUCE_ORDERED && i < nodes; i++) {
        if (i >= reduce->first_node[reduce->rank] && i < reduce->first_node[reduce->rank + 1])
            continue;
        reduce->piece[i] = at;
        at += owned;
    }
    return status;
}

enum status reduce_create(struct reduce **reduce, struct comm *comm, enum reduce_kind kind,
    int64_t slices, int64_t parameters, const struct vector *vector, struct error *error) {
    struct reduce *made = NULL;
    *reduce = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, "the reduction", error);
    if (!status) {
        made->comm = comm;
        made->kind = kind;
        made->vector = vector;
        made->parameters = parameters;
        made->rank = comm_rank(comm);
        made->size = comm_size(comm);
        status = list_nodes(made, slices, error);
    }
    if (!status)
        status = take_pieces(made, slices, error);
    status = comm_agree(comm, status, error);
    if (status)
        reduce_destroy(made);
    else
        *reduce = made;
    return status;
}

void reduce_destroy(struct reduce *reduce) {
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

static void exchange_ordered(struct reduce *reduce, float *const *buffer) {
    int first = reduce->first_node[reduce->rank], end = reduce->first_node[reduce->rank + 1];
    struct range owned = reduce_owned(reduce->parameters, reduce->size, reduce->rank);
    int n_send = 0, n_receive = 0;
    for (int r = 0; r < reduce->size; r++) {
        struct range part = reduce_owned(reduce->parameters, reduce->size, r);
        for (int i = first; i < end && r != reduce->rank; i++)
            reduce->send[n_send++] =
                (struct message){r, buffer[i - first] + part.first, range_size(part)};
        for (int i = reduce->first_node[r]; i < reduce->first_node[r + 1]; i++) {
            if (r == reduce->rank)
                reduce->piece[i] = buffer[i - first] + owned.first;
            else
                reduce->receive[n_receive++] =
                    (struct message){r, reduce->piece[i], range_size(owned)};
        }
    }
    comm_exchange_floats(reduce->comm, reduce->send, n_send, reduce->receive, n_receive);
}

static void exchange_allreduce(struct reduce *reduce, float *const *buffer) {
    int mine = reduce->first_node[reduce->rank + 1] - reduce->first_node[reduce->rank];
    float *sum = mine > 0 ? buffer[0] : reduce->received;
    if (mine == 0)
        memset(sum, 0, (size_t)reduce->parameters * sizeof *sum);
    for (int i = mine - 1; i > 0; i--)
        reduce->vector->add(buffer[i - 1], buffer[i], reduce->parameters);
    comm_allreduce_floats(reduce->comm, sum, reduce->parameters);
    reduce->piece[0] = sum + reduce_owned(reduce->parameters, reduce->size, reduce->rank).first;
}

void reduce_exchange(struct reduce *reduce, float *const *buffer) {
    if (reduce->kind == REDUCE_ORDERED)
        exchange_ordered(reduce, buffer);
    else
        exchange_allreduce(reduce, buffer);
}

static void join_chunk(struct reduce *reduce, int64_t offset, int64_t n) {
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

int reduce_nodes(const struct reduce *reduce, int rank) {
    return reduce->first_node[rank + 1] - reduce->first_node[rank];
}

double reduce_join_doubles(const struct reduce *reduce, const double *value) {
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

const float *reduce_join(struct reduce *reduce, struct range part) {
    int64_t first = part.first - reduce_owned(reduce->parameters, reduce->size, reduce->rank).first;
    int64_t end = first + range_size(part);
    bool joined = reduce->kind == REDUCE_ALLREDUCE || reduce->first_node[reduce->size] == 1;
    for (int64_t at = first; !joined && at < end; at += JOIN_CHUNK)
        join_chunk(reduce, at, end - at < JOIN_CHUNK ? end - at : JOIN_CHUNK);
    return reduce->piece[0] + first;
}
