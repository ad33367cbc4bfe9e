/* mapped_file.h: a file as read-only memory, of which the system reads what is touched.
 *
 * The bytes are the file's own, shared by all processes that map it. Whoever shortens the file
 * while it is mapped ends those processes (SIGBUS); replacing it by rename is harmless.
 * Threads: any.
 */
#ifndef BASE_MAPPED_FILE_H
#define BASE_MAPPED_FILE_H

#include <stddef.h>

#include "base/status.h"

struct mapped_file {
    const char *bytes; /* [size], at a page's beginning; NULL: nothing is mapped, or it is empty */
    size_t size;
};

/* Maps a whole regular file. STATUS_NO_INPUT (not there, not readable, not a regular file),
 * STATUS_NO_RESOURCE; on failure nothing is mapped. */
enum status mapped_file_open(struct mapped_file *file, const char *path, struct error *error);

void mapped_file_close(struct mapped_file *file); /* a zeroed one is fine */

#endif
