/* comm.h: what the ranks of one job say to each other.
 *
 * A comm is a group of ranks, MPI's or a single one without MPI (comm_self). <mpi.h> stays in
 * comm/mpi.c; comm/none.c takes its place in a build without MPI. With one rank every call is
 * local.
 *
 * Threads: only the thread that made the comm calls these (MPI_THREAD_FUNNELED).
 * Collective: where it says so, every rank of the comm calls, in the same order, with equal sizes.
 * A failing MPI call aborts the job (MPI_ERRORS_ARE_FATAL), so these return nothing to check.
 */
#ifndef COMM_COMM_H
#define COMM_COMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct comm;

/* The comm of one rank. Never destroyed. */
struct comm *comm_self(void);

/* Duplicates the communicator that `mpi_comm` (an MPI_Comm *) names; MPI must be initialised with
 * at least MPI_THREAD_FUNNELED. NULL: comm_self(). Collective over it. STATUS_USAGE in a build
 * without MPI, STATUS_NO_RESOURCE. */
enum status comm_create(struct comm **comm, const void *mpi_comm, struct error *error);
void comm_destroy(struct comm *comm);

/* A comm of those ranks that pass the same colour, in rank order. Collective. */
enum status comm_split(struct comm **part, struct comm *comm, int colour, struct error *error);

int comm_rank(const struct comm *comm);
int comm_size(const struct comm *comm);
int comm_local_rank(const struct comm *comm); /* among the ranks of this machine */
int comm_local_size(const struct comm *comm);
int comm_hosts(const struct comm *comm); /* machines */

/* Makes one outcome of every rank's: the status of the lowest failing rank, with its message (and
 * "rank N: " before it when there are several ranks) everywhere; STATUS_OK if none failed.
 * Collective. */
enum status comm_agree(struct comm *comm, enum status status, struct error *error);

/* The same without "rank N: ", for ranks whose outcome their caller takes to a larger comm. */
enum status comm_agree_unnamed(struct comm *comm, enum status status, struct error *error);

/* The first call of a program whose ranks may be different programs. `greeting` becomes that of the
 * lowest rank; the return value is the lowest rank whose program does not make this call, -1 if all
 * do. One that begins with comm_agree() instead, as lockstep once did, takes the greeting for an
 * error of all others and ends with it. Collective. */
int comm_greet(struct comm *comm, struct error *greeting);

/* Collective. Bytes, of any size; `all` is size() blocks in rank order. */
void comm_broadcast(struct comm *comm, void *bytes, size_t size);
void comm_gather_all(struct comm *comm, const void *mine, size_t size, void *all);
void comm_barrier(struct comm *comm);

/* A barrier at which ranks that wait sleep instead of spinning, so that they leave the cores to
 * those who work. Passed within some milliseconds of the last rank's coming. */
void comm_rest(struct comm *comm);

/* Items first[r] ... first[r+1]-1 of `x` are rank r's; afterwards all are everywhere. Collective.
 */
void comm_share_doubles(struct comm *comm, double *x, const int64_t *first);

/* x += the x of all others, in whatever order MPI takes. Collective. */
void comm_allreduce_floats(struct comm *comm, float *x, int64_t n);

/* Point to point, all at once: one message to and from any number of ranks; returns when all are
 * through. Sizes in floats, any size; both sides name the same messages in the same order.
 * Collective in the sense that each message has its two ends. */
struct message {
    int rank;
    float *data;
    int64_t n;
};
void comm_exchange_floats(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive);

#endif
