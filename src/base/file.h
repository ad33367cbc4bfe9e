/* file.h: files and directories, written whole or not at all. Threads: any, on different files. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { FILE_PATH_MAX = 4096 };

/* Joins directory and name; STATUS_USAGE if the path is too long. */
enum status file_path(
    char out[FILE_PATH_MAX], const char *directory, const char *name, struct error *error);

bool file_exists(const char *path);
bool file_is_directory(const char *path);

/* Makes the directory and its parents. STATUS_CANNOT_CREATE. One that exists is fine. */
enum status file_make_directory(const char *path, struct error *error);

/* *empty: whether the directory holds nothing, or does not exist. */
enum status file_directory_is_empty(const char *path, bool *empty, struct error *error);

/* Replaces `path` by these bytes: temporary file beside it, fsync, rename, fsync of the directory.
 * A failure leaves the old file, or none, and no temporary. STATUS_CANNOT_CREATE, STATUS_IO. */
enum status file_write_whole(const char *path, const void *bytes, size_t size, struct error *error);

/* Reads a whole file into a block of *size bytes and a 0 behind them; the caller frees it. Refuses
 * files larger than `limit` (STATUS_BAD_DATA). STATUS_NO_INPUT, STATUS_IO, STATUS_NO_RESOURCE. */
enum status file_read_whole(
    const char *path, size_t limit, char **bytes, size_t *size, struct error *error);

/* Sees the entry of `path` in its directory onto the disk, where the file system can. */
void file_sync_parent(const char *path);

#endif
