/* plan_report.h: plans as text, CSV and JSON.
 *
 * A report covers several runs that differ in batch size, or a single run whose batch size changes
 * and the stages of that run. If an epoch has a tail, text and JSON also have the figures for the
 * opposite choice: the tail dropped instead of kept, or kept instead of dropped.
 *
 * Threads: any. Collective: no; call on one rank.
 */
#pragma once

#include <stdio.h>

#include "base/json.h"
#include "study/run_estimate.h"

struct plan_report {
    const struct estimate_input *input;
    int runs;
    const struct run_estimate *run; /* [runs] */
    int stages;                     /* stages of the only run; 0: the batch size does not change */
    const struct run_estimate *stage;
};

/* Prints the tables and the warnings. A table is less than 100 columns wide if its numbers are of
 * ordinary size. A table that has nothing to show is omitted. */
void plan_report_print(FILE *file, const struct plan_report *report);

/* Prints a header with the keys, then one row per run. */
void plan_report_csv(FILE *file, const struct plan_report *report);

/* Sets two arrays: "plans", with one object per run, and "warnings", with one object per warning. A
 * plan includes the learning rates (plan_rates_json()), the turning points of the schedule, and the
 * stages. */
void plan_report_set_json(struct json *object, const struct plan_report *report);
