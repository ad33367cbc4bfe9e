#include "base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const struct directory directory_current = {AT_FDCWD, ""};

const char *directory_path(
    char path[FILE_PATH_MAX], const struct directory *directory, const char *name)
{
    struct error ignored;
    if (!directory->path[0] || file_path(path, directory->path, name, &ignored))
        snprintf(path, FILE_PATH_MAX, "%s", name);
    return path;
}

/* --- handles ------------------------------------------------------------------------------- */

enum status directory_open(struct directory *directory, const char *path, struct error *error)
{
    snprintf(directory->path, sizeof directory->path, "%s", path);
    directory->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory->descriptor < 0)
        return fail_errno(error, STATUS_NO_INPUT, errno, "cannot open directory %s", path);
    return STATUS_OK;
}

enum status directory_enter(struct directory *directory, const struct directory *parent,
    const char *name, bool make, struct error *error)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    enum status missing = make ? STATUS_CANNOT_CREATE : STATUS_NO_INPUT;
    directory->descriptor = -1;
    directory_path(directory->path, parent, name);
    if (make && mkdirat(parent->descriptor, name, 0777) != 0 && errno != EEXIST)
        return fail_errno(
            error, STATUS_CANNOT_CREATE, errno, "cannot make directory %s", directory->path);
    directory->descriptor = openat(parent->descriptor, name, flags);
    if (directory->descriptor >= 0)
        return STATUS_OK;
    int reason = errno;
    TRY(directory_expect(parent, name, ENTRY_DIRECTORY, error));
    return fail_errno(error, missing, reason, "cannot open directory %s", directory->path);
}

void directory_close(struct directory *directory)
{
    if (directory->descriptor >= 0)
        close(directory->descriptor);
    directory->descriptor = -1;
}

