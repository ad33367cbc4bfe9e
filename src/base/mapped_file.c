#include "base/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* A list entry for a mapping that is in use or free for reuse. A signal handler may walk the list
 * at any time, so the list only grows, and no entry is ever freed. */
struct mapping {
    struct mapping *next;
    atomic_bool taken, lost;
    atomic_uintptr_t begin, end; /* end 0: nothing is mapped */
    int descriptor;              /* to query the file's length */
};

static _Atomic(struct mapping *) mappings;

static struct mapping *take_mapping(void)
{
    for (struct mapping *m = atomic_load(&mappings); m; m = m->next)
        if (!atomic_exchange(&m->taken, true))
            return m;
    struct mapping *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->taken = true;
    made->next = atomic_load(&mappings);
    while (!atomic_compare_exchange_weak(&mappings, &made->next, made))
        ;
    return made;
}

enum status mapped_file_open(struct mapped_file *file, const char *path, struct error *error)
{
    int descriptor;
    uint64_t size;
    *file = (struct mapped_file){0};
    TRY(file_open_descriptor(path, &descriptor, &size, error));
    struct mapping *mapping = size > 0 ? take_mapping() : NULL;
    void *bytes =
        mapping ? mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, descriptor, 0) : MAP_FAILED;
    int reason = errno;
    if (bytes == MAP_FAILED) {
        if (mapping)
            atomic_store(&mapping->taken, false);
        close(descriptor);
        return size == 0 ? STATUS_OK /* nothing to map */
                         : fail_errno(error, STATUS_NO_RESOURCE, reason,
                               "cannot map %s (%llu bytes)", path, (unsigned long long)size);
    }
    mapping->descriptor = descriptor;
    atomic_store(&mapping->lost, false);
    atomic_store(&mapping->begin, (uintptr_t)bytes);
    atomic_store(&mapping->end, (uintptr_t)bytes + size);
    *file = (struct mapped_file){bytes, (size_t)size, mapping};
    return STATUS_OK;
}

void mapped_file_close(struct mapped_file *file)
{
    struct mapping *mapping = file->mapping;
    if (mapping) {
        atomic_store(&mapping->end, 0);
        munmap((void *)(uintptr_t)file->bytes, file->size);
        close(mapping->descriptor);
        atomic_store(&mapping->taken, false);
    }
    *file = (struct mapped_file){0};
}

/* --- lost files ---------------------------------------------------------------------------- */

/* Returns the file's length as cached by this machine, which determines the valid pages; -1:
 * unknown. The server of a network file system is not asked, since this is called in every step. */
static int64_t length_now(const struct mapping *mapping)
{
    struct statx facts;
    int failed =
        statx(mapping->descriptor, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &facts);
    return failed ? -1 : (int64_t)facts.stx_size;
}

bool mapped_file_is_whole(const struct mapped_file *file)
{
    struct mapping *mapping = file->mapping;
    if (!mapping)
        return true;
    int64_t length = length_now(mapping);
    if (length >= 0 && length < (int64_t)file->size)
        atomic_store(&mapping->lost, true);
    return !atomic_load(&mapping->lost);
}

enum status mapped_file_check(
    const struct mapped_file *file, const char *path, enum status status, struct error *error)
{
    static const char cure[] = "put the whole file back; a training run continues with --resume";
    if (mapped_file_is_whole(file))
        return status;
    int64_t length = length_now(file->mapping);
    if (length >= 0 && length < (int64_t)file->size)
        return fail(error, STATUS_BAD_DATA,
            "%s became shorter while it was being read: %lld of %zu bytes are left; %s", path,
            (long long)length, file->size, cure);
    return fail(error, STATUS_BAD_DATA,
        "%s could not be read while it was in use: it was temporarily shorter, or its disk failed; "
        "%s",
        path, cure);
}

/* Makes only calls that are allowed in a signal handler. The file is marked as lost before its
 * bytes read as 0, so code that reads such a 0 also sees the mark. */
bool mapped_file_stand_in(const void *address)
{
    uintptr_t at = (uintptr_t)address;
    for (struct mapping *m = atomic_load(&mappings); m; m = m->next) {
        uintptr_t end = atomic_load(&m->end), begin = atomic_load(&m->begin);
        if (at < begin || at >= end || atomic_load(&m->end) != end) /* perhaps reused */
            continue;
        atomic_store(&m->lost, true);
        at -= (at - begin) % (uintptr_t)sysconf(_SC_PAGESIZE);
        void *zeros = mmap((void *)at, end - at, PROT_READ,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
        return zeros != MAP_FAILED;
    }
    return false;
}
