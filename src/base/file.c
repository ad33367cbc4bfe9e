#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

enum status file_path(
    char out[FILE_PATH_MAX], const char *directory, const char *name, struct error *error)
{
    int length = snprintf(out, FILE_PATH_MAX, "%s/%s", directory, name);
    if (length < 0 || length >= FILE_PATH_MAX)
        return fail(error, STATUS_USAGE, "path too long: %.60s.../%.60s", directory, name);
    return STATUS_OK;
}

/* Returns the file type and permissions of a path; 0 if nothing is there. */
static mode_t mode_of(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 ? facts.st_mode : 0;
}

bool file_exists(const char *path)
{
    return mode_of(path) != 0;
}

bool file_is_directory(const char *path)
{
    return S_ISDIR(mode_of(path));
}

bool file_is_fifo(const char *path)
{
    return S_ISFIFO(mode_of(path));
}

bool file_is_same(const char *one, const char *other)
{
    struct stat first, second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

bool file_is_link(const char *path)
{
    struct stat facts;
    return lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode);
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
            "cannot make directory %s: a file with that name is in the way", path);
    return STATUS_OK;
}

bool file_value(const char *path, const char *key, char *out, size_t size)
{
    char line[256];
    size_t length = strlen(key);
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file)) {
        const char *value = line + length;
        found = strncmp(line, key, length) == 0 && (length == 0 || strchr(" \t:", *value));
        line[strcspn(line, "\n")] = '\0';
        if (found)
            snprintf(out, size, "%s", value + strspn(value, " \t:"));
    }
    if (file)
        fclose(file);
    return found;
}

/* Without O_NONBLOCK, open() on a FIFO would wait for a writer. */
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
    TRY(file_open_descriptor(path, &descriptor, size, error));
    *file = fdopen(descriptor, "rb");
    if (*file)
        return STATUS_OK;
    int reason = errno;
    close(descriptor);
    return fail_errno(error, STATUS_NO_RESOURCE, reason, "cannot read %s", path);
}

enum status file_read_whole(
    const char *path, size_t limit, char **bytes, size_t *size, struct error *error)
{
    FILE *file = NULL;
    uint64_t file_size = 0;
    char *block = NULL;
    TRY(file_open_regular(path, &file, &file_size, error));
    enum status status =
        file_size > limit
            ? fail(error, STATUS_BAD_DATA, "%s has %" PRIu64 " bytes; at most %zu are allowed here",
                  path, file_size, limit)
            : memory_take(&block, (size_t)file_size + 1, 1, path, error);
    *size = block ? fread(block, 1, (size_t)file_size, file) : 0;
    if (!status && *size != (size_t)file_size)
        status = fail(error, STATUS_IO, "cannot read %s: got %zu of %" PRIu64 " bytes", path, *size,
            file_size);
    fclose(file);
    if (status)
        free(block);
    else
        *bytes = block;
    return status;
}
