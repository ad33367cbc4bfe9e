/* sweep_report.h: writes a sweep over batch sizes as sweep.json and sweep.csv. Rank 0 only.
 *
 * sweep.json has everything in struct sweep (study/sweep.h): the request and the machine; "runs",
 * every finished run; "batches", each size with its best rate, with figures
 * {"mean", "least", "most", "n"} over its seeds; "fit", or the reason there is none, "fit_why";
 * "noise_critical_batch", and "agreement_factor", by which it differs from the fitted one;
 * "recommendation"; "warnings". sweep.csv has one line per batch size, with NAME (the mean),
 * NAME_least and NAME_most for each figure. Names include units; unknown values are null or empty.
 */
#ifndef REPORT_SWEEP_REPORT_H
#define REPORT_SWEEP_REPORT_H

#include <stdio.h>

#include "base/directory.h"
#include "base/json.h"
#include "study/sweep.h"

/* Returns the content of sweep.json, which the caller owns. */
struct json *sweep_json(const struct sweep *sweep);

/* Writes sweep.csv as a file in a directory, whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status sweep_write_csv(const struct directory *directory, const char *name,
    const struct sweep *sweep, struct error *error);

/* Prints the outcome of a run, without a newline: "reached val_accuracy 0.87 after ...". */
void sweep_print_run(FILE *file, const struct sweep_run *run, const struct sweep_facts *facts);

#endif
