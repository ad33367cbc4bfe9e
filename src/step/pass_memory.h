/* pass_memory.h: computes the memory for the activations of a pass, and the rows of a pass that fit
 * in a given amount.
 *
 * The arrays that the gradient needs hold all rows of a pass. The others hold only the rows that
 * are carried from product to product at a time: each worker's own or, when there are few row
 * panels, all rows, whose tiles the workers then share.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>

#include "net/panel.h"

/* True if workers are about equally busy when each takes whole row panels. If not, which happens
 * only with few row panels, they share the tiles of each layer instead. */
bool pass_by_rows(int64_t row_panels, int workers);

/* Returns the number of rows carried from product to product at a time, over all workers of a
 * team. */
int64_t pass_rows_at_once(const struct panels *panels, int64_t rows, int workers);

/* Returns the bytes of a team's activations for a pass with this number of rows. */
int64_t pass_bytes(const struct panels *panels, int64_t rows, int workers);

/* Returns the rows of the largest pass that takes at most `bytes`: whole blocks, at least one. */
int64_t pass_rows_within(const struct panels *panels, int64_t bytes, int workers);

/* Returns the default number of rows of a pass: the number whose stored values fit in one core's
 * share of a large cache, kept between a minimum and a maximum. Several teams take four times as
 * many: the exchange travels under the gradient of the last pass, which should be long. */
int64_t pass_rows_default(const struct panels *panels, int teams);
