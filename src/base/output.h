/* output.h: where results are written bit by bit: standard output, or a file that appears whole.
 *
 * A file is written beside its place and takes its name when it is finished; until then, and after
 * a failure, what had that name is as it was.
 *
 *   a path of the user's    a symbolic link stands for its file; what is no regular file (a device, a
 *                           pipe with a name) is written to as it is
 *   a name in a directory   where lockstep writes (base/directory.h): anything but a regular file of
 *                           that name is refused
 *
 * Standard output that nobody reads any more (a pipe to head), or such a pipe, is no failure: it is
 * `closed`, and what follows goes nowhere.
 *
 * Threads: one an output.
 */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/directory.h"

struct output {
    int descriptor;
    const struct directory *directory; /* in which the names below are */
    char name[FILE_PATH_MAX];          /* "": standard output */
    char temporary[FILE_PATH_MAX]; /* the file's name until it is finished; "": written as it is */
    bool closed;
};

/* "-" is standard output. STATUS_CANNOT_CREATE. */
enum status output_open(struct output *output, const char *path, struct error *error);

/* The directory must stay open until the output is finished or dropped. STATUS_CANNOT_CREATE. */
enum status output_open_in(struct output *output, const struct directory *directory,
    const char *name, struct error *error);

/* STATUS_IO. */
enum status output_write(
    struct output *output, const void *bytes, size_t size, struct error *error);

/* Sees a file onto the disk and gives it its name. STATUS_IO, and it is dropped. */
enum status output_finish(struct output *output, struct error *error);

/* Leaves nothing behind. */
void output_drop(struct output *output);

/* All of it in one call, in a directory. STATUS_CANNOT_CREATE, STATUS_IO. */
enum status output_write_whole(const struct directory *directory, const char *name,
    const void *bytes, size_t size, struct error *error);

#endif
