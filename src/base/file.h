/* file.h: files and directories at paths given by the user; links are followed. For files that
 * lockstep writes in its own directories, see directory.h. Threads: any, on different files. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

enum { FILE_PATH_MAX = 4096 };

/* Joins a directory and a name into a path. STATUS_USAGE if the path is too long. */
enum status file_path(
    char out[FILE_PATH_MAX], const char *directory, const char *name, struct error *error);

bool file_exists(const char *path);
bool file_is_directory(const char *path);
bool file_is_fifo(const char *path);

/* True if both paths lead to the same existing file. */
bool file_is_same(const char *one, const char *other);

/* True if the path itself is a symbolic link, whatever it points to. */
bool file_is_link(const char *path);

/* Creates the directory and its parents if they are missing. STATUS_CANNOT_CREATE. */
enum status file_make_directory(const char *path, struct error *error);

/* Opens a regular file for reading and sets *size to its length; the caller closes it. Anything
 * else, such as a FIFO or a device, is refused at once. All input files are opened by one of these
 * two functions, so no input can block the program. STATUS_NO_INPUT, STATUS_NO_RESOURCE. */
enum status file_open_regular(const char *path, FILE **file, uint64_t *size, struct error *error);
enum status file_open_descriptor(
    const char *path, int *descriptor, uint64_t *size, struct error *error);

/* Reads a whole file into a block of *size bytes, followed by a 0 byte; the caller frees it.
 * Refuses files larger than `limit` (STATUS_BAD_DATA). STATUS_NO_INPUT, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status file_read_whole(
    const char *path, size_t limit, char **bytes, size_t *size, struct error *error);

/* For the small files of /proc and of control groups: finds the first line that consists of `key`,
 * a blank or a colon, and a value, and writes the value to out. If key is "", the value is the
 * whole first line. False, with out unchanged, if the file or the line is missing. */
bool file_value(const char *path, const char *key, char *out, size_t size);
