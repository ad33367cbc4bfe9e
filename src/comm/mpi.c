/* mpi.c: the transport over MPI; the only file that includes <mpi.h>.
 *
 * MPI counts in int, so long messages are cut into parts of at most COUNT_MAX items. Errors are fatal
 * (MPI's default, set again here in case an embedding program changed it). Only the allocation of a
 * window returns an error.
 */
#include <mpi.h>

#include "base/heartbeat.h"
#include "base/split.h"
#include "comm/transport.h"
#include "comm/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT_MAX = 1 << 28 };

/* Messages under way. */
struct flight {
    const struct message *send, *receive;
    int n_send, n_receive;
    int sends, requests; /* the requests of the sends come first */
};

struct handle {
    MPI_Comm comm;
    MPI_Request *request; /* array that grows with the largest exchange so far */
    struct flight flight;
    int capacity;
    int *count, *displacement; /* [size], for transport_share */
};

static struct handle *of(struct comm *comm)
{
    return comm->handle;
}

enum status transport_start(struct error *error)
{
    int started, provided;
    MPI_Initialized(&started);
    if (started)
        return STATUS_OK;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    if (provided < MPI_THREAD_FUNNELED)
        return fail(error, STATUS_NO_RESOURCE,
            "this MPI does not support MPI_THREAD_FUNNELED, "
            "which ranks with several threads need");
    return STATUS_OK;
}

void transport_stop(void)
{
    int started, stopped;
    MPI_Initialized(&started);
    MPI_Finalized(&stopped);
    if (started && !stopped)
        MPI_Finalize();
}

