/* comm.h: communication between the ranks of one job.
 *
 * A comm is a group of ranks: those of an MPI communicator, or a single rank without MPI
 * (comm_self). Only comm/mpi.c includes <mpi.h>; comm/none.c takes its place in a build without
 * MPI. With one rank every call is local.
 *
 * Threads: only the thread that created the comm makes these calls (MPI_THREAD_FUNNELED).
 * Collective: where a function is collective, every rank of the comm calls it, in the same order
 * and with equal sizes. A failing MPI call aborts the job (MPI_ERRORS_ARE_FATAL), so these
 * functions return no status for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A group of ranks. Filled by the functions below; others only read it. */
struct comm {
    int rank, size;
    int local_rank, local_size; /* among the ranks of this rank's machine */
    int hosts;                  /* number of machines */
    int machine;  /* the lowest rank of this rank's machine: equal for ranks of one machine */
    void *handle; /* the transport's own; NULL: one rank without MPI */
    bool checked; /* see comm_check_collectives() */
};

/* The call site of a collective call. Every collective function below is a macro that passes it, so
 * that comm_check_collectives() can compare the sites of all ranks. */
struct comm_call {
    const char *name, *file;
    int line;
};
#define COMM_CALL(name) ((struct comm_call){name, __FILE__, __LINE__})

/* Returns the comm of a single rank, which is never destroyed. */
struct comm *comm_self(void);

/* Duplicates the communicator that `mpi_comm` (an MPI_Comm *) points to; MPI must be initialised
 * with at least MPI_THREAD_FUNNELED. NULL: comm_self(). Collective over it. STATUS_USAGE in a build
 * without MPI, STATUS_NO_RESOURCE. */
enum status comm_create(struct comm **comm, const void *mpi_comm, struct error *error);

/* Destroys the comm; accepts NULL. Collective. */
void comm_destroy_at(struct comm_call call, struct comm *comm);
#define comm_destroy(...) comm_destroy_at(COMM_CALL("comm_destroy"), __VA_ARGS__)

/* Creates a comm of the ranks that pass the same colour, in rank order. Collective. */
enum status comm_split_at(
    struct comm_call call, struct comm **part, struct comm *comm, int colour, struct error *error);
#define comm_split(...) comm_split_at(COMM_CALL("comm_split"), __VA_ARGS__)

/* For debugging: from now on every collective call on this comm, and on comms split from it later,
 * first compares its call site across all ranks. If they differ, each rank prints which ranks are
 * where, and the job ends with STATUS_BUG instead of hanging. A rank that makes no call at all is
 * left to the watchdog (base/heartbeat.h). All ranks must switch the check on or off at the same
 * place and run the same build.
 *
 * A build with LOCKSTEP_CHECK_COLLECTIVES starts every comm with the check on; in other builds it
 * costs one branch per call. Tests on several ranks switch it on in any build, so they need no
 * separate build. Messages (comm_exchange_floats) are not compared: they are not collective, and a
 * check would synchronise them. comm_greet() is not compared either, since its callers may
 * differ. */
void comm_check_collectives(struct comm *comm, bool on);

/* Combines the outcomes of all ranks: every rank gets the status and message of the lowest failing
 * one, with "rank N: " before the message if there are several ranks; STATUS_OK if none failed.
 * Collective. */
enum status comm_agree_at(
    struct comm_call call, struct comm *comm, enum status status, struct error *error);
#define comm_agree(...) comm_agree_at(COMM_CALL("comm_agree"), __VA_ARGS__)

/* The same without "rank N: ", for callers that agree on the outcome in a larger comm
 * afterwards. */
enum status comm_agree_unnamed_at(
    struct comm_call call, struct comm *comm, enum status status, struct error *error);
#define comm_agree_unnamed(...) comm_agree_unnamed_at(COMM_CALL("comm_agree_unnamed"), __VA_ARGS__)

/* Must be the first call in a job whose ranks may run different programs. Sets `greeting` to that
 * of the lowest rank; returns the lowest rank whose program does not make this call, or -1 if all
 * do. A program that begins with comm_agree() instead, as early versions of lockstep did, takes the
 * greeting for an error of the other ranks and exits with it. Collective. */
int comm_greet(struct comm *comm, struct error *greeting);

/* Broadcast any number of bytes from rank 0, and gather any number of bytes on all ranks. `all` has
 * room for one block per rank, in rank order. Collective. */
void comm_broadcast_at(struct comm_call call, struct comm *comm, void *bytes, size_t size);
#define comm_broadcast(...) comm_broadcast_at(COMM_CALL("comm_broadcast"), __VA_ARGS__)
void comm_gather_all_at(
    struct comm_call call, struct comm *comm, const void *mine, size_t size, void *all);
#define comm_gather_all(...) comm_gather_all_at(COMM_CALL("comm_gather_all"), __VA_ARGS__)

/* The same as comm_gather_all(), into a new block, which the caller frees; `what` names its purpose
 * in the error message. All ranks succeed or fail together: STATUS_NO_RESOURCE, with the block
 * NULL. Collective. */
enum status comm_gather_new_at(struct comm_call call, struct comm *comm, const void *mine,
    size_t size, void *all_out, const char *what, struct error *error);
#define comm_gather_new(...) comm_gather_new_at(COMM_CALL("comm_gather_new"), __VA_ARGS__)

void comm_barrier_at(struct comm_call call, struct comm *comm);
#define comm_barrier(...) comm_barrier_at(COMM_CALL("comm_barrier"), __VA_ARGS__)

/* A barrier at which waiting ranks sleep instead of spinning, which leaves the cores to working
 * ranks. Returns within a few milliseconds of the last rank's arrival. */
void comm_rest_at(struct comm_call call, struct comm *comm);
#define comm_rest(...) comm_rest_at(COMM_CALL("comm_rest"), __VA_ARGS__)

/* Copies each rank's items of `x`, first[r] ... first[r+1]-1 for rank r, to all other ranks.
 * Collective. */
void comm_share_doubles_at(
    struct comm_call call, struct comm *comm, double *x, const int64_t *first);
#define comm_share_doubles(...) comm_share_doubles_at(COMM_CALL("comm_share_doubles"), __VA_ARGS__)

/* Adds the x of all other ranks to x; MPI chooses the order. Collective. */
void comm_allreduce_floats_at(struct comm_call call, struct comm *comm, float *x, int64_t n);
#define comm_allreduce_floats(...)                                                                 \
    comm_allreduce_floats_at(COMM_CALL("comm_allreduce_floats"), __VA_ARGS__)

/* Sends and receives any number of messages, to and from any ranks; returns when all have arrived.
 * Both ends list the messages between them in the same order, in the same parts. Sizes are in
 * floats, without limit. Not collective: only the two ends of each message take part. */
struct message {
    int rank;
    float *data;
    int64_t n;
    bool continues; /* the next entry of the list is part of the same message */
};
void comm_exchange_floats(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive);

/* Does the same in two calls, between which the rank may compute and enter collective calls.
 * comm_exchange_ended() lets the messages make progress and is true once all have arrived; with
 * `wait` it waits for them. Until then the lists and the data belong to the exchange, and no other
 * begins on this comm. */
void comm_exchange_start(struct comm *comm, const struct message *send, int n_send,
    const struct message *receive, int n_receive);
bool comm_exchange_ended(struct comm *comm, bool wait);
