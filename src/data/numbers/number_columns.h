/* number_columns.h: fits the codes (number_code.h) of all columns of numbers.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/encoding.h"

/* Sets the kind of each column that is not a category to `kind`, which is not COLUMN_LINEAR, and its
 * scale (robust) or code, fitted to the samples in `train`. `bins`: of piecewise codes, at most,
 * at least 1; they separate the labels or targets. STATUS_NO_RESOURCE; the caller clears the
 * encoding. */
enum status number_columns_fit(struct encoding *encoding, enum column_kind kind, int64_t bins,
    const struct dataset *dataset, const struct subset *train, struct error *error);
