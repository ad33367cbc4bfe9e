#include "base/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status map(
    struct mapped_file *file, int descriptor, const char *path, struct error *error)
{
    struct stat facts;
    if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode))
        return fail(error, STATUS_NO_INPUT, "%s is not a regular file", path);
    if (facts.st_size == 0)
        return STATUS_OK; /* nothing to map */
    file->size = (size_t)facts.st_size;
    file->bytes = mmap(NULL, file->size, PROT_READ, MAP_SHARED, descriptor, 0);
    if (file->bytes == MAP_FAILED) {
        int reason = errno;
        *file = (struct mapped_file){0};
        return fail_errno(error, STATUS_NO_RESOURCE, reason, "cannot map %s (%lld bytes)", path,
            (long long)facts.st_size);
    }
    return STATUS_OK;
}

enum status mapped_file_open(struct mapped_file *file, const char *path, struct error *error)
{
    *file = (struct mapped_file){0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* never waits on a pipe */
    if (descriptor < 0)
        return fail_errno(error, STATUS_NO_INPUT, errno, "cannot open %s", path);
    enum status status = map(file, descriptor, path, error);
    close(descriptor);
    return status;
}

void mapped_file_close(struct mapped_file *file)
{
    if (file->bytes)
        munmap((void *)(uintptr_t)file->bytes, file->size);
    *file = (struct mapped_file){0};
}
