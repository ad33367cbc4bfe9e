/* plan_seconds.h: times the steps of a plan, or reads times measured before. */
#ifndef CLI_PLAN_SECONDS_H
#define CLI_PLAN_SECONDS_H

#include "cli/plan_input.h"

/* Trains some steps at the batch size of each estimate, and sets step_s of the estimate. Shows
 * progress on a terminal, depending on --progress. Collective; all ranks get the times. Fails like
 * trainer_create(). */
enum status plan_seconds_measure(struct run_estimate *estimate, int n, struct plan_input *input,
    const struct options *options, struct error *error);

/* Reads a file written by `lockstep bench step --json`, and sets step_s of each estimate whose
 * batch size was measured. `note`: the ranks and threads of the measurement if they differ from
 * those of the plan, else "". STATUS_NO_INPUT: no such file; STATUS_BAD_DATA: the file was not
 * written by that command; STATUS_USAGE: the measured network is a different one. */
enum { PLAN_SECONDS_NOTE = 400 };
enum status plan_seconds_read(struct run_estimate *estimate, int n, const struct plan_input *input,
    const char *path, char note[PLAN_SECONDS_NOTE], struct error *error);

#endif
