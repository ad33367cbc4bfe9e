#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/output.h"

enum status file_path(
    char out[FILE_PATH_MAX], const char *directory, const char *name, struct error *error)
{
    int length = snprintf(out, FILE_PATH_MAX, "%s/%s", directory, name);
    if (length < 0 || length >= FILE_PATH_MAX)
        return fail(error, STATUS_USAGE, "path too long: %.60s.../%.60s", directory, name);
    return STATUS_OK;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_is_directory(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

bool file_is_fifo(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISFIFO(facts.st_mode);
}

enum status file_make_directory(const char *path, struct error *error)
{
    char part[FILE_PATH_MAX];
    if (!path[0])
        return fail(error, STATUS_CANNOT_CREATE, "cannot make a directory without a name");
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return fail(error, STATUS_CANNOT_CREATE, "path too long: %.60s...", path);
    for (char *at = part + 1;; at++) {
        if (*at && *at != '/')
            continue;
        char end = *at;
        *at = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return fail_errno(error, STATUS_CANNOT_CREATE, errno, "cannot make directory %s", part);
        if (!end)
            break;
        *at = end;
    }
    if (!file_is_directory(path))
        return fail(error, STATUS_CANNOT_CREATE,
            "cannot make directory %s: a file of that name is in the way", path);
    return STATUS_OK;
}

enum status file_directory_is_empty(const char *path, bool *empty, struct error *error)
{
    *empty = true;
    DIR *directory = opendir(path);
    if (!directory && errno == ENOENT)
        return STATUS_OK;
    if (!directory)
        return fail_errno(error, STATUS_CANNOT_CREATE, errno, "cannot read directory %s", path);
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            *empty = false;
    closedir(directory);
    return STATUS_OK;
}

void file_sync_parent(const char *path)
{
    char directory[FILE_PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash)
        slash[slash == directory] = '\0';
    int descriptor = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    fsync(descriptor); /* some file systems refuse; the rename itself stands */
    close(descriptor);
}

enum status file_write_whole(const char *path, const void *bytes, size_t size, struct error *error)
{
    struct output output;
    enum status status = output_open(&output, path, error);
    if (status)
        return status;
    status = output_write(&output, bytes, size, error);
    if (!status)
        return output_finish(&output, error);
    output_drop(&output);
    return status;
}

bool file_is_link(const char *path)
{
    struct stat facts;
    return lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode);
}

/* O_NONBLOCK: to open a FIFO is to wait for its writer otherwise. */
enum status file_open_descriptor(
    const char *path, int *descriptor, uint64_t *size, struct error *error)
{
    struct stat facts;
    *descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (*descriptor < 0)
        return fail_errno(error, STATUS_NO_INPUT, errno, "cannot open %s", path);
    if (fstat(*descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(*descriptor);
        return fail(error, STATUS_NO_INPUT, "%s is not a regular file", path);
    }
    *size = (uint64_t)facts.st_size;
    return STATUS_OK;
}

enum status file_open_regular(const char *path, FILE **file, uint64_t *size, struct error *error)
{
    int descriptor;
    enum status status = file_open_descriptor(path, &descriptor, size, error);
    if (status)
        return status;
    *file = fdopen(descriptor, "rb");
    if (!*file) {
        status = fail_errno(error, STATUS_NO_RESOURCE, errno, "cannot read %s", path);
        close(descriptor);
    }
    return status;
}

enum status file_read_whole(
    const char *path, size_t limit, char **bytes, size_t *size, struct error *error)
{
    FILE *file = NULL;
    uint64_t file_size = 0;
    char *block = NULL;
    enum status status = file_open_regular(path, &file, &file_size, error);
    if (status)
        return status;
    if (file_size > limit)
        status = fail(error, STATUS_BAD_DATA,
            "%s has %" PRIu64 " bytes; at most %zu are sensible here", path, file_size, limit);
    else
        status = memory_take(&block, (size_t)file_size + 1, 1, path, error);
    if (!status) {
        *size = fread(block, 1, (size_t)file_size, file);
        if (*size != (size_t)file_size)
            status = fail(error, STATUS_IO, "cannot read %s: got %zu of %" PRIu64 " bytes", path,
                *size, file_size);
    }
    fclose(file);
    if (status)
        free(block);
    else
        *bytes = block;
    return status;
}

/* Without the system's help there is a moment at which nothing has the name `to`. */
static bool exchange(const char *from, const char *to)
{
    char aside[FILE_PATH_MAX];
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0)
        return true;
    if ((errno != EINVAL && errno != ENOSYS) ||
        snprintf(aside, sizeof aside, "%s.part", from) >= (int)sizeof aside ||
        rename(to, aside) != 0)
        return false;
    if (rename(from, to) == 0)
        return rename(aside, from) == 0;
    int reason = errno;
    rename(aside, to);
    errno = reason;
    return false;
}

enum status file_publish_directory(const char *from, const char *to, struct error *error)
{
    if (file_exists(to) ? !exchange(from, to) : rename(from, to) != 0)
        return fail_errno(error, STATUS_IO, errno, "cannot rename %s to %s", from, to);
    file_sync_parent(to);
    return STATUS_OK;
}

enum status file_each(const char *path,
    enum status (*take)(void *context, const char *name, struct error *error), void *context,
    struct error *error)
{
    enum status status = STATUS_OK;
    DIR *directory = opendir(path);
    if (!directory && errno == ENOENT)
        return STATUS_OK;
    if (!directory)
        return fail_errno(error, STATUS_IO, errno, "cannot read directory %s", path);
    for (struct dirent *entry = readdir(directory); entry && !status; entry = readdir(directory))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = take(context, entry->d_name, error);
    closedir(directory);
    return status;
}

static enum status remove_file(void *context, const char *name, struct error *error)
{
    char path[FILE_PATH_MAX];
    enum status status = file_path(path, context, name, error);
    if (!status && unlink(path) != 0 && errno != ENOENT)
        status = fail_errno(error, STATUS_IO, errno, "cannot remove %s", path);
    return status;
}

enum status file_remove_directory(const char *path, struct error *error)
{
    char copy[FILE_PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    enum status status = file_each(path, remove_file, copy, error);
    if (!status && rmdir(path) != 0 && errno != ENOENT)
        status = fail_errno(error, STATUS_IO, errno, "cannot remove directory %s", path);
    return status;
}
