/* dataset_copy.h: makes a dataset from another one.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/dataset.h"

/* Makes a dataset that uses the arrays of `from`, which must outlive it, and has its own names and
 * levels. STATUS_NO_RESOURCE; *to is then zeroed. */
enum status dataset_borrow(struct dataset *to, const struct dataset *from, struct error *error);

/* Makes a dataset in memory that shares nothing with `from`. STATUS_NO_RESOURCE; *to is then
 * zeroed. */
enum status dataset_copy(struct dataset *to, const struct dataset *from, struct error *error);

/* Makes a dataset that fits a model for `train`, as dataset_match() does. It uses the arrays of
 * `from`, which must outlive it, unless classes or levels have other numbers in `train`. Errors as
 * for dataset_match(); *to is then zeroed. */
enum status dataset_fit(struct dataset *to, const struct dataset *from, const struct dataset *train,
    struct error *error);
