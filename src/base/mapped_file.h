/* mapped_file.h: maps a file as read-only memory; the operating system reads each page when it is
 * first touched.
 *
 * The bytes are the file's own, shared by all processes that map it; replacing the file by rename
 * is harmless. A file that is truncated while it is mapped, or that the disk can no longer read, is
 * lost: bytes beyond its end in the last page read as 0, and accesses to pages beyond it raise
 * SIGBUS, which ends the process. To end cleanly, a program's SIGBUS handler calls
 * mapped_file_stand_in(), so that these pages read as 0 too, and code that has read the bytes calls
 * mapped_file_check() before it uses the results.
 *
 * Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct mapped_file {
    const char *bytes; /* [size], page-aligned; NULL: nothing is mapped, or the file is empty */
    size_t size;
    struct mapping *mapping; /* the entry for the signal handler; NULL: nothing is mapped */
};

/* Maps a whole regular file. STATUS_NO_INPUT (missing, unreadable, not a regular file),
 * STATUS_NO_RESOURCE; on failure nothing is mapped. */
enum status mapped_file_open(struct mapped_file *file, const char *path, struct error *error);

void mapped_file_close(struct mapped_file *file); /* a zeroed struct is allowed */

/* False once the file is lost, and from then on: bytes read from it may have been 0. If it returns
 * true, all bytes read before the call were those of the file. Costs one query of the file's
 * length. */
bool mapped_file_is_whole(const struct mapped_file *file);

/* If the file is lost, returns STATUS_BAD_DATA with a message, since this is then the cause of any
 * other failure. If it is not lost, returns `status`. */
enum status mapped_file_check(
    const struct mapped_file *file, const char *path, enum status status, struct error *error);

/* For a SIGBUS handler: if the address is in a mapped file, marks the file as lost and makes its
 * bytes from there on read as 0, so that the access can be repeated. False: the address is
 * elsewhere. */
bool mapped_file_stand_in(const void *address);
