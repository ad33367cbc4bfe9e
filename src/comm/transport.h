/* transport.h: the MPI operations that comm.c needs. mpi.c provides them, or none.c in a build
 * without MPI.
 *
 * All but the first group of functions are called only for comms of more than one rank. For comm/
 * only.
 */
#pragma once

#include "comm/comm.h"

enum status transport_start(struct error *error);
void transport_stop(void);
/* Creates a comm of all ranks (NULL), or of the communicator of an embedding program. Succeeds or
 * fails on all ranks together. */
enum status transport_duplicate(struct comm **comm, const void *mpi_comm, struct error *error);
void transport_free(struct comm *comm);

enum status transport_split(struct comm **part, struct comm *comm, int colour, struct error *error);
void transport_broadcast(struct comm *comm, void *bytes, size_t size, int root);
void transport_gather_all(struct comm *comm, const void *mine, size_t size, void *all);
void transport_barrier(struct comm *comm);
void transport_rest(struct comm *comm);
/* Does the same as transport_gather_all(). With `rests`, sleeps as transport_rest() does until all
 * ranks have arrived. Ranks that pass different `rests` still meet in this one call. */
void transport_gather_sites(
    struct comm *comm, const void *mine, size_t size, void *all, bool rests);
void transport_share(struct comm *comm, double *x, const int64_t *first);
void transport_allreduce_floats(struct comm *comm, float *x, int64_t n);
void transport_exchange_start(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive);
bool transport_exchange_ended(struct comm *comm, bool wait);

/* Ends the job with this exit code. */
_Noreturn void transport_abort(struct comm *comm, enum status status);

/* Lets messages under way make progress, for threads that wait outside the calls above: a buffered
 * message leaves only while its sender is inside MPI. */
void transport_progress(struct comm *comm);

/* Memory that all ranks of a comm share, each at an address of its own. */
struct window {
    void *base;
    uint64_t handle; /* transport's own */
};

/* Returns the directory in which such memory is allocated; its free space is what is available. */
const char *transport_window_directory(void);

/* Allocates `bytes` of memory, neither zeroed nor touched; `base` has the same alignment on all
 * ranks. Collective over a comm of several ranks of one machine; rank 0's `bytes` apply.
 * STATUS_NO_RESOURCE. */
enum status transport_window_take(
    struct window *window, struct comm *comm, size_t bytes, struct error *error);
void transport_window_give(struct window *window);
