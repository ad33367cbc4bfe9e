/* encoding.h: turns the columns of a dataset into the inputs of a network, as fitted to the training
 * samples.
 *
 *   columns   the features of the dataset, as stored
 *   inputs    the floats that the network reads; its width
 *
 * Every column is a number and one input, scaled as in scale.h.
 *
 * Threads: any, once fitted. Collective: no.
 */
#pragma once

#include "data/scale.h"

struct encoding_choice {
    enum scale_kind scale; /* not SCALE_AUTO */
};

struct encoding {
    int64_t columns, inputs;
    struct scale scale; /* of the columns */
};

/* Fits the encoding to the samples in `train`, which has at least one. STATUS_BAD_DATA (naming
 * sample and column) for a value that is not finite or too large to be scaled; STATUS_NO_RESOURCE.
 * On failure the encoding is cleared. */
enum status encoding_fit(struct encoding *encoding, const struct encoding_choice *choice,
    const struct dataset *dataset, const struct subset *train, struct error *error);

/* Frees what the struct owns and zeroes it. */
void encoding_clear(struct encoding *encoding);

/* Returns XXH3 over everything that affects the inputs. */
uint64_t encoding_hash(const struct encoding *encoding, uint64_t seed);

/* Writes the inputs of sample number `sample` to x [inputs], with the loops of a level. */
void encoding_row(const struct encoding *encoding, const struct vector *vector,
    const struct dataset *dataset, int64_t sample, float *x);
