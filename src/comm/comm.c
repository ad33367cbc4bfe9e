#include "comm/comm.h"

#include <stdlib.h>
#include <string.h>

#include "comm/transport.h"

struct comm *comm_self(void)
{
    static struct comm self = {.size = 1, .local_size = 1, .hosts = 1}; /* never written to */
    return &self;
}

enum status comm_create(struct comm **comm, const void *mpi_comm, struct error *error)
{
    *comm = comm_self();
    return mpi_comm ? transport_duplicate(comm, mpi_comm, error) : STATUS_OK;
}

void comm_destroy(struct comm *comm)
{
    if (comm && comm->handle)
        transport_free(comm);
}

enum status comm_split(struct comm **part, struct comm *comm, int colour, struct error *error)
{
    *part = comm_self();
    return comm->handle ? transport_split(part, comm, colour, error) : STATUS_OK;
}

int comm_rank(const struct comm *comm)
{
    return comm->rank;
}

int comm_size(const struct comm *comm)
{
    return comm->size;
}

int comm_local_rank(const struct comm *comm)
{
    return comm->local_rank;
}

int comm_local_size(const struct comm *comm)
{
    return comm->local_size;
}

int comm_hosts(const struct comm *comm)
{
    return comm->hosts;
}

/* The lowest rank whose status is not OK, as one number that a minimum finds. */
static int lowest_failing(struct comm *comm, enum status status)
{
    int mine = status ? comm->rank : comm->size;
    int lowest = comm->size;
    int *all = malloc((size_t)comm->size * sizeof *all);
    if (!all)
        abort(); /* some bytes a rank, in the middle of an agreement: nothing left to agree with */
    transport_gather_all(comm, &mine, sizeof mine, all);
    for (int r = 0; r < comm->size; r++)
        lowest = all[r] < lowest ? all[r] : lowest;
    free(all);
    return lowest;
}

enum status comm_agree_unnamed(struct comm *comm, enum status status, struct error *error)
{
    if (comm->size == 1)
        return status;
    int failing = lowest_failing(comm, status);
    if (failing == comm->size)
        return STATUS_OK;
    error->status = status; /* of the failing one, whose whole error is taken over */
    transport_broadcast(comm, error, sizeof *error, failing);
    return error->status;
}

enum status comm_agree(struct comm *comm, enum status status, struct error *error)
{
    struct error named = {0};
    if (comm->size == 1)
        return status;
    if (status)
        fail(&named, status, "rank %d: %s", comm->rank, error->text);
    status = comm_agree_unnamed(comm, status, &named);
    if (status)
        *error = named;
    return status;
}

void comm_broadcast(struct comm *comm, void *bytes, size_t size)
{
    if (comm->size > 1)
        transport_broadcast(comm, bytes, size, 0);
}

void comm_gather_all(struct comm *comm, const void *mine, size_t size, void *all)
{
    if (comm->size > 1)
        transport_gather_all(comm, mine, size, all);
    else
        memmove(all, mine, size);
}

void comm_barrier(struct comm *comm)
{
    if (comm->size > 1)
        transport_barrier(comm);
}

void comm_rest(struct comm *comm)
{
    if (comm->size > 1)
        transport_rest(comm);
}

void comm_share_doubles(struct comm *comm, double *x, const int64_t *first)
{
    if (comm->size > 1)
        transport_share(comm, x, first);
}

void comm_allreduce_floats(struct comm *comm, float *x, int64_t n)
{
    if (comm->size > 1)
        transport_allreduce_floats(comm, x, n);
}

void comm_exchange_floats(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive)
{
    if (comm->size > 1)
        transport_exchange(comm, send, n_send, receive, n_receive);
}
