#include "comm/comm.h"

#include <stdlib.h>
#include <string.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "comm/collective.h"
#include "comm/transport.h"

struct comm *comm_self(void)
{
    static struct comm self = {.size = 1, .local_size = 1, .hosts = 1}; /* never written */
    return &self;
}

enum status comm_create(struct comm **comm, const void *mpi_comm, struct error *error)
{
    *comm = comm_self();
    return mpi_comm ? transport_duplicate(comm, mpi_comm, error) : STATUS_OK;
}

void comm_destroy_at(struct comm_call call, struct comm *comm)
{
    if (!comm || !comm->handle)
        return;
    collective_enter(comm, call);
    transport_free(comm);
}

enum status comm_split_at(
    struct comm_call call, struct comm **part, struct comm *comm, int colour, struct error *error)
{
    *part = comm_self();
    if (!comm->handle)
        return STATUS_OK;
    collective_enter(comm, call);
    heartbeat_wait("in splitting the ranks", -1);
    enum status status = transport_split(part, comm, colour, error);
    heartbeat_wait_over();
    if (!status)
        (*part)->checked = comm->checked;
    return status;
}

void comm_check_collectives(struct comm *comm, bool on)
{
    if (comm->size > 1)
        comm->checked = on;
}

/* --- collective calls, each reported to the watchdog --------------------------------------- */

static void gather_all(struct comm *comm, const void *mine, size_t size, void *all)
{
    heartbeat_wait("in an allgather", -1);
    transport_gather_all(comm, mine, size, all);
    heartbeat_wait_over();
}

static void broadcast(struct comm *comm, void *bytes, size_t size, int root)
{
    heartbeat_wait("in a broadcast", -1);
    transport_broadcast(comm, bytes, size, root);
    heartbeat_wait_over();
}

/* The lowest failing rank, or `size` if none fails; the lowest rank that does not fail, or -1 if
 * all fail. */
struct outcome {
    int failing, fine;
};

static struct outcome share_outcome(struct comm *comm, enum status status)
{
    int mine = status ? comm->rank : comm->size;
    struct outcome outcome = {comm->size, -1};
    int *all = malloc((size_t)comm->size * sizeof *all);
    if (!all)
        abort(); /* not even a few bytes can be allocated, so the ranks cannot agree on anything */
    gather_all(comm, &mine, sizeof mine, all);
    for (int r = comm->size - 1; r >= 0; r--)
        *(all[r] == r ? &outcome.failing : &outcome.fine) = r;
    free(all);
    return outcome;
}

enum status comm_agree_unnamed_at(
    struct comm_call call, struct comm *comm, enum status status, struct error *error)
{
    if (comm->size == 1)
        return status;
    collective_enter(comm, call);
    int failing = share_outcome(comm, status).failing;
    if (failing == comm->size)
        return STATUS_OK;
    error->status = status; /* every rank takes the whole error of the failing one */
    broadcast(comm, error, sizeof *error, failing);
    return error->status;
}

enum status comm_agree_at(
    struct comm_call call, struct comm *comm, enum status status, struct error *error)
{
    struct error named = {0};
    if (comm->size == 1)
        return status;
    if (status)
        fail(&named, status, "rank %d: %s", comm->rank, error->text);
    status = comm_agree_unnamed_at(call, comm, status, &named);
    if (status)
        *error = named;
    return status;
}

/* Every caller reports a failure, so a rank that reports none is running another program. */
int comm_greet(struct comm *comm, struct error *greeting)
{
    if (comm->size == 1)
        return -1;
    struct outcome outcome = share_outcome(comm, STATUS_NO_RESOURCE);
    broadcast(comm, greeting, sizeof *greeting, outcome.failing);
    return outcome.fine;
}

void comm_broadcast_at(struct comm_call call, struct comm *comm, void *bytes, size_t size)
{
    if (comm->size == 1)
        return;
    collective_enter(comm, call);
    broadcast(comm, bytes, size, 0);
}

void comm_gather_all_at(
    struct comm_call call, struct comm *comm, const void *mine, size_t size, void *all)
{
    if (comm->size == 1) {
        memmove(all, mine, size);
        return;
    }
    collective_enter(comm, call);
    gather_all(comm, mine, size, all);
}

enum status comm_gather_new_at(struct comm_call call, struct comm *comm, const void *mine,
    size_t size, void *all_out, const char *what, struct error *error)
{
    void *all = NULL;
    enum status status = memory_take(&all, (size_t)comm->size, size, what, error);
    status = comm_agree_at(call, comm, status, error);
    if (status) {
        free(all);
        all = NULL;
    } else {
        comm_gather_all_at(call, comm, mine, size, all);
    }
    memcpy(all_out, &all, sizeof all);
    return status;
}

void comm_barrier_at(struct comm_call call, struct comm *comm)
{
    if (comm->size == 1)
        return;
    collective_enter(comm, call);
    heartbeat_wait("in a barrier", -1);
    transport_barrier(comm);
    heartbeat_wait_over();
}

void comm_rest_at(struct comm_call call, struct comm *comm)
{
    if (comm->size == 1)
        return;
    if (comm->checked)
        collective_compare(comm, call, true);
    transport_rest(comm);
}

void comm_share_doubles_at(
    struct comm_call call, struct comm *comm, double *x, const int64_t *first)
{
    if (comm->size == 1)
        return;
    collective_enter(comm, call);
    heartbeat_wait("in an allgather", -1);
    transport_share(comm, x, first);
    heartbeat_wait_over();
}

void comm_allreduce_floats_at(struct comm_call call, struct comm *comm, float *x, int64_t n)
{
    if (comm->size == 1)
        return;
    collective_enter(comm, call);
    heartbeat_wait("in an allreduce", -1);
    transport_allreduce_floats(comm, x, n);
    heartbeat_wait_over();
}

void comm_exchange_start(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive)
{
    if (comm->size > 1)
        transport_exchange_start(comm, send, n_send, receive, n_receive);
}

bool comm_exchange_ended(struct comm *comm, bool wait)
{
    return comm->size == 1 || transport_exchange_ended(comm, wait);
}

void comm_exchange_floats(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive)
{
    comm_exchange_start(comm, send, n_send, receive, n_receive);
    comm_exchange_ended(comm, true);
}