enum status directory_lock(const struct directory *directory, struct error *error)
{
    if (flock(directory->descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return fail(error, STATUS_CANNOT_CREATE,
            "another process is using %s; wait until it ends, or choose another directory",
            directory->path);
    return STATUS_OK;
}

void directory_sync(const struct directory *directory)
{
    fsync(directory->descriptor); /* may fail on some file systems; the rename is done */
}

/* --- entries ------------------------------------------------------------------------------- */

enum entry directory_look(const struct directory *directory, const char *name)
{
    struct stat facts;
    if (fstatat(directory->descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ENTRY_NONE : ENTRY_OTHER;
    return S_ISREG(facts.st_mode)   ? ENTRY_FILE
           : S_ISDIR(facts.st_mode) ? ENTRY_DIRECTORY
           : S_ISLNK(facts.st_mode) ? ENTRY_LINK
                                    : ENTRY_OTHER;
}

enum status directory_expect(
    const struct directory *directory, const char *name, enum entry entry, struct error *error)
{
    static const char *const noun[] = {[ENTRY_FILE] = "a regular file",
        [ENTRY_DIRECTORY] = "a directory",
        [ENTRY_LINK] = "a symbolic link",
        [ENTRY_OTHER] = "neither a file nor a directory"};
    char path[FILE_PATH_MAX];
    enum entry found = directory_look(directory, name);
    if (found == ENTRY_NONE || found == entry)
        return STATUS_OK;
    return fail(error, STATUS_CANNOT_CREATE,
        "%s is %s, but lockstep would write %s there; it was left unchanged; move it out of the "
        "way",
        directory_path(path, directory, name), noun[found], noun[entry]);
}

enum status directory_each(const struct directory *directory,
    enum status (*take)(void *context, const char *name, struct error *error), void *context,
    struct error *error)
{
    enum status status = STATUS_OK;
    int descriptor = openat(directory->descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (!list) {
        status = fail_errno(error, STATUS_IO, errno, "cannot read directory %s", directory->path);
        if (descriptor >= 0)
            close(descriptor);
        return status;
    }
    for (struct dirent *entry = readdir(list); entry && !status; entry = readdir(list))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = take(context, entry->d_name, error);
    closedir(list);
    return status;
}

/* Checks the type of the file only once it is open, when no other process can replace it. */
enum status directory_open_file(const struct directory *directory, const char *name,
    const char *mode, FILE **file, struct error *error)
{
    char path[FILE_PATH_MAX];
    struct stat facts;
    bool writes = strcmp(mode, "r") != 0;
    int flags = (writes ? O_RDWR | O_CREAT : O_RDONLY) | (*mode == 'w' ? O_TRUNC : 0) | O_NOFOLLOW |
                O_NONBLOCK | O_CLOEXEC;
    int descriptor = openat(directory->descriptor, name, flags, 0666), reason = errno;
    *file = NULL;
    directory_path(path, directory, name);
    if (descriptor < 0) {
        TRY(directory_expect(directory, name, ENTRY_FILE, error));
        return fail_errno(
            error, writes ? STATUS_CANNOT_CREATE : STATUS_NO_INPUT, reason, "cannot open %s", path);
    }
    if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode))
        fail(error, STATUS_CANNOT_CREATE, "%s is not a regular file", path);
    else if (!(*file = fdopen(descriptor, mode)))
        fail_errno(error, STATUS_CANNOT_CREATE, errno, "cannot open %s", path);
    if (*file)
        return STATUS_OK;
    close(descriptor);
    return error->status;
}

/* --- names of temporary files ---------------------------------------------------------------- */

enum { RANDOM_DIGITS = 16 };
static const char part[] = ".part";

bool directory_temporary(char temporary[FILE_PATH_MAX], const char *name)
{
    uint64_t number;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number) {
        struct timespec now; /* no random bytes this early in boot; O_EXCL is safe with any name */
        clock_gettime(CLOCK_REALTIME, &now);
        number = (uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec ^ (uint64_t)getpid() << 48;
    }
    return snprintf(temporary, FILE_PATH_MAX, "%s.%016" PRIx64 "%s", name, number, part) <
           FILE_PATH_MAX;
}

bool directory_is_temporary(const char *entry, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(entry, name, length) != 0 || entry[length] != '.')
        return false;
    const char *middle = entry + length + 1;
    size_t digits = strspn(middle, "0123456789"), hex = strspn(middle, "0123456789abcdef");
    return (digits > 0 && strcmp(middle + digits, part) == 0) ||
           (hex == RANDOM_DIGITS && strcmp(middle + hex, part) == 0);
}

/* --- removing ------------------------------------------------------------------------------ */

/* unlinkat() removes a link itself, never its target, so it does no harm if the file is replaced by
 * a link after the check. */
enum status directory_remove_file(
    const struct directory *directory, const char *name, struct error *error)
{
    char path[FILE_PATH_MAX];
    enum status status = directory_expect(directory, name, ENTRY_FILE, error);
    if (!status && unlinkat(directory->descriptor, name, 0) != 0 && errno != ENOENT)
        status = fail_errno(
            error, STATUS_IO, errno, "cannot remove %s", directory_path(path, directory, name));
    return status;
}

struct removal {
    const struct directory *directory;
    bool (*ours)(const char *name);
    struct warnings *warnings;
    bool stays;
};

static enum status remove_entry(void *context, const char *name, struct error *error)
{
    struct removal *removal = context;
    char path[FILE_PATH_MAX];
    enum status status =
        removal->ours(name)
            ? directory_remove_file(removal->directory, name, error)
            : fail(error, STATUS_IO, "%s was not written by lockstep and is left unchanged",
                  directory_path(path, removal->directory, name));
    if (status) {
        removal->stays = true;
        warnings_note(removal->warnings, error);
    }
    return STATUS_OK;
}

void directory_remove(const struct directory *parent, const char *name,
    bool (*ours)(const char *name), struct warnings *warnings)
{
    struct directory inside;
    struct removal removal = {&inside, ours, warnings, false};
    struct error error;
    if (directory_look(parent, name) == ENTRY_NONE)
        return;
    enum status status = directory_enter(&inside, parent, name, false, &error);
    if (!status)
        status = directory_each(&inside, remove_entry, &removal, &error);
    directory_close(&inside);
    if (!status && !removal.stays && unlinkat(parent->descriptor, name, AT_REMOVEDIR) != 0 &&
        errno != ENOENT)
        status = fail_errno(&error, STATUS_IO, errno, "cannot remove directory %s", inside.path);
    if (status)
        warnings_note(warnings, &error);
}

/* --- replacing a directory ------------------------------------------------------------------- */

/* Exchanges two directories. Without RENAME_EXCHANGE, for a moment no directory is named `to`. */
static bool exchange(int in, const char *from, const char *to)
{
    char aside[FILE_PATH_MAX];
    if (renameat2(in, from, in, to, RENAME_EXCHANGE) == 0)
        return true;
    if ((errno != EINVAL && errno != ENOSYS) || !directory_temporary(aside, from) ||
        renameat(in, to, in, aside) != 0)
        return false;
    if (renameat(in, from, in, to) == 0)
        return renameat(in, aside, in, from) == 0;
    int reason = errno;
    renameat(in, aside, in, to);
    errno = reason;
    return false;
}

enum status directory_publish(
    const struct directory *parent, const char *from, const char *to, struct error *error)
{
    char path[FILE_PATH_MAX];
    int in = parent->descriptor;
    bool there = directory_look(parent, to) != ENTRY_NONE;
    if (there ? !exchange(in, from, to) : renameat(in, from, in, to) != 0)
        return fail_errno(error, STATUS_IO, errno, "cannot rename %s to %s",
            directory_path(path, parent, from), to);
    directory_sync(parent);
    return STATUS_OK;
}
