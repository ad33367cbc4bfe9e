/* sweep_report.h: a sweep over batch sizes as sweep.json, as sweep.csv and in words. Rank 0 only.
 *
 * sweep.json contains the request and the machine, and the results in struct sweep (study/sweep.h):
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

/* Adds the results to the request and the machine, and returns the content of sweep.json. */
struct json *sweep_json(struct json *json, const struct sweep *sweep);

/* Writes sweep.csv as a file in a directory, whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status sweep_write_csv(const struct directory *directory, const char *name,
    const struct sweep *sweep, struct error *error);

/* Return an array of sentences, which the caller owns. sweep_conditions() describes the conditions
 * under which a sweep ran, sweep_findings() its findings. `sweep`: the content of sweep.json. */
struct json *sweep_conditions(const struct json *sweep);
struct json *sweep_findings(const struct json *sweep);

/* Prints the sentences, the tables and the warnings. `out`: the directory with all results. */
void sweep_print(FILE *file, const struct json *sweep, const char *out);

/* Prints the outcome of a run, without a newline: "reached val_accuracy 0.87 after ...". */
void sweep_print_run(FILE *file, const struct sweep_run *run, const struct sweep_facts *facts);

#endif
