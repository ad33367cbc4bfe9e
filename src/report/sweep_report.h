/* sweep_report.h: a sweep over batch sizes in words and tables. Rank 0 only. */
#pragma once

#include <stdio.h>

#include "base/json.h"
#include "study/sweep.h"

/* Return an array of sentences, which the caller owns. sweep_conditions() describes the conditions
 * under which a sweep ran, sweep_findings() its findings. `sweep`: the content of sweep.json. */
struct json *sweep_conditions(const struct json *sweep);
struct json *sweep_findings(const struct json *sweep);

/* Prints the sentences, the tables and the warnings. `out`: the directory with all results. */
void sweep_print(FILE *file, const struct json *sweep, const char *out);

/* Prints the outcome of a run, without a newline: "reached val_accuracy 0.87 after ...". */
void sweep_print_run(FILE *file, const struct sweep_run *run, const struct sweep_facts *facts);
