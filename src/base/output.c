#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/heartbeat.h"

enum status output_open(struct output *output, const char *path, struct error *error)
{
    *output = (struct output){.descriptor = STDOUT_FILENO};
    if (strcmp(path, "-") == 0)
        return STATUS_OK;
    char target[PATH_MAX];
    struct stat facts;
    bool link = lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode);
    const char *named = link && realpath(path, target) ? target : path;
    bool there = stat(named, &facts) == 0;
    bool regular = !there || S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode);
    if (snprintf(output->path, FILE_PATH_MAX, "%s", named) >= FILE_PATH_MAX ||
        (regular && snprintf(output->temporary, FILE_PATH_MAX, "%s.%ld.part", named,
                        (long)getpid()) >= FILE_PATH_MAX))
        return fail(error, STATUS_CANNOT_CREATE, "path too long: %.60s...", path);
    output->descriptor =
        regular ? open(output->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
                : open(output->path, O_WRONLY | O_CLOEXEC);
    if (output->descriptor < 0)
        return fail_errno(error, STATUS_CANNOT_CREATE, errno, "cannot create %s",
            regular ? output->temporary : output->path);
    return STATUS_OK;
}

static enum status cannot_write(const struct output *output, int reason, struct error *error)
{
    return fail_errno(error, STATUS_IO, reason, "cannot write %s",
        output->path[0] ? output->path : "to standard output");
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

enum status output_finish(struct output *output, struct error *error)
{
    if (!output->path[0])
        return STATUS_OK;
    /* Devices and pipes have nothing to see onto a disk. */
    bool safe = !output->temporary[0] || fsync(output->descriptor) == 0;
    int reason = errno;
    if (close(output->descriptor) != 0 && safe) {
        safe = false;
        reason = errno;
    }
    output->descriptor = -1;
    if (safe && output->temporary[0] && rename(output->temporary, output->path) != 0) {
        safe = false;
        reason = errno;
    }
    if (!safe) {
        output_drop(output);
        return cannot_write(output, reason, error);
    }
    file_sync_parent(output->path);
    return STATUS_OK;
}

void output_drop(struct output *output)
{
    if (!output->path[0])
        return;
    if (output->descriptor >= 0)
        close(output->descriptor);
    if (output->temporary[0])
        unlink(output->temporary);
    output->descriptor = -1;
}
