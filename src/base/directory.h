/* directory.h: a directory in which lockstep writes, and what it may do there.
 *
 *   OUT                     links up to and including it are the user's, and are followed
 *   OUT/name, OUT/a/name    reached from the handle one name at a time; no symbolic link is followed
 *
 * The handle is the directory itself: renaming it, or putting a link in its place, does not move what
 * is written. Only regular files and directories are replaced or removed, each by its name; anything
 * else of that name is left, and so is every file that the caller does not call its own. Temporary
 * files are new (O_EXCL), with 64 random bits in their names, "config.ini.0123456789abcdef.part".
 *
 * `name` is one name, without a slash. Threads: any, on different names.
 */
#ifndef BASE_DIRECTORY_H
#define BASE_DIRECTORY_H

#include <stdbool.h>
#include <stdio.h>

#include "base/file.h"

struct directory {
    int descriptor;           /* -1: none */
    char path[FILE_PATH_MAX]; /* for messages */
};

/* Where the process stands; with it, a name may be any path of the user's. */
extern const struct directory directory_current;

/* One that exists, by the user's path. STATUS_NO_INPUT; then there is none to close. */
enum status directory_open(struct directory *directory, const char *path, struct error *error);

/* The one of this name in another; `make`: made if it is missing. STATUS_CANNOT_CREATE (also what has
 * the name is a link or a file), STATUS_NO_INPUT without `make`. */
enum status directory_enter(struct directory *directory, const struct directory *parent,
    const char *name, bool make, struct error *error);

void directory_close(struct directory *directory);

/* The path of a name in it, for messages; cut at the end if it is too long. */
const char *directory_path(
    char path[FILE_PATH_MAX], const struct directory *directory, const char *name);

/* Makes it this process's until it is closed, where the file system has locks.
 * STATUS_CANNOT_CREATE: it is another's. */
enum status directory_lock(const struct directory *directory, struct error *error);

/* Sees its entries onto the disk, where the file system can. */
void directory_sync(const struct directory *directory);

/* --- what is in it ------------------------------------------------------------------------- */

enum entry { ENTRY_NONE, ENTRY_FILE, ENTRY_DIRECTORY, ENTRY_OTHER };
enum entry directory_look(const struct directory *directory, const char *name);

/* Refuses a name that something other than this has: STATUS_CANNOT_CREATE. */
enum status directory_expect(
    const struct directory *directory, const char *name, enum entry entry, struct error *error);

/* Calls take(context, name) for every entry, in no order, until that fails. STATUS_IO. */
enum status directory_each(const struct directory *directory,
    enum status (*take)(void *context, const char *name, struct error *error), void *context,
    struct error *error);

/* Opens a regular file: "r" to read; "r+" to read and write, made if it is missing; "w+" the same,
 * emptied. STATUS_CANNOT_CREATE; STATUS_NO_INPUT with "r", if there is none. */
enum status directory_open_file(const struct directory *directory, const char *name,
    const char *mode, FILE **file, struct error *error);

/* --- making and removing ------------------------------------------------------------------- */

/* A new name for a temporary file or directory beside `name`, which may be a path. Returns false if it
 * is too long. */
bool directory_temporary(char temporary[FILE_PATH_MAX], const char *name);

/* Whether an entry is a temporary of `name`; those of lockstep 0.1 end in ".4711.part". */
bool directory_is_temporary(const char *entry, const char *name);

/* Removes a regular file; nothing there is fine. STATUS_CANNOT_CREATE (it is something else),
 * STATUS_IO. */
enum status directory_remove_file(
    const struct directory *directory, const char *name, struct error *error);

/* Removes the directory `name` in `parent` and the regular files in it that are `ours`. With anything
 * else in it, it stays; what stays, and why, is noted in `warnings`. Nothing there is fine. */
void directory_remove(const struct directory *parent, const char *name,
    bool (*ours)(const char *name), struct warnings *warnings);

/* Gives the directory `from`, all of whose files are on the disk, the name `to`; then that is on the
 * disk too. A directory of that name gets `from` in exchange: at once, where the file system can, so
 * that there is always one of that name. STATUS_IO. */
enum status directory_publish(
    const struct directory *parent, const char *from, const char *to, struct error *error);

#endif
