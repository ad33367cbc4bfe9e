/* lockstep.h: the public C API of Lockstep, which trains multilayer perceptrons data-parallel on
 * CPUs.
 *
 * A program embeds a training run by passing it command-line arguments. The library does not
 * initialise MPI, print errors, install signal handlers or exit. Like `lockstep train`, it writes
 * progress to stderr, unless --progress off is given, and results to stdout. If an NPY file is
 * truncated while it is mapped, the process receives SIGBUS, which the library does not handle; the
 * `lockstep` command handles it and ends with a message.
 *
 * Build: cc program.c $(pkg-config --cflags --libs lockstep)
 */
#ifndef LOCKSTEP_LOCKSTEP_H
#define LOCKSTEP_LOCKSTEP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the version, e.g. "0.1.0". Threads: any. */
const char *lockstep_version(void);

/* The outcome of a run. */
struct lockstep_result {
    int status;            /* 0, or the exit code of `lockstep train` (sysexits.h; 3: diverged) */
    char message[1000];    /* the error, if status is not 0 */
    int64_t steps_done;    /* optimizer steps */
    double seconds;        /* training time, without evaluation */
    double train_loss;     /* mean loss of the last epoch */
    double test_loss;      /* NaN: not evaluated on test data */
    double test_accuracy;  /* 0 ... 1; NaN: not evaluated, or regression */
    uint64_t weights_xxh3; /* XXH3-64 of all weights, the same on any number of ranks and threads */
};

/* Trains as `lockstep train ARGUMENT...` does. argument[0 ... n-1] holds the arguments, without the
 * program name and the command. Options that are not given take their defaults; environment
 * variables are not read, and a config file is read only if --config names it.
 *
 *   mpi_comm   address of an MPI_Comm whose ranks share the work, or NULL for this process alone.
 * MPI must be initialised with at least MPI_THREAD_FUNNELED; the communicator is duplicated.
 *
 * Returns out->status. Collective over the communicator. If arguments differ between ranks, those
 * of rank 0 apply, except --threads, which each rank takes from its own; invalid arguments are
 * rejected whichever rank passes them. Threads: one call at a time, from the thread that may call
 * MPI; the call starts OpenMP threads. */
int lockstep_train(
    int n, const char *const *argument, const void *mpi_comm, struct lockstep_result *out);

#ifdef __cplusplus
}
#endif

#endif
