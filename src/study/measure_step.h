/* measure_step.h: measures the speed of training by batch size, and its share of the machine's
 * peak. */
#ifndef STUDY_MEASURE_STEP_H
#define STUDY_MEASURE_STEP_H

#include "study/measure_training.h"
#include "study/repetitions.h"

/* Trains at every batch size once per round. Before each run, measures two upper bounds on the same
 * workers: multiply-adds in registers, and the step's kernel on panels in cache. Appends a row per
 * batch size to the array `rows`: "batch" is the size actually used; "clamped" is true if the
 * training set is smaller than the requested size; "step_s" and "phase_s" are medians over the
 * rounds of means over the workers. job->settings.plan must have everything except the batch size.
 * Collective; all ranks get the rows. STATUS_NO_RESOURCE, and the statuses of
 * measure_training(). */
enum status measure_step(struct json *rows, struct job *job, struct teams *teams,
    const int64_t *batch, int n, struct repetitions *repetitions, struct error *error);

#endif
