/* number_target.h: the labels or targets of the samples that a coding is fitted to, in the form
 * that bins need (bin_edges.h), prepared once for all columns.
 *
 *   labels                 label [rows], of classes 0 ... classes - 1
 *   regression targets     y [rows x outputs], each output with mean 0 and variance 1 over the rows
 *                          (in double, in row order); a constant output is 0
 *
 * Row i is sample number i of a subset. Threads: any may read.
 */
#pragma once

#include "data/dataset.h"
#include "data/subset.h"

struct number_target {
    int64_t rows;
    int64_t classes; /* 0: regression */
    int32_t *label;
    int64_t outputs; /* 0: classification. Both 0: neither, so edges cannot depend on it */
    double *y;
};

/* Copies what belongs to the samples of `train`. STATUS_NO_RESOURCE, with the struct cleared. */
enum status number_target_init(struct number_target *target, const struct dataset *dataset,
    const struct subset *train, struct error *error);

void number_target_clear(struct number_target *target);
