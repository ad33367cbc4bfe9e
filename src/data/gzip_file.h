/* gzip_file.h: reads a file that may be gzipped, as its first bytes show.
 *
 * Threads: one at a time per file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct gzip_file {
    const char *path; /* borrowed */
    struct gzFile_s *stream;
    size_t length; /* of the file, in bytes */
    bool gzipped;
};

/* STATUS_NO_INPUT, STATUS_NO_RESOURCE; on failure nothing is left open. */
enum status gzip_file_open(struct gzip_file *file, const char *path, struct error *error);

/* Reads up to `size` unpacked bytes; *got is less only at the end, where the checksum has been
 * verified. STATUS_BAD_DATA (damaged, truncated), STATUS_IO, STATUS_NO_RESOURCE. */
enum status gzip_file_read(
    struct gzip_file *file, void *out, size_t size, size_t *got, struct error *error);

/* Closes the file, if it is open; a zeroed struct is allowed. */
void gzip_file_close(struct gzip_file *file);
