/* banner.h: prints the settings of a run before its first step. */
#ifndef REPORT_BANNER_H
#define REPORT_BANNER_H

#include <stdio.h>

#include "study/run_memory.h"

struct banner {
    const struct settings *settings;
    const struct schedule *schedule;
    const char *data_name;
    int64_t data_samples;      /* before the split */
    int64_t validation, test;  /* samples; 0: none */
    const char *scale;         /* "unit" */
    const struct teams *teams; /* after teams_count_workers() */
    struct run_memory memory;  /* on the first machine */
    const char *mpi, *blas;
    const char *threads_reason; /* why this number of threads was chosen */
    const char *out;
};

void banner_print(FILE *file, const struct banner *banner);

#endif