const char *world_library(void)
{
    static char name[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Get_library_version(name, &length);
    /* "Open MPI v4.1.4, package: ..." and "MPICH Version:\t4.0.2\nMPICH Release date: ..." */
    name[strcspn(name, ",\n")] = '\0';
    for (char *at = name; *at; at++)
        if (*at == '\t')
            *at = ' ';
    return name;
}

/* Allocates a comm of `size` ranks; either all ranks succeed or none. */
static bool take_together(struct comm **comm, MPI_Comm mpi_comm, int size)
{
    struct comm *made = calloc(1, sizeof *made);
    struct handle *handle = calloc(1, sizeof *handle);
    int *table = calloc(2 * (size_t)size, sizeof *table);
    int failed = !made || !handle || !table, any_failed;
    MPI_Allreduce(&failed, &any_failed, 1, MPI_INT, MPI_MAX, mpi_comm);
    if (any_failed) {
        free(made);
        free(handle);
        free(table);
        return false;
    }
    *handle = (struct handle){.comm = mpi_comm, .count = table, .displacement = table + size};
    made->handle = handle;
    *comm = made;
    return true;
}

/* Takes over `mpi_comm`, which is freed on failure. */
static enum status adopt(struct comm **comm, MPI_Comm mpi_comm, struct error *error)
{
    MPI_Comm local;
    int rank, size, local_rank, local_size, hosts, machine;
    MPI_Comm_set_errhandler(mpi_comm, MPI_ERRORS_ARE_FATAL);
    MPI_Comm_rank(mpi_comm, &rank);
    MPI_Comm_size(mpi_comm, &size);
    if (!take_together(comm, mpi_comm, size)) {
        MPI_Comm_free(&mpi_comm);
        return fail(error, STATUS_NO_RESOURCE, "no memory for a communicator");
    }
    MPI_Comm_split_type(mpi_comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &local);
    MPI_Comm_rank(local, &local_rank);
    MPI_Comm_size(local, &local_size);
    machine = rank; /* the first rank on this machine */
    MPI_Bcast(&machine, 1, MPI_INT, 0, local);
    MPI_Comm_free(&local);
    int leads = local_rank == 0;
    MPI_Allreduce(&leads, &hosts, 1, MPI_INT, MPI_SUM, mpi_comm);
    **comm = (struct comm){.rank = rank,
        .size = size,
        .local_rank = local_rank,
        .local_size = local_size,
        .hosts = hosts,
        .machine = machine,
        .handle = (*comm)->handle,
        .checked = LOCKSTEP_CHECK_COLLECTIVES && size > 1};
    return STATUS_OK;
}

enum status transport_duplicate(struct comm **comm, const void *mpi_comm, struct error *error)
{
    MPI_Comm given = MPI_COMM_WORLD, copy;
    if (mpi_comm)
        memcpy(&given, mpi_comm, sizeof given);
    MPI_Comm_dup(given, &copy);
    return adopt(comm, copy, error);
}

enum status transport_split(struct comm **part, struct comm *comm, int colour, struct error *error)
{
    MPI_Comm split;
    MPI_Comm_split(of(comm)->comm, colour, comm->rank, &split);
    return adopt(part, split, error);
}

void transport_free(struct comm *comm)
{
    struct handle *handle = of(comm);
    MPI_Comm_free(&handle->comm);
    free(handle->request);
    free(handle->count);
    free(handle);
    free(comm);
}

void transport_broadcast(struct comm *comm, void *bytes, size_t size, int root)
{
    char *at = bytes;
    for (; size > COUNT_MAX; size -= COUNT_MAX, at += COUNT_MAX)
        MPI_Bcast(at, COUNT_MAX, MPI_BYTE, root, of(comm)->comm);
    MPI_Bcast(at, (int)size, MPI_BYTE, root, of(comm)->comm);
}

void transport_gather_all(struct comm *comm, const void *mine, size_t size, void *all)
{
    if (size <= COUNT_MAX) {
        MPI_Allgather(mine, (int)size, MPI_BYTE, all, (int)size, MPI_BYTE, of(comm)->comm);
        return;
    }
    memcpy((char *)all + (size_t)comm->rank * size, mine, size);
    for (int r = 0; r < comm->size; r++)
        transport_broadcast(comm, (char *)all + (size_t)r * size, size, r);
}

void transport_barrier(struct comm *comm)
{
    MPI_Barrier(of(comm)->comm);
}

static void rest_until(MPI_Request *request)
{
    const struct timespec nap = {.tv_nsec = 1000000};
    int done = 0;
    for (MPI_Test(request, &done, MPI_STATUS_IGNORE); !done;
         MPI_Test(request, &done, MPI_STATUS_IGNORE)) {
        heartbeat_beat(); /* resting counts as progress */
        nanosleep(&nap, NULL);
    }
}

void transport_rest(struct comm *comm)
{
    MPI_Request request;
    MPI_Ibarrier(of(comm)->comm, &request);
    rest_until(&request);
}

/* The gather is nonblocking on all ranks, because MPI does not match blocking collectives with
 * nonblocking ones. */
void transport_gather_sites(struct comm *comm, const void *mine, size_t size, void *all, bool rests)
{
    MPI_Request request;
    MPI_Iallgather(mine, (int)size, MPI_BYTE, all, (int)size, MPI_BYTE, of(comm)->comm, &request);
    if (rests)
        rest_until(&request);
    MPI_Wait(&request, MPI_STATUS_IGNORE); /* returns at once after a rest */
}

void transport_share(struct comm *comm, double *x, const int64_t *first)
{
    struct handle *handle = of(comm);
    if (first[comm->size] > COUNT_MAX) {
        for (int r = 0; r < comm->size; r++)
            transport_broadcast(
                comm, x + first[r], (size_t)(first[r + 1] - first[r]) * sizeof *x, r);
        return;
    }
    for (int r = 0; r < comm->size; r++) {
        handle->displacement[r] = (int)first[r];
        handle->count[r] = (int)(first[r + 1] - first[r]);
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, x, handle->count, handle->displacement,
        MPI_DOUBLE, handle->comm);
}

void transport_allreduce_floats(struct comm *comm, float *x, int64_t n)
{
    for (; n > COUNT_MAX; n -= COUNT_MAX, x += COUNT_MAX)
        MPI_Allreduce(MPI_IN_PLACE, x, COUNT_MAX, MPI_FLOAT, MPI_SUM, of(comm)->comm);
    MPI_Allreduce(MPI_IN_PLACE, x, (int)n, MPI_FLOAT, MPI_SUM, of(comm)->comm);
}

/* A message of one or more parts, as a list has it. */
struct whole {
    const struct message *part;
    int parts;
    int64_t floats;
    bool contiguous;
};

/* Returns the message that begins at a part. */
static struct whole whole_of(const struct message *part)
{
    struct whole whole = {part, 1, part->n, true};
    for (; part->continues; part++) {
        whole.parts++;
        whole.floats += part[1].n;
        whole.contiguous &= part->data + part->n == part[1].data;
    }
    return whole;
}

static void reserve_requests(struct handle *handle, int n)
{
    if (n <= handle->capacity)
        return;
    MPI_Request *grown = realloc(handle->request, (size_t)n * sizeof *grown);
    if (!grown) {
        fprintf(stderr, "lockstep: no memory for %d messages\n", n);
        MPI_Abort(handle->comm, STATUS_NO_RESOURCE);
    }
    handle->request = grown;
    handle->capacity = n;
}

/* One tag is enough: messages between two ranks do not overtake each other. */
static void start(const struct handle *handle, bool sends, int rank, void *data, int count,
    MPI_Datatype type, MPI_Request *request)
{
    if (sends)
        MPI_Isend(data, count, type, rank, 0, handle->comm, request);
    else
        MPI_Irecv(data, count, type, rank, 0, handle->comm, request);
}

/* Returns the type of a message that is too long for MPI to count, or whose parts lie apart. */
static MPI_Datatype type_of(const struct handle *handle, const struct whole *whole)
{
    int n = 0;
    for (int i = 0; i < whole->parts; i++)
        n += (int)divide_up(whole->part[i].n, COUNT_MAX);
    int *size = malloc((size_t)n * sizeof *size), at = 0;
    MPI_Aint *place = malloc((size_t)n * sizeof *place);
    MPI_Datatype type;
    if (!size || !place) {
        fprintf(stderr, "lockstep: no memory for a message of %d parts\n", n);
        MPI_Abort(handle->comm, STATUS_NO_RESOURCE);
    }
    for (int i = 0; i < whole->parts; i++)
        for (int64_t first = 0; first < whole->part[i].n; first += COUNT_MAX, at++) {
            size[at] = (int)least(whole->part[i].n - first, COUNT_MAX);
            MPI_Get_address(whole->part[i].data + first, &place[at]);
        }
    MPI_Type_create_hindexed(n, size, place, MPI_FLOAT, &type);
    MPI_Type_commit(&type);
    free(size);
    free(place);
    return type;
}

/* Starts the messages of a list and returns their number. */
static int start_list(
    struct handle *handle, bool sends, const struct message *message, int n, MPI_Request *request)
{
    int started = 0;
    for (int i = 0; i < n;) {
        struct whole whole = whole_of(&message[i]);
        bool simple = whole.contiguous && whole.floats <= COUNT_MAX;
        MPI_Datatype type = simple ? MPI_FLOAT : type_of(handle, &whole);
        start(handle, sends, message[i].rank, simple ? message[i].data : MPI_BOTTOM,
            simple ? (int)whole.floats : 1, type, &request[started++]);
        if (!simple)
            MPI_Type_free(&type); /* MPI keeps it until the message has arrived */
        i += whole.parts;
    }
    return started;
}

/* Waits for the messages one by one, so that the watchdog knows which one is missing; all of them
 * make progress during each wait. */
static void wait_for(MPI_Request *request, const char *where, const struct message *message, int n)
{
    for (int i = 0; i < n; request++) {
        heartbeat_wait(where, message[i].rank);
        MPI_Wait(request, MPI_STATUS_IGNORE);
        heartbeat_wait_over();
        i += whole_of(&message[i]).parts;
    }
}

/* Sends start before receives. MPI announces a large message and waits for an answer; a receive that
 * is there already answers at once. If that answer went before the announcement of the own message,
 * the other rank would begin to send, its own answer would wait in the same TCP connection behind
 * its message, and the two would travel one after the other instead of at the same time. */
void transport_exchange_start(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive)
{
    struct handle *handle = of(comm);
    reserve_requests(handle, n_receive + n_send);
    int sends = start_list(handle, true, send, n_send, handle->request);
    int receives = start_list(handle, false, receive, n_receive, handle->request + sends);
    handle->flight = (struct flight){send, receive, n_send, n_receive, sends, sends + receives};
}

bool transport_exchange_ended(struct comm *comm, bool wait)
{
    struct handle *handle = of(comm);
    const struct flight *flight = &handle->flight;
    int all = 1;
    if (!wait) {
        MPI_Testall(flight->requests, handle->request, &all, MPI_STATUSES_IGNORE);
        return all;
    }
    wait_for(
        handle->request + flight->sends, "for a message from", flight->receive, flight->n_receive);
    wait_for(handle->request, "for a message to be received by", flight->send, flight->n_send);
    return true;
}

_Noreturn void transport_abort(struct comm *comm, enum status status)
{
    MPI_Abort(of(comm)->comm, (int)status);
    abort(); /* MPI_Abort() may return */
}

void transport_progress(struct comm *comm)
{
    int there;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, of(comm)->comm, &there, MPI_STATUS_IGNORE);
}

