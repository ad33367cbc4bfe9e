/* memory.h: checked allocation of memory blocks, which their owners divide into arrays.
 *
 * A block is zeroed, aligned to MEMORY_ALIGNMENT bytes, and released with free(). A request is
 * refused with STATUS_NO_RESOURCE if it is too large or if count times size overflows; the message
 * names `what` and the bytes requested. A count of zero gives a valid block.
 *
 * Threads: any.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { MEMORY_ALIGNMENT = 64 };

enum status memory_take(
    void *block_out, size_t count, size_t size, const char *what, struct error *error);

/* --- the parts of a block ---------------------------------------------------------------------
 *
 * A placement is a function that assigns an object its arrays, one after another. It runs once
 * without a block, to measure, and once with a block, to carve it, so a block always has the
 * planned size:
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
 * A placement must not read or write the block: a page is allocated near the core whose thread
 * touches it first, and that should be a thread that works with the page.
 */
struct carver {
    char *block;  /* NULL: measure */
    size_t bytes; /* size of the parts so far; SIZE_MAX: exceeds the address space */
};
typedef void placement(void *object, struct carver *carver);

/* Returns the next part, aligned to MEMORY_ALIGNMENT bytes; NULL without a block. */
void *carve(struct carver *carver, size_t count, size_t size);

/* Returns the bytes that a placement takes, at most INT64_MAX. Leaves the object's arrays NULL. */
int64_t memory_measure(placement *place, void *object);

/* Allocates a block as memory_take() does, and places the object's arrays in it. On failure the
 * arrays are NULL. */
enum status memory_carve(
    void *block_out, placement *place, void *object, const char *what, struct error *error);

/* Makes the nth allocation from now on fail (1: the next one); 0 turns this off. Returns the
 * allocations that were left until the failure set by the previous call; 0 if it has occurred. For
 * tests. */
int memory_inject_failure(int nth);
