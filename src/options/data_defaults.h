/* data_defaults.h: values of options that are `auto` and depend on the training data.
 *
 *                     tables                                 images, synthetic samples
 *   batch             the largest power of two below N/16,   128
 *                     at least 16 and at most 128
 *   epochs            the fewest that have 600 steps at that 10
 *                     batch size, at least 10
 *   dropout           0.2                                    0
 *   init              pytorch                                by-activation
 *   stratify          on if classes are split at random      off
 *
 *   scale             unit for bytes, otherwise bounded
 *   loss              cross-entropy for classes, mse for targets
 *   normalize-target  standard for mse, mae and huber, otherwise none
 *
 * N: the training samples, and the most for a batch. The epochs follow from the automatic batch size even if --batch is given,
 * so that --batch alone changes nothing else.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/dataset.h"
#include "options/options.h"

/* The properties of the data that determine the values. */
struct data_facts {
    int64_t samples; /* for training, at least 1 */
    bool table;      /* as in struct dataset */
    bool bytes;      /* the inputs are bytes */
    bool classes;    /* the labels are classes, not targets */
};

/* Returns the facts of a dataset of which `samples` are for training. */
static inline struct data_facts data_facts_of(const struct dataset *dataset, int64_t samples)
{
    return (struct data_facts){
        samples, dataset->table, dataset->type == VALUE_U8, dataset->classes > 0};
}

/* Replaces an automatic --stratify before the samples are split: off unless classes are split at
 * random, not by groups or sort keys. STATUS_USAGE if it is on but cannot be. */
enum status data_defaults_stratify(
    struct options *options, const struct dataset *dataset, struct error *error);

/* Replaces every other automatic value in the table above. */
void data_defaults_settle(struct options *options, const struct data_facts *facts);
