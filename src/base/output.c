#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/heartbeat.h"

/* Creates the temporary file. It must be new, as another user could have put a link there. A name
 * that did not fit into output->name is still too long here. */
static enum status open_temporary(struct output *output, struct error *error)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    char path[FILE_PATH_MAX];
    if (!directory_temporary(output->temporary, output->name))
        return fail(error, STATUS_CANNOT_CREATE, "path too long: %.60s...", output->name);
    output->descriptor = openat(output->directory->descriptor, output->temporary, flags, 0666);
    if (output->descriptor >= 0)
        return STATUS_OK;
    int reason = errno;
    directory_path(path, output->directory, output->name);
    if (reason == ENOENT)
        return fail(error, STATUS_CANNOT_CREATE,
            "cannot create %s: its directory does not exist; make it first", path);
    return fail_errno(error, STATUS_CANNOT_CREATE, reason, "cannot create %s", path);
}

enum status output_open(struct output *output, const char *path, struct error *error)
{
    *output = (struct output){.descriptor = STDOUT_FILENO, .directory = &directory_current};
    if (strcmp(path, "-") == 0)
        return STATUS_OK;
    if (!path[0])
        return fail(
            error, STATUS_CANNOT_CREATE, "cannot create a file without a name: its path is empty");
    char target[PATH_MAX];
    struct stat facts;
    const char *named = file_is_link(path) && realpath(path, target) ? target : path;
    bool there = stat(named, &facts) == 0;
    snprintf(output->name, FILE_PATH_MAX, "%s", named);
    if (!there || S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode))
        return open_temporary(output, error);
    output->descriptor = open(named, O_WRONLY | O_CLOEXEC);
    if (output->descriptor < 0)
        return fail_errno(error, STATUS_CANNOT_CREATE, errno, "cannot create %s", named);
    return STATUS_OK;
}

enum status output_open_in(
    struct output *output, const struct directory *directory, const char *name, struct error *error)
{
    *output = (struct output){.descriptor = -1, .directory = directory};
    snprintf(output->name, FILE_PATH_MAX, "%s", name);
    TRY(directory_expect(directory, output->name, ENTRY_FILE, error));
    return open_temporary(output, error);
}

static enum status cannot_write(const struct output *output, int reason, struct error *error)
{
    char path[FILE_PATH_MAX];
    return fail_errno(error, STATUS_IO, reason, "cannot write %s",
        output->name[0] ? directory_path(path, output->directory, output->name)
                        : "to standard output");
}

enum status output_write(struct output *output, const void *bytes, size_t size, struct error *error)
{
    const char *at = bytes;
    while (size > 0 && !output->closed) {
        ssize_t done = write(output->descriptor, at, size);
        if (done < 0 && errno == EPIPE && !output->temporary[0])
            output->closed = true;
        else if (done < 0 && errno != EINTR)
            return cannot_write(output, errno, error);
        heartbeat_beat();
        at += done > 0 ? done : 0;
        size -= done > 0 ? (size_t)done : 0;
    }
    return STATUS_OK;
}

/* Flushes the directory entry of the file to disk, if the file system supports it. */
static void sync_entry(const struct output *output)
{
    char path[FILE_PATH_MAX];
    snprintf(path, sizeof path, "%s", output->name);
    int in =
        openat(output->directory->descriptor, dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (in >= 0) {
        fsync(in); /* may fail on some file systems; the rename is done */
        close(in);
    }
}

static void drop(struct output *output)
{
    if (output->descriptor >= 0)
        close(output->descriptor);
    if (output->temporary[0])
        unlinkat(output->directory->descriptor, output->temporary, 0);
    output->descriptor = -1;
}

static enum status finish(struct output *output, struct error *error)
{
    int in = output->directory->descriptor, reason = 0;
    bool renames = output->temporary[0]; /* devices and pipes cannot be flushed to disk */
    if (renames && fsync(output->descriptor) != 0)
        reason = errno;
    if (close(output->descriptor) != 0 && reason == 0)
        reason = errno;
    output->descriptor = -1;
    if (renames && reason == 0 && renameat(in, output->temporary, in, output->name) != 0)
        reason = errno;
    if (reason != 0) {
        drop(output);
        return cannot_write(output, reason, error);
    }
    sync_entry(output);
    return STATUS_OK;
}

enum status output_end(struct output *output, enum status status, struct error *error)
{
    if (!output->name[0])
        return status;
    if (!status)
        return finish(output, error);
    drop(output);
    return status;
}

enum status output_append(
    struct output *output, const void *bytes, size_t size, struct error *error)
{
    off_t end = lseek(output->descriptor, 0, SEEK_END);
    enum status status = output_write(output, bytes, size, error);
    if (status && end >= 0 && ftruncate(output->descriptor, end) != 0)
        return status; /* a part of the bytes remains; the failure has been reported */
    return status;
}

enum status output_publish(struct output *output, struct error *error)
{
    int kept = fcntl(output->descriptor, F_DUPFD_CLOEXEC, 0);
    if (kept < 0)
        return output_end(output, cannot_write(output, errno, error), error);
    enum status status = output_end(output, STATUS_OK, error);
    output->temporary[0] = '\0';
    output->descriptor = kept;
    if (status)
        drop(output);
    return status;
}

enum status output_write_whole(const struct directory *directory, const char *name,
    const void *bytes, size_t size, struct error *error)
{
    struct output output;
    TRY(output_open_in(&output, directory, name, error));
    return output_end(&output, output_write(&output, bytes, size, error), error);
}