/* --- shared memory ------------------------------------------------------------------------- */

/* The directory is an Open MPI setting, read from the environment variable that mpirun --mca also
 * sets. (Open MPI's tools interface would also cover parameter files, but takes a fifth of a second
 * to open.) */
const char *transport_window_directory(void)
{
    const char *chosen = getenv("OMPI_MCA_osc_sm_backing_directory");
    return chosen && chosen[0] ? chosen : "/dev/shm";
}

_Static_assert(sizeof(MPI_Win) <= sizeof(uint64_t), "a window's handle holds an MPI_Win");

enum status transport_window_take(
    struct window *window, struct comm *comm, size_t bytes, struct error *error)
{
    MPI_Comm mpi_comm = of(comm)->comm;
    MPI_Aint size = comm->rank == 0 ? (MPI_Aint)bytes : 0;
    MPI_Win win;
    char why[MPI_MAX_ERROR_STRING];
    int unit, length;
    /* The only error that is not fatal: without windows every rank becomes a team of its own. */
    MPI_Comm_set_errhandler(mpi_comm, MPI_ERRORS_RETURN);
    int code = MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, mpi_comm, &window->base, &win);
    MPI_Comm_set_errhandler(mpi_comm, MPI_ERRORS_ARE_FATAL);
    if (code != MPI_SUCCESS) {
        MPI_Error_string(code, why, &length);
        return fail(error, STATUS_NO_RESOURCE, "MPI_Win_allocate_shared: %s", why);
    }
    MPI_Win_shared_query(win, 0, &size, &unit, &window->base);
    /* One access epoch lasts for the life of the window. Its users read and write with plain loads
     * and stores, ordered by their own atomics. */
    MPI_Win_lock_all(MPI_MODE_NOCHECK, win);
    memcpy(&window->handle, &win, sizeof win);
    return STATUS_OK;
}

void transport_window_give(struct window *window)
{
    MPI_Win win;
    memcpy(&win, &window->handle, sizeof win);
    MPI_Win_unlock_all(win);
    MPI_Win_free(&win);
}
