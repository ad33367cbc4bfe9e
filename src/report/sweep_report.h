/* sweep_report.h: writes a sweep over batch sizes as sweep.json and sweep.csv. Rank 0 only.
 *
 * sweep.json contains everything in struct sweep (study/sweep.h): the request, the machine, and the
 * results:
 *
 *   runs                   every finished run
 *   batches                every batch size at its best rate, with figures
 *                          {"mean", "least", "most", "n"} over the seeds
 *   fit, fit_why           the fit, or the reason why there is none
 *   noise_critical_batch   the critical batch size according to the noise scale
 *   agreement_factor       the factor between that batch size and the fitted one
 *   recommendation, warnings
 *
 * sweep.csv has one line per batch size, with the columns NAME (the mean), NAME_least and NAME_most
 * for each figure. Names include units. An unknown value is null in sweep.json, empty in sweep.csv.
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
