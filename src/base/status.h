/* status.h: how the functions of the library report failures.
 *
 * A function that can fail returns an `enum status` and takes a `struct error *` as its last
 * argument. On failure it fills the error with what was tried, where, the value found and what to
 * do about it, cleans up what it created, and returns the same status. Only `main` prints and
 * exits; the status is the exit code (sysexits.h, and 3 for a run that diverged).
 *
 * Threads: an error belongs to its caller. Under MPI, comm_agree() turns a local failure into a
 * decision of all ranks before the next collective call.
 */
#pragma once

enum status {
    STATUS_OK = 0,
    STATUS_DIVERGED = 3, /* the loss grew too much, or it, the gradient or a weight is not finite */
    STATUS_USAGE = 64,   /* wrong command line or environment */
    STATUS_BAD_DATA = 65,      /* a file was read, but its content is wrong */
    STATUS_NO_INPUT = 66,      /* an input file is missing or unreadable */
    STATUS_BUG = 70,           /* a broken invariant: our bug */
    STATUS_NO_RESOURCE = 71,   /* no memory, threads or communication; corrupted memory */
    STATUS_CANNOT_CREATE = 73, /* an output cannot be created */
    STATUS_IO = 74,            /* reading or writing failed half-way */
    STATUS_STOPPED = 75,       /* stopped early by a signal; results written */
    STATUS_CONFIG = 78,        /* like STATUS_USAGE, in a config file */
};

struct error {
    enum status status;
    char text[1000]; /* one message on one line */
    int number;      /* the errno it reports; 0: none */
};

/* Fills *error (printf style; made safe by base/shown.h, and truncated to its size) and returns
 * `status`. */
enum status fail(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Like fail(), with the text of errno `number` appended after ": ". */
enum status fail_errno(struct error *error, enum status status, int number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* If the call fails, returns its status from the calling function; for functions that have nothing
 * to clean up at that point. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum status tried = (call);                                                                \
        if (tried)                                                                                 \
            return tried;                                                                          \
    } while (0)

/* Non-fatal failures: how many there were, and the first of them. */
struct warnings {
    int n;
    struct error first;
};
void warnings_note(struct warnings *warnings, const struct error *error);
