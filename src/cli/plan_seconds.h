/* plan_seconds.h: how long the steps of a plan take: measured now, or before. */
#ifndef CLI_PLAN_SECONDS_H
#define CLI_PLAN_SECONDS_H

#include "cli/plan_input.h"

/* Trains some steps at the batch size of each forecast and sets its step_s; a terminal sees how far
 * that is, by --progress. Collective, with the figures on all ranks. As trainer_create(). */
enum status plan_seconds_measure(struct run_estimate *estimate, int n, struct plan_input *input,
    const struct options *options, struct error *error);

/* From a file that `lockstep bench step --json` wrote: sets step_s of those forecasts whose batch
 * size is in it. `note` says what the figures are of if that is another machine or layout, else it
 * is "". STATUS_NO_INPUT, STATUS_BAD_DATA: no such file; STATUS_USAGE: it is of another network. */
enum { PLAN_SECONDS_NOTE = 400 };
enum status plan_seconds_read(struct run_estimate *estimate, int n, const struct plan_input *input,
    const char *path, char note[PLAN_SECONDS_NOTE], struct error *error);

#endif
