/* plan_warnings.h: what is unusual in a plan, each with what would mend it.
 *
 * Threads: any. Collective: no.
 */
#ifndef REPORT_PLAN_WARNINGS_H
#define REPORT_PLAN_WARNINGS_H

#include "study/run_estimate.h"

enum { PLAN_WARNING_TEXT = 200, PLAN_WARNINGS_MAX = 11 };

struct plan_warning {
    int64_t batch;     /* as asked for */
    const char *about; /* one word for programs: "batch", "warmup", "tail", "drop-last",
                          "max-steps", "teams", "balance", "workers", "memory" */
    char text[PLAN_WARNING_TEXT], cure[PLAN_WARNING_TEXT];
};

/* Writes those of one run, or of one stage as plan_of_stage() gives it, after so many steps of its
 * run; and returns how many there are. `room`: bytes of memory of a machine; 0: not known. */
int plan_warnings_find(const struct run_estimate *estimate, int64_t steps_before, int64_t room,
    struct plan_warning warning[PLAN_WARNINGS_MAX]);

#endif
