/* directory.h: a directory that lockstep writes to, and the operations allowed in it.
 *
 *   OUT                     symbolic links up to and including OUT are the user's, and are followed
 *   OUT/name, OUT/a/name    reached from the handle one name at a time, following no symbolic links
 *
 * The handle refers to the directory itself: renaming it, or putting a link in its place, does not
 * redirect what is written. Only regular files and directories are replaced or removed, each by
 * name; any other entry is left unchanged, and so is every file that the caller does not recognise
 * as its own. Temporary files are always new (O_EXCL), with 64 random bits in their names, e.g.
 * "config.ini.0123456789abcdef.part".
 *
 * `name` is one name, without a slash. Threads: any, on different names.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/file.h"

struct directory {
    int descriptor;           /* -1: none */
    char path[FILE_PATH_MAX]; /* for messages */
};

/* The current directory. In this directory only, a name may be any path given by the user. */
extern const struct directory directory_current;

/* Opens an existing directory at a path given by the user. STATUS_NO_INPUT; on failure there is
 * nothing to close. */
enum status directory_open(struct directory *directory, const char *path, struct error *error);

/* Opens the directory `name` in `parent`; if `make` is true, a missing directory is created.
 * STATUS_CANNOT_CREATE (also if `name` is a link or a file), STATUS_NO_INPUT (missing, and `make`
 * is false). */
enum status directory_enter(struct directory *directory, const struct directory *parent,
    const char *name, bool make, struct error *error);

void directory_close(struct directory *directory);

/* Writes the path of a name in the directory to `path`, for messages, and returns it; truncated if
 * it is too long. */
const char *directory_path(
    char path[FILE_PATH_MAX], const struct directory *directory, const char *name);

/* Locks the directory for this process until it is closed, if the file system supports locks.
 * STATUS_CANNOT_CREATE: another process has locked it. */
enum status directory_lock(const struct directory *directory, struct error *error);

/* Flushes the directory's entries to disk, if the file system supports it. */
void directory_sync(const struct directory *directory);

/* --- entries ------------------------------------------------------------------------------- */

enum entry { ENTRY_NONE, ENTRY_FILE, ENTRY_DIRECTORY, ENTRY_LINK, ENTRY_OTHER };
enum entry directory_look(const struct directory *directory, const char *name);

/* Fails with STATUS_CANNOT_CREATE if `name` exists and is not of the type `entry`. */
enum status directory_expect(
    const struct directory *directory, const char *name, enum entry entry, struct error *error);

/* Calls take(context, name) for every entry, in no particular order, until a call fails.
 * STATUS_IO. */
enum status directory_each(const struct directory *directory,
    enum status (*take)(void *context, const char *name, struct error *error), void *context,
    struct error *error);

/* Opens a regular file: "r" to read; "r+" to read and write, creating it if it is missing; "w+"
 * like "r+", but emptied. STATUS_CANNOT_CREATE; with "r" STATUS_NO_INPUT if the file is missing. */
enum status directory_open_file(const struct directory *directory, const char *name,
    const char *mode, FILE **file, struct error *error);

/* --- creating and removing ----------------------------------------------------------------- */

/* Generates a new name for a temporary file or directory beside `name`, which may be a path.
 * Returns false if the result is too long. */
bool directory_temporary(char temporary[FILE_PATH_MAX], const char *name);

/* True if an entry is a temporary file for `name`; lockstep 0.1 used a decimal number in the name,
 * e.g. ".4711.part". */
bool directory_is_temporary(const char *entry, const char *name);

/* Removes a regular file; a missing one is not an error. STATUS_CANNOT_CREATE (not a regular file),
 * STATUS_IO. */
enum status directory_remove_file(
    const struct directory *directory, const char *name, struct error *error);

/* Removes the directory `name` in `parent` and the regular files in it for which ours() is true.
 * Anything else in it is kept, and so is the directory; the first reason is then noted in
 * `warnings`. A missing directory is not an error. */
void directory_remove(const struct directory *parent, const char *name,
    bool (*ours)(const char *name), struct warnings *warnings);

/* Renames the directory `from`, whose files must already be on disk, to `to`, and flushes the
 * rename to disk too. An existing directory `to` is exchanged with `from`, atomically if the file
 * system supports it, so that the name `to` always exists. STATUS_IO. */
enum status directory_publish(
    const struct directory *parent, const char *from, const char *to, struct error *error);
