/* mapped_file.h: a file as read-only memory, of which the system reads what is touched.
 *
 * The bytes are the file's own, shared by all processes that map it; replacing the file by rename is
 * harmless. A file that is made shorter while it is mapped, or that the disk no longer gives, is lost:
 * bytes beyond its end, in the last page, read as 0, and pages beyond it bring SIGBUS, which ends the
 * process. A program that would rather end in order lets its handler of SIGBUS call
 * mapped_file_stand_in(), so that these pages, too, read as 0; and whoever read the bytes asks
 * mapped_file_check() before anything follows from them.
 *
 * Threads: any.
 */
#ifndef BASE_MAPPED_FILE_H
#define BASE_MAPPED_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct mapped_file {
    const char *bytes; /* [size], at a page's beginning; NULL: nothing is mapped, or it is empty */
    size_t size;
    struct mapping *mapping; /* what a handler of signals can find; NULL: nothing is mapped */
};

/* Maps a whole regular file. STATUS_NO_INPUT (not there, not readable, not a regular file),
 * STATUS_NO_RESOURCE; on failure nothing is mapped. */
enum status mapped_file_open(struct mapped_file *file, const char *path, struct error *error);

void mapped_file_close(struct mapped_file *file); /* a zeroed one is fine */

/* False once the file is lost, and then for good: what was read of it may have been 0. What was read
 * before a call that says true is the file's. One look at the file's length. */
bool mapped_file_is_whole(const struct mapped_file *file);

/* STATUS_BAD_DATA with a message if the file is lost, which then is the cause of whatever other
 * failure; else `status`. */
enum status mapped_file_check(
    const struct mapped_file *file, const char *path, enum status status, struct error *error);

/* For a handler of SIGBUS: if the address lies in a mapped file, that is lost, and its bytes from there
 * on read as 0 from now on: the access may be repeated. False: it lies elsewhere. */
bool mapped_file_stand_in(const void *address);

#endif
