/* banner.h: prints the settings of a run before its first step: six lines for a run with one batch
 * size, one more for the columns of a table, and all settings with --verbose. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "run/job.h"
#include "study/run_memory.h"

struct banner {
    const struct job *job;
    const struct teams *teams;       /* after teams_count_workers() */
    const struct run_memory *memory; /* on the first machine */
    const char *threads_reason;      /* why this number of threads was chosen */
    const char *out;                 /* the directory of the run */
    bool verbose;
};

/* Breaks lines that are longer than `most` characters; 0: no limit. */
void banner_print(FILE *file, const struct banner *banner, int most);
