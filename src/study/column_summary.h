/* column_summary.h: the values of one input column, target or class label over a dataset.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/dataset.h"

struct column_summary {
    int64_t present, missing;
    bool constant; /* at most one different value; a missing value is another */
    double mean;   /* of the values that are present; of codes without meaning */
    double least, greatest;
    int64_t levels;    /* of a category or of class labels; 0: numbers */
    char *const *name; /* [levels] of the dataset; NULL: numbered from 0 */
    int64_t *count;    /* [levels] samples; owned */
};

/* Summarises an input column. STATUS_NO_RESOURCE. */
enum status column_summarise_input(struct column_summary *summary, const struct dataset *dataset,
    int64_t feature, struct error *error);

/* Summarises the class labels, or target `output`. STATUS_NO_RESOURCE. */
enum status column_summarise_label(struct column_summary *summary, const struct dataset *dataset,
    int64_t output, struct error *error);

void column_summary_clear(struct column_summary *summary);
