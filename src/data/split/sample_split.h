/* sample_split.h: chooses validation and test samples among the samples of a dataset.
 *
 * The samples are chosen by the first of these rules that applies:
 *
 *   when          the dataset has sort keys: the last ones. Test samples are the last of all, and
 *                 validation samples the last of the others. Samples with equal keys stay
 *                 together, so there may be more or fewer than requested: of the two borders around
 *                 them, the one that is nearer to the request counts
 *   group         the dataset has groups: whole groups in the order of a permutation, as long as they
 *                 fit; then the smallest other one, if that is nearer to the request or if none
 *                 fits. One group stays for training
 *   stratified    each class in proportion to its samples: n samples of class c / samples, rounded
 *                 down or up, by largest remainders, so that the total is exact; classes keep a
 *                 sample for training where that is possible
 *   otherwise     any samples
 *
 * The last two take samples in the order of a permutation of all samples, and so do groups
 * (order.h, purpose RANDOM_SPLIT; "epoch" 0 for validation and 1 for test samples). Test samples are
 * chosen first, so they do not depend on the number of validation samples. The choice depends only
 * on the seed and on the samples: their number, labels, groups and sort keys.
 *
 * Threads: any, each its own result.
 */
#pragma once

#include <stdbool.h>

#include "data/subset.h"

struct split_request {
    uint64_t seed;
    bool stratified;           /* needs labels; neither sort keys nor groups */
    int64_t validation, test;  /* samples, together fewer than those of `from` */
    const struct subset *from; /* the samples to split; NULL: all */
};

/* Each sample of `from` is in one of them; those without samples are zeroed. */
struct sample_split {
    struct subset train, validation, test;
};

/* Splits the samples, in O(samples), or O(samples log samples) with sort keys. STATUS_BAD_DATA if
 * groups or equal sort keys leave no way to split them; STATUS_NO_RESOURCE. On failure the split is
 * cleared. */
enum status sample_split(struct sample_split *split, const struct dataset *dataset,
    const struct split_request *request, struct error *error);

void sample_split_clear(struct sample_split *split);
