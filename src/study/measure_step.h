/* measure_step.h: measures the speed of training by running the trainer itself, and its share of
 * the machine's peak.
 *
 * Each measurement is a separate run from the same weights: a few warm-up steps, then steps for the
 * requested time. Loading and shuffling are included, evaluation is not.
 */
#pragma once

#include "comm/teams.h"
#include "run/job.h"
#include "study/repetitions.h"

/* The result of one measurement. */
struct training {
    double seconds;
    int64_t steps, samples;
    double first_step_s; /* until the first step has ended, including memory and threads */

    /* totals of the run, including the warm-up */
    double phase_share[N_PHASES];         /* share of all workers' time */
    struct phase_seconds compute, reduce; /* as in struct result */
    double run_s;
    int64_t run_steps, run_samples;

    uint64_t weights_xxh3; /* of the final weights of this rank's team */
};

/* Trains with job->settings on these teams and leaves the job's parameters unchanged. Replaces the
 * job's observer and stop_signal. Collective; the outcome is the same on all ranks, except for
 * weights_xxh3. STATUS_DIVERGED, and the statuses of trainer_create(). */
enum status measure_training(struct training *training, struct job *job, struct teams *teams,
    double seconds, struct error *error);

/* Does the same to the end of the plan, and returns only weights_xxh3. */
enum status train_to_end(
    uint64_t *weights_xxh3, struct job *job, struct teams *teams, struct error *error);

/* Trains at every batch size once per round. Before each run, measures two upper bounds on the same
 * workers: multiply-adds in registers, and the step's kernel on panels in cache. Appends a row per
 * batch size to the array `rows`: "batch" is the size actually used; "clamped" is true if the
 * training set is smaller than the requested size; "step_s" and "phase_s" are medians over the
 * rounds of means over the workers. job->settings.plan must have everything except the batch size.
 * Collective; all ranks get the rows. STATUS_NO_RESOURCE, and the statuses of
 * measure_training(). */
enum status measure_step(struct json *rows, struct job *job, struct teams *teams,
    const int64_t *batch, int n, struct repetitions *repetitions, struct error *error);
