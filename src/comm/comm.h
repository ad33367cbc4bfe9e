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

/* The call site of a collective call. Every function below that is collective is a macro that adds
 * it, so that comm_check_collectives() can compare the sites of all ranks. */
struct comm_call {
    const char *name, *file;
    int line;
};
#define COMM_CALL(name) ((struct comm_call){name, __FILE__, __LINE__})

/* The comm of one rank. Never destroyed. */
struct comm *comm_self(void);

/* Duplicates the communicator that `mpi_comm` (an MPI_Comm *) names; MPI must be initialised with
 * at least MPI_THREAD_FUNNELED. NULL: comm_self(). Collective over it. STATUS_USAGE in a build
 * without MPI, STATUS_NO_RESOURCE. */
enum status comm_create(struct comm **comm, const void *mpi_comm, struct error *error);

/* Takes NULL. Collective. */
void comm_destroy_at(struct comm_call call, struct comm *comm);
#define comm_destroy(...) comm_destroy_at(COMM_CALL("comm_destroy"), __VA_ARGS__)

/* A comm of those ranks that pass the same colour, in rank order. Collective. */
enum status comm_split_at(
    struct comm_call call, struct comm **part, struct comm *comm, int colour, struct error *error);
#define comm_split(...) comm_split_at(COMM_CALL("comm_split"), __VA_ARGS__)

/* For debugging: from now on every collective call on this comm, and on those split from it later,
 * first compares its call site over all ranks. If they differ, each rank prints which ranks are
 * where, and the job ends with STATUS_BUG instead of a hang. A rank that makes no call at all is
 * left to the watchdog (base/heartbeat.h). All ranks switch it at the same place and run the same
 * build.
 *
 * A build with LOCKSTEP_CHECK_COLLECTIVES has it on in every comm from the start; other builds pay
 * one branch per call. Tests on several ranks switch it on in any build, so that they need no
 * second one. Messages (comm_exchange_floats) are not compared: they are not collective, and a
 * check would make them synchronous. comm_greet() is not either, since its callers may differ. */
void comm_check_collectives(struct comm *comm, bool on);

int comm_rank(const struct comm *comm);
int comm_size(const struct comm *comm);
int comm_local_rank(const struct comm *comm); /* among the ranks of this machine */
int comm_local_size(const struct comm *comm);
int comm_hosts(const struct comm *comm); /* machines */

/* Makes one outcome of every rank's: the status of the lowest failing rank, with its message (and
 * "rank N: " before it when there are several ranks) everywhere; STATUS_OK if none failed.
 * Collective. */
enum status comm_agree_at(
    struct comm_call call, struct comm *comm, enum status status, struct error *error);
#define comm_agree(...) comm_agree_at(COMM_CALL("comm_agree"), __VA_ARGS__)

/* The same without "rank N: ", for ranks whose outcome their caller takes to a larger comm. */
enum status comm_agree_unnamed_at(
    struct comm_call call, struct comm *comm, enum status status, struct error *error);
#define comm_agree_unnamed(...) comm_agree_unnamed_at(COMM_CALL("comm_agree_unnamed"), __VA_ARGS__)

/* The first call of a program whose ranks may be different programs. `greeting` becomes that of the
 * lowest rank; the return value is the lowest rank whose program does not make this call, -1 if all
 * do. One that begins with comm_agree() instead, as lockstep once did, takes the greeting for an
 * error of all others and ends with it. Collective. */
int comm_greet(struct comm *comm, struct error *greeting);

/* Collective. Bytes, of any size; `all` is size() blocks in rank order. */
void comm_broadcast_at(struct comm_call call, struct comm *comm, void *bytes, size_t size);
#define comm_broadcast(...) comm_broadcast_at(COMM_CALL("comm_broadcast"), __VA_ARGS__)
void comm_gather_all_at(
    struct comm_call call, struct comm *comm, const void *mine, size_t size, void *all);
#define comm_gather_all(...) comm_gather_all_at(COMM_CALL("comm_gather_all"), __VA_ARGS__)
void comm_barrier_at(struct comm_call call, struct comm *comm);
#define comm_barrier(...) comm_barrier_at(COMM_CALL("comm_barrier"), __VA_ARGS__)

/* A barrier at which ranks that wait sleep instead of spinning, so that they leave the cores to
 * those who work. Passed within some milliseconds of the last rank's coming. */
void comm_rest_at(struct comm_call call, struct comm *comm);
#define comm_rest(...) comm_rest_at(COMM_CALL("comm_rest"), __VA_ARGS__)

/* Items first[r] ... first[r+1]-1 of `x` are rank r's; afterwards all are everywhere. Collective.
 */
void comm_share_doubles_at(
    struct comm_call call, struct comm *comm, double *x, const int64_t *first);
#define comm_share_doubles(...) comm_share_doubles_at(COMM_CALL("comm_share_doubles"), __VA_ARGS__)

/* x += the x of all others, in whatever order MPI takes. Collective. */
void comm_allreduce_floats_at(struct comm_call call, struct comm *comm, float *x, int64_t n);
#define comm_allreduce_floats(...)                                                                 \
    comm_allreduce_floats_at(COMM_CALL("comm_allreduce_floats"), __VA_ARGS__)

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
