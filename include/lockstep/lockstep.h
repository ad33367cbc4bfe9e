/* lockstep.h: the public C API of Lockstep, data-parallel training of multilayer perceptrons on
 * CPUs.
 *
 * A program embeds a training run by saying what it would say on the command line. The library does
 * not initialise MPI, print errors, install signal handlers or exit; it writes progress to stderr
 * and results to stdout as `lockstep train` does (--progress off silences the former). An NPY file that
 * is cut while it is mapped brings SIGBUS, which the library leaves to the program; `lockstep` itself
 * ends with a message.
 *
 * Build: cc program.c $(pkg-config --cflags --libs lockstep)
 */
#ifndef LOCKSTEP_LOCKSTEP_H
#define LOCKSTEP_LOCKSTEP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0". Threads: any. */
const char *lockstep_version(void);

/* How a run ended. */
struct lockstep_result {
    int status;            /* 0, or the exit code of `lockstep train` (sysexits.h; 3: diverged) */
    char message[1000];    /* what went wrong, if status is not 0 */
    int64_t steps_done;    /* optimizer steps */
    double seconds;        /* of training; evaluation not counted */
    double train_loss;     /* of the last epoch */
    double test_loss;      /* NaN: there was no evaluation on test data */
    double test_accuracy;  /* 0 ... 1; NaN also for regression */
    uint64_t weights_xxh3; /* XXH3-64 of all weights, the same on any number of ranks and threads */
};

/* Trains as `lockstep train ARGUMENT...` does; argument[0 ... n-1], without program and command.
 * Options not given take their defaults; neither environment variables nor, unless --config names
 * one, config files are read.
 *
 *   mpi_comm   address of an MPI_Comm whose ranks share the work, or NULL for this process alone.
 * MPI must be initialised with at least MPI_THREAD_FUNNELED; the communicator is duplicated.
 *
 * Returns out->status. Collective over the communicator. Where arguments differ, rank 0's count, but
 * for --threads, which is each rank's own; wrong ones are refused on any rank. Threads: one call at a
 * time, from the thread that may call MPI; OpenMP threads are started within. */
int lockstep_train(
    int n, const char *const *argument, const void *mpi_comm, struct lockstep_result *out);

#ifdef __cplusplus
}
#endif

#endif
