/* subset.h: some of the samples of a dataset, e.g. those for training (split/sample_split.h).
 *
 * A subset is n sample numbers in increasing order; `number` NULL means all of them, 0 ... n-1.
 */
#pragma once

#include <stdint.h>

#include "data/dataset.h"

struct subset {
    int64_t size;
    int64_t *number; /* [size] increasing; NULL: the identity */
};

static inline int64_t subset_at(const struct subset *subset, int64_t i)
{
    return subset->number ? subset->number[i] : i;
}

void subset_clear(struct subset *subset);

/* STATUS_BAD_DATA if the dataset has weights and those of the subset's samples are all 0; `what`
 * names the samples: "training". */
enum status subset_check_weights(const struct subset *subset, const struct dataset *dataset,
    const char *what, struct error *error);

/* Computes class weights that balance classes of different sizes, for the labels of a subset:
 * weight [dataset->classes],
 *
 *   weight[c] = samples / (classes * samples of class c)       samples: the sum of their weights
 *
 * (King and Zeng, "Logistic regression in rare events data", Political Analysis 2001;
 * scikit-learn's class_weight="balanced"), in double, rounded to float32 once; 0 for a class
 * without samples. So a sample of weight 2 counts as two. STATUS_NO_RESOURCE. */
enum status balance_classes(
    float *weight, const struct dataset *dataset, const struct subset *subset, struct error *error);
