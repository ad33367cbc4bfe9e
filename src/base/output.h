/* output.h: where results are written piece by piece: standard output, or a file that appears
 * whole.
 *
 * A file is written under a temporary name beside its target and renamed when it is finished; until
 * then, and after a failure, the target is unchanged.
 *
 *   a path of the user's    a symbolic link is followed; a target that is not a regular file (a
 *                           device, a named pipe) is written directly
 *   a name in a directory   where lockstep writes (base/directory.h): anything but a regular file
 *                           of that name is refused
 *
 * Standard output or a named pipe whose reader has gone (a pipe to head) is not a failure: the
 * output is `closed`, and further writes are discarded.
 *
 * Threads: one per output.
 */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/directory.h"

struct output {
    int descriptor;
    const struct directory *directory; /* that contains the names below */
    char name[FILE_PATH_MAX];          /* "": standard output */
    char temporary[FILE_PATH_MAX]; /* the file's name until it is finished; "": written directly */
    bool closed;
};

/* "-" is standard output. STATUS_CANNOT_CREATE. */
enum status output_open(struct output *output, const char *path, struct error *error);

/* The directory must stay open until the output is ended. STATUS_CANNOT_CREATE. */
enum status output_open_in(struct output *output, const struct directory *directory,
    const char *name, struct error *error);

/* STATUS_IO. */
enum status output_write(
    struct output *output, const void *bytes, size_t size, struct error *error);

/* With STATUS_OK: flushes a file to disk and renames it; if that fails (STATUS_IO), or with any other
 * status, removes what was written so far. Returns the status of both. */
enum status output_end(struct output *output, enum status status, struct error *error);

/* Writes a whole file of a directory in one call. STATUS_CANNOT_CREATE, STATUS_IO. */
enum status output_write_whole(const struct directory *directory, const char *name,
    const void *bytes, size_t size, struct error *error);

#endif
