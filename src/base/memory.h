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

/* --- the parts of a block ---------------------------------------------------------------------
 *
 * A placement gives an object its arrays, one after the other. It runs twice, without a block to
 * measure and with a block to carve, so a block always has the size that was planned for it:
 *
 *     static void place(void *object, struct carver *carver)
 *     {
 *         struct table *table = object;
 *         table->key = carve(carver, table->n, sizeof *table->key);
 *         table->value = carve(carver, table->n, sizeof *table->value);
 *     }
 *
 *     bytes  = memory_measure(place, &table);
 *     status = memory_carve(&table.block, place, &table, "a table", error);
 *
 * Neither run may read or write the block: a page lies near the core of the thread that touches it
 * first, and where the pages go is not a placement's decision.
 */
struct carver {
    char *block;  /* NULL: measure */
    size_t bytes; /* size of the parts so far; SIZE_MAX: more than fits in the address space */
};
typedef void placement(void *object, struct carver *carver);

/* The next part, aligned to MEMORY_ALIGNMENT bytes; NULL without a block. */
void *carve(struct carver *carver, size_t count, size_t size);

/* The bytes of a placement, at most INT64_MAX. The object's arrays are NULL after it. */
int64_t memory_measure(placement *place, void *object);

/* Takes a block as memory_take() does, and places the object in it. On failure the object's arrays
 * are NULL. */
enum status memory_carve(
    void *block_out, placement *place, void *object, const char *what, struct error *error);

/* Products and sums of sizes, checked for overflow: false on overflow, with *out unchanged. */
bool checked_product(size_t a, size_t b, size_t *out);
bool checked_sum(size_t a, size_t b, size_t *out);

/* Makes the nth allocation from now on fail (1 = the next one); 0 turns it off. Returns the count
 * that the previous call had left, 0 if its failure has occurred. For tests. */
int memory_inject_failure(int nth);

#endif
