/* pass_memory.h: the memory that the activations of a pass take, and the rows that follow from it.
 *
 * What the gradient needs is kept for all rows of a pass; the rest only for rows on their way from
 * product to product, each worker's own or, when row panels are few, all that are shared tile by
 * tile.
 *
 * Threads: any. Collective: no.
 */
#ifndef STEP_PASS_MEMORY_H
#define STEP_PASS_MEMORY_H

#include <stdbool.h>

#include "net/panel.h"

/* Whether workers that take whole row panels are about equally busy. If not, they share the tiles
 * of each layer instead; that is so only when row panels are few. */
bool pass_by_rows(int64_t row_panels, int workers);

/* Rows that are on their way at once, over all workers of a team. */
int64_t pass_rows_at_once(const struct panels *panels, int64_t rows, int workers);

/* Bytes of a team's activations for a pass of that many rows. */
int64_t pass_bytes(const struct panels *panels, int64_t rows, int workers);

/* The rows of the largest pass that takes at most so many bytes: whole blocks, at least one. */
int64_t pass_rows_within(const struct panels *panels, int64_t bytes, int workers);

/* Rows of a pass when nobody says: what is kept of them fits into the share of a large cache that a
 * core may call its own, within bounds. */
int64_t pass_rows_default(const struct panels *panels);

#endif
