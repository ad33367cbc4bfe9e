/* sweep_text.h: describes a sweep in words, from its JSON (sweep_report.h). Threads: any. */
#ifndef REPORT_SWEEP_TEXT_H
#define REPORT_SWEEP_TEXT_H

#include <stdio.h>

#include "base/json.h"

/* Return an array of sentences, which the caller owns. sweep_conditions() describes the conditions
 * under which a sweep ran, sweep_findings() its findings. */
struct json *sweep_conditions(const struct json *sweep);
struct json *sweep_findings(const struct json *sweep);

/* Prints the sentences, the tables and the warnings. `out`: the directory with all results. */
void sweep_print(FILE *file, const struct json *sweep, const char *out);

#endif
