/* loader.h: loads rows of a global batch for any worker.
 *
 *   position in the epoch  --order-->  index in the subset  --subset-->  sample number  --> row
 *
 * The loader holds no position and no buffer: any worker on any rank can ask for any rows of any
 * batch. Each sample is visited exactly once per epoch because step/plan.h assigns every row to
 * exactly one worker.
 *
 * Threads: any, once made. Collective: no.
 */
#pragma once

#include <stdint.h>

#include "base/vector.h"
#include "data/dataset.h"
#include "data/encoding.h"
#include "data/order.h"
#include "data/subset.h"

struct loader {
    const struct dataset *dataset;
    const struct subset *subset;
    const struct encoding *encoding;  /* of the columns into inputs */
    const struct vector *vector;      /* the loops for the agreed level */
    const struct scale *target_scale; /* NULL: targets are not scaled */
};

/* Returns the number of samples; NULL has none. */
static inline int64_t loader_size(const struct loader *loader)
{
    return loader ? loader->subset->size : 0;
}

/* The output arrays for labels, targets and weights; NULL: not needed. Of labels and targets, only
 * those that the dataset has are filled. */
struct truth {
    int32_t *label; /* [rows] */
    float *target;  /* [rows x outputs] */
    float *weight;  /* [rows]: dataset->weight; 1 if the dataset has none */
};

/* Returns the arrays from row `row` on. */
static inline struct truth truth_from(struct truth truth, int64_t row, int64_t outputs)
{
    return (struct truth){.label = truth.label ? truth.label + row : NULL,
        .target = truth.target ? truth.target + row * outputs : NULL,
        .weight = truth.weight ? truth.weight + row : NULL};
}

/* Writes the sample numbers at positions first ... first+n-1 of the epoch to out [n]. */
void loader_samples(
    const struct loader *loader, const struct order *order, int64_t first, int64_t n, int64_t *out);

/* Fills x [n x inputs] and truth for positions first ... first+n-1 of the epoch. The next
 * `beyond` positions, which must exist, are expected to be read soon, so the first of their rows
 * are prefetched. */
void loader_rows(const struct loader *loader, const struct order *order, int64_t first, int64_t n,
    int64_t beyond, float *x, struct truth truth);

/* Fills only the truth, of the samples at positions first ... first+n-1 of the subset. */
void loader_truth(const struct loader *loader, int64_t first, int64_t n, struct truth truth);
