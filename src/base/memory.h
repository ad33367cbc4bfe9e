/* memory.h: checked allocation. One block per role, carved by its owner.
 *
 * The block is zeroed, aligned to MEMORY_ALIGNMENT bytes, and released with free(). A count times a
 * size that overflows is refused like a block that is too large: STATUS_NO_RESOURCE, naming `what`
 * and the bytes requested. A count of zero gives a valid block.
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

/* Products and sums of sizes, checked for overflow: false on overflow, with *out unchanged. */
bool checked_product(size_t a, size_t b, size_t *out);
bool checked_sum(size_t a, size_t b, size_t *out);

/* Makes the nth allocation from now on fail (1 = the next one); 0 turns it off. Returns the count
 * that the previous call had left, 0 if its failure has occurred. For tests. */
int memory_inject_failure(int nth);

#endif
