/* sweep_report.h: a sweep over batch sizes as sweep.json and sweep.csv. Rank 0 only.
 *
 * sweep.json has the whole of struct sweep (study/sweep.h): its request and the machine;
 * "runs", every finished run; "batches", each size with its best rate, whose figures are
 * {"mean", "least", "most", "n"} over its seeds; "fit", or "fit_why" there is none;
 * "noise_critical_batch" and the "agreement_factor" by which both differ; "recommendation";
 * "warnings". sweep.csv has a line per batch size, with NAME (the mean), NAME_least and NAME_most
 * of each figure. Units are in the names; what is not known is null, or an empty field.
 */
#ifndef REPORT_SWEEP_REPORT_H
#define REPORT_SWEEP_REPORT_H

#include <stdio.h>

#include "base/directory.h"
#include "base/json.h"
#include "study/sweep.h"

/* The caller owns it. */
struct json *sweep_json(const struct sweep *sweep);

/* Writes a file of a directory whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status sweep_write_csv(const struct directory *directory, const char *name,
    const struct sweep *sweep, struct error *error);

/* The outcome of a run, without an end of line: "reached val_accuracy 0.87 after ...". */
void sweep_print_run(FILE *file, const struct sweep_run *run, const struct sweep_facts *facts);

#endif
