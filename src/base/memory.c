#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_int failure_countdown;

int memory_inject_failure(int nth)
{
    return atomic_exchange(&failure_countdown, nth);
}

static bool injected(void)
{
    return atomic_load(&failure_countdown) > 0 && atomic_fetch_sub(&failure_countdown, 1) == 1;
}

/* Huge pages are requested for large blocks, to save address translations. */
enum { HUGE_PAGE = 2 << 20 };

static void *take(size_t padded)
{
    if (padded < 2 * (size_t)HUGE_PAGE)
        return aligned_alloc(MEMORY_ALIGNMENT, padded);
    void *block = NULL;
    if (posix_memalign(&block, HUGE_PAGE, padded) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    madvise(block, padded, MADV_HUGEPAGE); /* if refused, normal pages are used */
#endif
    return block;
}

enum status memory_take(
    void *block_out, size_t count, size_t size, const char *what, struct error *error)
{
    size_t bytes, padded;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, 2 * MEMORY_ALIGNMENT - 1, &padded) || padded > PTRDIFF_MAX)
        return fail(error, STATUS_NO_RESOURCE,
            "no memory for %s: %zu items of %zu bytes exceed the address space", what, count, size);
    padded -= padded % MEMORY_ALIGNMENT;

    void *block = injected() ? NULL : take(padded);
    if (!block)
        return fail(error, STATUS_NO_RESOURCE, "no memory for %s: %zu bytes", what, bytes);
    memset(block, 0, padded);
    memcpy(block_out, &block, sizeof block);
    return STATUS_OK;
}

void *carve(struct carver *carver, size_t count, size_t size)
{
    void *part = carver->block ? carver->block + carver->bytes : NULL;
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, MEMORY_ALIGNMENT - 1, &bytes) ||
        __builtin_add_overflow(carver->bytes, bytes - bytes % MEMORY_ALIGNMENT, &carver->bytes))
        carver->bytes = SIZE_MAX;
    return part;
}

int64_t memory_measure(placement *place, void *object)
{
    struct carver carver = {NULL, 0};
    place(object, &carver);
    return carver.bytes < INT64_MAX ? (int64_t)carver.bytes : INT64_MAX;
}

enum status memory_carve(
    void *block_out, placement *place, void *object, const char *what, struct error *error)
{
    struct carver carver = {NULL, 0};
    size_t bytes = (size_t)memory_measure(place, object);
    TRY(memory_take(&carver.block, bytes, 1, what, error));
    place(object, &carver);
    memcpy(block_out, &carver.block, sizeof carver.block);
    return STATUS_OK;
}
