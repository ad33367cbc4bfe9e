/* measure_step.h: how fast training is, as the trainer does it.
 *
 * Each measurement is a run of its own from the same weights: some steps to warm up, then steps for
 * the time wanted. Loading and shuffling are inside, evaluation is not.
 */
#ifndef STUDY_MEASURE_STEP_H
#define STUDY_MEASURE_STEP_H

#include "study/repetitions.h"
#include "study/repeat_stats.h"
#include "run/trainer.h"

/* One measurement. */
struct training {
    double seconds;
    int64_t steps, samples;
    double phase_share[N_PHASES]; /* of all workers' time, warm-up included; their sum is 1 */
};

/* Trains by job->settings on these teams and leaves the job's parameters as they were. The job's
 * observer and stop_signal are taken. Collective; the outcome is the same on all ranks.
 * STATUS_DIVERGED and those of trainer_create(). */
enum status training_run(struct training *training, struct job *job, struct teams *teams,
    double seconds, struct error *error);

struct step_row {
    int64_t batch; /* that was trained; `clamped` to the samples if more were asked for */
    bool clamped;
    int64_t slices;
    struct repeat_stats samples_per_s, gflops;
    /* Two yardsticks of the same workers, measured before each run: multiply-adds in registers, and
     * the step's kernel on panels in cache. */
    struct repeat_stats peak_gflops, kernel_gflops;
    struct repeat_stats share_of_peak, share_of_kernel;
    double step_s;            /* median */
    double phase_s[N_PHASES]; /* of a step, mean over workers, medians */
};

struct step_report {
    const struct settings *settings; /* the network */
    int rows;
    struct step_row *row; /* the caller's */
};

/* Every batch size once a round, after the yardsticks. job->settings.plan gives all but the batch.
 * Collective. */
enum status measure_step(struct step_report *report, struct job *job, struct teams *teams,
    const int64_t *batch, int n, struct repetitions repetitions, struct error *error);

#endif
