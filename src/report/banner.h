/* banner.h: prints the settings of a run before its first step. */
#ifndef REPORT_BANNER_H
#define REPORT_BANNER_H

#include <stdio.h>

#include "run/job.h"
#include "study/run_memory.h"

/* `teams`: after teams_count_workers(). `memory`: on the first machine. `threads_reason`: why this
 * number of threads was chosen. `out`: the directory of the run. */
void banner_print(FILE *file, const struct job *job, const struct teams *teams,
    const struct run_memory *memory, const char *threads_reason, const char *out);

#endif
