/* banner.h: what a run says of itself before its first step, in the words users know. */
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
    const struct teams *teams; /* whose workers were counted */
    struct run_memory memory;  /* of the first machine */
    const char *mpi, *blas;
    const char *threads_reason; /* why so many */
    const char *out;
};

void banner_print(FILE *file, const struct banner *banner);

#endif
