/* pass_memory.h: the memory that the activations of a pass take, and the rows that follow from it.
 *
 * The arrays that the gradient needs hold all rows of a pass. The others hold only the rows that go
 * from product to product at a time: each worker's own or, when row panels are few, all rows, which
 * the workers then share tile by tile.
 *
 * Threads: any. Collective: no.
 */
#ifndef STEP_PASS_MEMORY_H
#define STEP_PASS_MEMORY_H

#include <stdbool.h>

#include "net/panel.h"

/* True if workers that take whole row panels are about equally busy. If not, which happens only
 * when row panels are few, they share the tiles of each layer instead. */
bool pass_by_rows(int64_t row_panels, int workers);

/* Rows that go from product to product at a time, over all workers of a team. */
int64_t pass_rows_at_once(const struct panels *panels, int64_t rows, int workers);

/* Bytes of a team's activations for a pass of that many rows. */
int64_t pass_bytes(const struct panels *panels, int64_t rows, int workers);

/* The rows of the largest pass that takes at most `bytes`: whole blocks, at least one. */
int64_t pass_rows_within(const struct panels *panels, int64_t bytes, int workers);

/* Rows of a pass by default: what is kept of them fits into one core's share of a large cache,
 * within bounds. */
int64_t pass_rows_default(const struct panels *panels);

#endif
