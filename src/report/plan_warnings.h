/* plan_warnings.h: what is unusual in a plan, each with what would mend it.
 *
 * Threads: any. Collective: no.
 */
#ifndef REPORT_PLAN_WARNINGS_H
#define REPORT_PLAN_WARNINGS_H

#include "base/json.h"
#include "train/forecast.h"

enum { PLAN_WARNING_TEXT = 320, PLAN_WARNINGS_MAX = 10 };

struct plan_warning {
    int64_t batch;     /* as asked for */
    const char *about; /* one word for programs: "warmup", "batch", "tail", "drop-last",
                          "max-steps", "teams", "balance", "workers", "memory", "at-once" */
    char text[PLAN_WARNING_TEXT];
};

/* Writes those of one run, or of one stage as plan_of_stage() gives it, and returns how many there
 * are. `room`: bytes of memory of a machine; 0: not known. */
int plan_warnings_find(
    const struct forecast *forecast, int64_t room, struct plan_warning warning[PLAN_WARNINGS_MAX]);

#endif
