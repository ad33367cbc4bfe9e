/* measure_step.h: the speed of training by batch size, and its share of the machine's peak. */
#ifndef STUDY_MEASURE_STEP_H
#define STUDY_MEASURE_STEP_H

#include "study/measure_training.h"
#include "study/repetitions.h"

/* Trains at every batch size once per round, and before each run measures two upper bounds of the
 * same workers: multiply-adds in registers, and the step's kernel on panels in cache. Appends a row
 * per batch size to the array `rows`: "batch" is the one that was trained, "clamped" if all samples
 * are fewer; "step_s" and "phase_s", means over the workers, are medians. job->settings.plan has
 * everything except the batch size. Collective, with the rows on all ranks. STATUS_NO_RESOURCE and
 * those of measure_training(). */
enum status measure_step(struct json *rows, struct job *job, struct teams *teams,
    const int64_t *batch, int n, struct repetitions *repetitions, struct error *error);

#endif
