/* summary.h: the result of a run, as summary.json and as lines for people. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdio.h>

#include "train/trainer.h"

struct summary {
    const char *command; /* the whole command line */
    const char *mpi;
    int hosts, ranks;
    const struct settings *settings;
    const struct dataset *dataset;
    int64_t validation_samples, test_samples;
    const struct result *result;
};

/* Writes the file whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_RESOURCE. */
enum status summary_write(const char *path, const struct summary *summary, struct error *error);

/* A few lines on `file` (stdout): why it ended, accuracy, weights_xxh3, speed, where results lie.
 */
void summary_print(FILE *file, const struct summary *summary, const char *out);

#endif
