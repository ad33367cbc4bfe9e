/* encoding_counts.h: counts the values in data for a model that have no input of their own: words
 * that are not among a category's levels (in a model, rare ones of its training data neither), and
 * values that are missing in columns where no training sample had them missing.
 *
 * Threads: one at a time per struct. Collective: no.
 */
#pragma once

#include "data/encoding.h"

struct encoding_counts {
    const struct encoding *encoding;
    int64_t *unknown; /* [columns] values of categories; with "other", those that it stands for */
    int64_t *missing; /* [columns] one block, owned by unknown */
};

/* Makes counts of 0 for an encoding, which must outlive them. STATUS_NO_RESOURCE. */
enum status encoding_counts_init(
    struct encoding_counts *counts, const struct encoding *encoding, struct error *error);

void encoding_counts_clear(struct encoding_counts *counts);

/* Adds the values of all samples, with the loops of a level. */
void encoding_counts_add(
    struct encoding_counts *counts, const struct vector *vector, const struct dataset *dataset);

/* Writes the counts to out: "colour: 12 (as other); age: 3 missing (as 40.4); and 2 more columns".
 * "" if all are 0. Returns out. */
enum { ENCODING_COUNTS_TEXT = 800 };
const char *encoding_counts_text(const struct encoding_counts *counts, char *const *feature_name,
    char out[ENCODING_COUNTS_TEXT]);
