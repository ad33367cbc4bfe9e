/* none.c: the transport of a build without MPI. There is one rank, so few of these are ever
 * called. */
#include "comm/transport.h"

#include <stdlib.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"

enum status transport_start(struct error *error)
{
    return STATUS_OK;
}

void transport_stop(void)
{
}

const char *transport_library(void)
{
    return "none";
}

static enum status no_mpi(struct error *error)
{
    return fail(error, STATUS_USAGE,
        "this build of lockstep has no MPI, so it runs one rank; "
        "configure with -DLOCKSTEP_MPI=ON for more");
}

enum status transport_world(struct comm **comm, struct error *error)
{
    return no_mpi(error);
}

enum status transport_duplicate(struct comm **comm, const void *mpi_comm, struct error *error)
{
    return no_mpi(error);
}

void transport_free(struct comm *comm)
{
}

enum status transport_split(struct comm **part, struct comm *comm, int colour, struct error *error)
{
    return no_mpi(error);
}

/* With one rank comm.c does everything itself: a call from here on means a broken comm. */
void transport_broadcast(struct comm *comm, void *bytes, size_t size, int root)
{
    abort();
}

void transport_gather_all(struct comm *comm, const void *mine, size_t size, void *all)
{
    abort();
}

void transport_barrier(struct comm *comm)
{
    abort();
}

void transport_rest(struct comm *comm)
{
    abort();
}

void transport_gather_sites(struct comm *comm, const void *mine, size_t size, void *all, bool rests)
{
    abort();
}

void transport_share(struct comm *comm, double *x, const int64_t *first)
{
    abort();
}

void transport_allreduce_floats(struct comm *comm, float *x, int64_t n)
{
    abort();
}

void transport_exchange(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive)
{
    abort();
}

_Noreturn void transport_abort(struct comm *comm, enum status status)
{
    abort();
}

void transport_progress(struct comm *comm)
{
    abort();
}

const char *transport_window_directory(void)
{
    abort();
}

enum status transport_window_take(
    struct window *window, struct comm *comm, size_t bytes, struct error *error)
{
    abort();
}

void transport_window_give(struct window *window)
{
    abort();
}
