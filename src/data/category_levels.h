/* category_levels.h: chooses the levels of categories that become inputs of their own, as
 * encoding_fit.h says.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/encoding.h"

/* Sets kind, missing, other and codes of the categories among encoding->column, and
 * encoding->levels and slot, as encoding_complete() expects them. A category has at most max_levels
 * >= 2 inputs; each has a value in one of the training samples. STATUS_NO_RESOURCE; the caller
 * clears the encoding. */
enum status category_levels_choose(struct encoding *encoding, const struct dataset *dataset,
    const struct subset *train, int64_t max_levels, struct error *error);
