/* measure_training.h: measures the speed of training by running the trainer itself.
 *
 * Each measurement is a separate run from the same weights: a few warm-up steps, then steps for the
 * requested time. Loading and shuffling are included, evaluation is not.
 */
#ifndef STUDY_MEASURE_TRAINING_H
#define STUDY_MEASURE_TRAINING_H

#include "comm/teams.h"
#include "run/job.h"

/* The result of one measurement. */
struct training {
    double seconds;
    int64_t steps, samples;
    double phase_share[N_PHASES]; /* share of all workers' time, including the warm-up */
};

/* Trains with job->settings on these teams and leaves the job's parameters unchanged. Replaces the
 * job's observer and stop_signal. Collective; the outcome is the same on all ranks.
 * STATUS_DIVERGED, and the statuses of trainer_create(). */
enum status measure_training(struct training *training, struct job *job, struct teams *teams,
    double seconds, struct error *error);

#endif
