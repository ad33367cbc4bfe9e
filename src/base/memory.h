/* memory.h: checked allocation. One block a role, carved by its owner.
 *
 * The block is zeroed, aligned to MEMORY_ALIGNMENT bytes, and given back with free(). A count times
 * a size that overflows is refused like a block that cannot be had: STATUS_NO_RESOURCE, naming
 * `what` and the bytes asked for. A count of zero gives a valid block.
 *
 * Threads: any.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { MEMORY_ALIGNMENT = 64 };

enum status memory_take(
    void *block_out, size_t count, size_t size, const char *what, struct error *error);

/* Products and sums of sizes that refuse to wrap: false, and *out untouched, on overflow. */
bool checked_product(size_t a, size_t b, size_t *out);
bool checked_sum(size_t a, size_t b, size_t *out);

/* Makes the nth allocation from now on fail (1 = the next one); 0 turns it off. Returns what was
 * left to count of the call before, 0 if that failure came. For tests. */
int memory_inject_failure(int nth);

#endif
