/* output.h: writes results piece by piece, to standard output or to a file that appears only when
 * it is complete.
 *
 * A file is written under a temporary name beside its target and renamed when it is finished; until
 * then, and after a failure, the target is unchanged.
 *
 *   path given by the user  a symbolic link is followed; a target that is not a regular file (a
 *                           device, a named pipe) is written directly
 *   name in a directory     the directory is one that lockstep writes to (base/directory.h); an
 *                           existing target that is not a regular file is refused
 *
 * It is not a failure if the reader of standard output or of a named pipe (e.g. `head`) has ended:
 * the output is `closed`, and further writes are discarded.
 *
 * Threads: one at a time per output.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/directory.h"

struct output {
    int descriptor;
    const struct directory *directory; /* the directory of the names below */
    char name[FILE_PATH_MAX];          /* "": standard output */
    char temporary[FILE_PATH_MAX]; /* the file's name until it is finished; "": written directly */
    bool closed;
};

/* Opens an output at a path; "-" is standard output. STATUS_CANNOT_CREATE. */
enum status output_open(struct output *output, const char *path, struct error *error);

/* Opens a file in a directory, which must stay open until output_end(). STATUS_CANNOT_CREATE. */
enum status output_open_in(struct output *output, const struct directory *directory,
    const char *name, struct error *error);

/* Writes `size` bytes. STATUS_IO. */
enum status output_write(
    struct output *output, const void *bytes, size_t size, struct error *error);

/* Writes `size` bytes at the end of a file, or, after a failure, none of them. STATUS_IO. */
enum status output_append(
    struct output *output, const void *bytes, size_t size, struct error *error);

/* Flushes the file to disk and renames it, but keeps it open: what is written from now on is in the file
 * at once. STATUS_IO. */
enum status output_publish(struct output *output, struct error *error);

/* With STATUS_OK, flushes the file to disk and renames it; if that fails (STATUS_IO), or with any
 * other status, removes what was written so far. Returns the first status that is not STATUS_OK. */
enum status output_end(struct output *output, enum status status, struct error *error);

/* Writes a whole file in a directory in one call. STATUS_CANNOT_CREATE, STATUS_IO. */
enum status output_write_whole(const struct directory *directory, const char *name,
    const void *bytes, size_t size, struct error *error);
