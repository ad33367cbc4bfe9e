/* measure_training.h: the speed of training, measured on the trainer itself.
 *
 * A measurement is a run of its own from the same weights: some steps to warm up, then steps for
 * the requested time. Loading and shuffling are included, evaluation is not.
 */
#ifndef STUDY_MEASURE_TRAINING_H
#define STUDY_MEASURE_TRAINING_H

#include "comm/teams.h"
#include "run/job.h"

/* One measurement. */
struct training {
    double seconds;
    int64_t steps, samples;
    double phase_share[N_PHASES]; /* share of all workers' time, with the warm-up */
};

/* Trains by job->settings on these teams and leaves the job's parameters unchanged. The job's
 * observer and stop_signal are replaced. Collective; the outcome is the same on all ranks.
 * STATUS_DIVERGED and those of trainer_create(). */
enum status measure_training(struct training *training, struct job *job, struct teams *teams,
    double seconds, struct error *error);

#endif
