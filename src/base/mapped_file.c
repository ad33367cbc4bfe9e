#include "base/mapped_file.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

static enum status map(
    struct mapped_file *file, int descriptor, uint64_t size, const char *path, struct error *error)
{
    if (size == 0)
        return STATUS_OK; /* nothing to map */
    file->size = (size_t)size;
    file->bytes = mmap(NULL, file->size, PROT_READ, MAP_SHARED, descriptor, 0);
    if (file->bytes == MAP_FAILED) {
        int reason = errno;
        *file = (struct mapped_file){0};
        return fail_errno(error, STATUS_NO_RESOURCE, reason, "cannot map %s (%llu bytes)", path,
            (unsigned long long)size);
    }
    return STATUS_OK;
}

enum status mapped_file_open(struct mapped_file *file, const char *path, struct error *error)
{
    *file = (struct mapped_file){0};
    int descriptor;
    uint64_t size;
    enum status status = file_open_descriptor(path, &descriptor, &size, error);
    if (status)
        return status;
    status = map(file, descriptor, size, path, error);
    close(descriptor);
    return status;
}

void mapped_file_close(struct mapped_file *file)
{
    if (file->bytes)
        munmap((void *)(uintptr_t)file->bytes, file->size);
    *file = (struct mapped_file){0};
}
