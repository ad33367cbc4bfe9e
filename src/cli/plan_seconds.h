/* plan_seconds.h: the time of the steps of a plan, measured now or before. */
#ifndef CLI_PLAN_SECONDS_H
#define CLI_PLAN_SECONDS_H

#include "cli/plan_input.h"

/* Trains some steps at the batch size of each estimate and sets its step_s; shows its progress
 * on a terminal, by --progress. Collective, with the figures on all ranks. Errors as
 * trainer_create(). */
enum status plan_seconds_measure(struct run_estimate *estimate, int n, struct plan_input *input,
    const struct options *options, struct error *error);

/* Reads a file that `lockstep bench step --json` wrote: sets step_s of the estimates whose batch
 * size is in it. `note`: the machine or layout of the figures if it is another one, else "".
 * STATUS_NO_INPUT, STATUS_BAD_DATA: no such file; STATUS_USAGE: figures of another network. */
enum { PLAN_SECONDS_NOTE = 400 };
enum status plan_seconds_read(struct run_estimate *estimate, int n, const struct plan_input *input,
    const char *path, char note[PLAN_SECONDS_NOTE], struct error *error);

#endif
