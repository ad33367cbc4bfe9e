/* plan_report.h: plans as text, CSV and JSON.
 *
 * A report is about runs that differ in batch size, or about one run whose batch size changes,
 * and then about its stages as well. Where an epoch has a tail, text and JSON have both figures:
 * of this plan, and with the tail dropped, or kept, instead.
 *
 * Threads: any. Collective: no; call on one rank.
 */
#ifndef REPORT_PLAN_REPORT_H
#define REPORT_PLAN_REPORT_H

#include <stdio.h>

#include "base/json.h"
#include "study/run_estimate.h"

struct plan_report {
    const struct estimate_input *input;
    int runs;
    const struct run_estimate *run; /* [runs] */
    int stages;                     /* in the only run; 0: it has a single stage */
    const struct run_estimate *stage;
};

/* Tables, each below 100 columns for numbers of ordinary size, and omitted if it has nothing to
 * show, and the warnings. */
void plan_report_print(FILE *file, const struct plan_report *report);

/* One row per run, its keys first. */
void plan_report_csv(FILE *file, const struct plan_report *report);

/* Sets "plans" and "warnings": arrays, one object per run and warning. A plan has its learning
 * rates (plan_rates_json()), the turns of its schedule, and its stages. */
void plan_report_set_json(struct json *object, const struct plan_report *report);

#endif
