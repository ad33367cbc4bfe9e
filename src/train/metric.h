/* metric.h: one figure of an evaluation, by the name that --early-stop and --target know it by.
 *
 * "val_loss", "test_accuracy": a set, and a mean of struct metrics. Threads: any.
 */
#ifndef TRAIN_METRIC_H
#define TRAIN_METRIC_H

#include <stddef.h>

#include "train/records.h"

struct metric {
    char name[24];
    bool test;   /* of the test data; else of the validation data */
    bool rising; /* the larger the better */
    bool for_classes, for_values;
    size_t offset; /* in struct metrics */
};

/* False: there is none of that name. */
bool metric_find(struct metric *metric, const char *name);

/* NaN where the set was not evaluated. */
double metric_of(const struct metric *metric, const struct evaluation_record *record);

/* Every name, "val_loss, val_accuracy, ...", into out; returns out. */
char *metric_names(char *out, size_t size);

#endif
