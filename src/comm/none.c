/* none.c: the transport of a build without MPI. */
#include "comm/transport.h"
#include "comm/world.h"

#include <stdlib.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"

enum status transport_start(struct error *error)
{
    return STATUS_OK;
}

void transport_stop(void)
{
}

const char *world_library(void)
{
    return "none";
}

enum status transport_duplicate(struct comm **comm, const void *mpi_comm, struct error *error)
{
    return fail(error, STATUS_USAGE,
        "this build of lockstep has no MPI, so it can run only one rank; "
        "configure with -DLOCKSTEP_MPI=ON for more");
}

/* With one rank, comm.c does everything itself, so a call to any of these means a broken comm. */
#define NEVER(...)                                                                                 \
    __VA_ARGS__                                                                                    \
    {                                                                                              \
        abort();                                                                                   \
    }
NEVER(void transport_free(struct comm *comm))
NEVER(enum status transport_split(
    struct comm **part, struct comm *comm, int colour, struct error *error))
NEVER(void transport_broadcast(struct comm *comm, void *bytes, size_t size, int root))
NEVER(void transport_gather_all(struct comm *comm, const void *mine, size_t size, void *all))
NEVER(void transport_barrier(struct comm *comm))
NEVER(void transport_rest(struct comm *comm))
NEVER(void transport_gather_sites(
    struct comm *comm, const void *mine, size_t size, void *all, bool rests))
NEVER(void transport_share(struct comm *comm, double *x, const int64_t *first))
NEVER(void transport_allreduce_floats(struct comm *comm, float *x, int64_t n))
NEVER(void transport_exchange_start(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive))
NEVER(bool transport_exchange_ended(struct comm *comm, bool wait))
NEVER(_Noreturn void transport_abort(struct comm *comm, enum status status))
NEVER(void transport_progress(struct comm *comm))
NEVER(const char *transport_window_directory(void))
NEVER(enum status transport_window_take(
    struct window *window, struct comm *comm, size_t bytes, struct error *error))
NEVER(void transport_window_give(struct window *window))
