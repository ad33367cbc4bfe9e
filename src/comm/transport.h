/* transport.h: what comm.c needs of MPI; mpi.c provides it, none.c for a build without MPI.
 *
 * Called only for comms of more than one rank, but for the first group. For comm/ alone.
 */
#ifndef COMM_TRANSPORT_H
#define COMM_TRANSPORT_H

#include "comm/comm.h"

struct comm {
    int rank, size;
    int local_rank, local_size, hosts;
    int machine;  /* the lowest rank of this one's machine: ranks with equal ones are of one */
    void *handle; /* transport's own; NULL: one rank without MPI */
    bool checked; /* comm_check_collectives() */
};

enum status transport_start(struct error *error);
void transport_stop(void);
const char *transport_library(void);
/* world: of all ranks; duplicate: of what an embedding program passes. Each makes a comm, or fails
 * on all ranks together. */
enum status transport_world(struct comm **comm, struct error *error);
enum status transport_duplicate(struct comm **comm, const void *mpi_comm, struct error *error);
void transport_free(struct comm *comm);

enum status transport_split(struct comm **part, struct comm *comm, int colour, struct error *error);
void transport_broadcast(struct comm *comm, void *bytes, size_t size, int root);
void transport_gather_all(struct comm *comm, const void *mine, size_t size, void *all);
void transport_barrier(struct comm *comm);
void transport_rest(struct comm *comm);
/* As transport_gather_all(). `rests`: sleeps as transport_rest() does until all have come. Ranks that
 * differ in it still meet in the one call. */
void transport_gather_sites(
    struct comm *comm, const void *mine, size_t size, void *all, bool rests);
void transport_share(struct comm *comm, double *x, const int64_t *first);
void transport_allreduce_floats(struct comm *comm, float *x, int64_t n);
void transport_exchange(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive);

/* Ends the job with this exit code. */
_Noreturn void transport_abort(struct comm *comm, enum status status);

/* Lets messages that are under way move on. For those who wait without being in one of the calls
 * above: a buffered message leaves only while its sender is inside MPI. */
void transport_progress(struct comm *comm);

/* Memory that all ranks of a comm see, each at an address of its own. */
struct window {
    void *base;
    uint64_t handle; /* transport's own */
};

/* Where such memory is made, as a directory: what is free there can be had. */
const char *transport_window_directory(void);

/* `bytes` of memory, neither zeroed nor touched; base is aligned alike on all ranks. Collective
 * over a comm of several ranks of one machine; `bytes` of rank 0 count. STATUS_NO_RESOURCE. */
enum status transport_window_take(
    struct window *window, struct comm *comm, size_t bytes, struct error *error);
void transport_window_give(struct window *window);

#endif
