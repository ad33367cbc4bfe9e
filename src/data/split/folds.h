/* folds.h: distributes the samples of a dataset over K folds of nearly equal size.
 *
 *   classes     sorted by class, and by a permutation (order.h, purpose RANDOM_SPLIT, "epoch" 2)
 *               within each class, sample i is in fold i mod K. So the sizes of folds differ by at
 *               most one, and so does the number of samples of a class. scikit-learn's
 *               StratifiedKFold has the same counts
 *   targets     the same, with all samples as one class; also for classes, if not stratified
 *   groups      whole groups, the largest first, equal ones in the order of a permutation of the
 *               groups. Each goes to the fold for which the sum over classes of
 *
 *                   samples of c in the fold * samples of c in the group / samples of c
 *
 *               is least, which keeps the sum of squares of the shares of all classes smallest; of
 *               equal ones, to the smallest fold, then to the first. With one class, that is the
 *               smallest fold
 *
 * Membership depends only on the seed and on the samples: their number, labels and groups.
 *
 * Threads: any.
 */
#pragma once

#include <stdbool.h>

#include "data/subset.h"

struct fold_request {
    int64_t folds; /* at least 2 */
    uint64_t seed;
    bool stratified; /* by class, if the dataset has classes */
};

/* Writes the fold of each sample, 0 ... folds - 1, to fold [dataset->samples]. STATUS_USAGE if
 * there are fewer samples, or groups, than folds; STATUS_NO_RESOURCE. */
enum status folds_assign(int32_t *fold, const struct dataset *dataset,
    const struct fold_request *request, struct error *error);

/* Makes the subsets of fold k: the samples in it (`held_out`), and all others (`train`).
 * STATUS_NO_RESOURCE, with both cleared. */
enum status fold_subsets(struct subset *train, struct subset *held_out, const int32_t *fold,
    int64_t samples, int64_t k, struct error *error);
