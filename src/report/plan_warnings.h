/* plan_warnings.h: unusual properties of a plan, each with a cure.
 *
 * Threads: any. Collective: no.
 */
#ifndef REPORT_PLAN_WARNINGS_H
#define REPORT_PLAN_WARNINGS_H

#include "study/run_estimate.h"

enum { PLAN_WARNING_TEXT = 200, PLAN_WARNINGS_MAX = 11 };

struct plan_warning {
    int64_t batch;     /* as requested */
    const char *about; /* a keyword: "batch", "warmup", "tail", "drop-last",
                          "max-steps", "teams", "balance", "workers", "memory" */
    char text[PLAN_WARNING_TEXT], cure[PLAN_WARNING_TEXT];
};

/* Finds the warnings of one run, or of one stage as plan_of_stage() gives it, which begins after
 * `steps_before` steps of its run. Returns how many. `room`: a machine's memory in bytes; 0: unknown. */
int plan_warnings_find(const struct run_estimate *estimate, int64_t steps_before, int64_t room,
    struct plan_warning warning[PLAN_WARNINGS_MAX]);

#endif
