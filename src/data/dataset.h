/* dataset.h: samples in memory, in the type in which they were stored.
 *
 *   values   [samples x features]  row-major, u8 or float32
 *   labels   [samples]             class numbers 0 ... classes-1          (classification)
 *   targets  [samples x outputs]   row-major float32                      (regression)
 *
 * Either labels or targets is there. A dataset is never changed after it was read; every rank, or
 * team of ranks, holds its own copy of the same bytes, which `fingerprint` lets them check.
 *
 * Threads: any may read.
 */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum value_type { VALUE_U8, VALUE_F32 };

struct dataset {
    char name[256]; /* where it came from, for messages */
    int64_t samples;
    int64_t features;
    enum value_type type;
    void *values;
    int64_t classes; /* 0: regression */
    int32_t *labels;
    int64_t outputs; /* regression targets a sample; 0: classification */
    float *targets;
    bool lent; /* values, labels and targets are somebody else's to free */
};

/* Frees what the struct owns and zeroes it. */
void dataset_clear(struct dataset *dataset);

/* XXH3 over shape, type, values and labels or targets, in this machine's byte order. */
uint64_t dataset_fingerprint(const struct dataset *dataset);

/* Checks that `other` (validation or test data) can be fed to a model made for `train`: same
 * features, same task, labels below train->classes. STATUS_BAD_DATA naming both. A validation set
 * that happens to lack the last classes gets train->classes; on failure it is as it was. */
enum status dataset_match(const struct dataset *train, struct dataset *other, struct error *error);

#endif
