/* measure_step.h: the speed of training by batch size, and its share of what the machine can do. */
#ifndef STUDY_MEASURE_STEP_H
#define STUDY_MEASURE_STEP_H

#include "study/measure_training.h"
#include "study/repeat_stats.h"
#include "study/repetitions.h"

struct step_row {
    int64_t batch; /* as trained: `clamped` to the number of samples if it was larger */
    bool clamped;
    int64_t slices;
    struct repeat_stats samples_per_s, gflops;
    /* Upper bounds for the same workers, measured before each run: multiply-adds in registers, and
     * the step's kernel on panels in cache. */
    struct repeat_stats peak_gflops, kernel_gflops;
    struct repeat_stats share_of_peak, share_of_kernel;
    double step_s;            /* median */
    double phase_s[N_PHASES]; /* in a step: the mean over workers, median over runs */
};

struct step_report {
    const struct settings *settings; /* the network */
    int rows;
    struct step_row *row; /* the caller's */
};

/* Every batch size once per round, after the upper bounds. job->settings.plan has everything except
 * the batch size. Collective. */
enum status measure_step(struct step_report *report, struct job *job, struct teams *teams,
    const int64_t *batch, int n, struct repetitions repetitions, struct error *error);

#endif
