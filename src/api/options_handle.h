/* options_handle.h: the options of a program that uses the library (lockstep.h), as texts by name.
 *
 * Threads: one at a time per handle. Collective: no, unless stated.
 */
#pragma once

#include "comm/comm.h"
#include "options/options.h"

struct lockstep_options;

/* A command, the data that it is about (NULL: none), and further arguments extra [n]. */
struct handle_command {
    const char *name, *data;
    const char *const *extra;
    int n;
};

/* Reads the options as the command would from its command line; `handle` may be NULL: none is set.
 * The caller clears the options, even on failure. Collective, if `comm` has several ranks.
 * STATUS_USAGE, STATUS_NO_RESOURCE. */
enum status options_handle_read(struct options *options, const struct lockstep_options *handle,
    struct handle_command command, struct comm *comm, struct error *error);

/* Copies an error to the caller's (NULL: none), and returns its status. */
struct lockstep_error;
int options_handle_end(enum status status, const struct error *error, struct lockstep_error *out);

/* Fails because the caller passed NULL for `what`. */
enum status refuse_null(const char *function, const char *what, struct error *error);
