/* plan_seconds.h: the time of a plan's steps, measured now or before. */
#ifndef CLI_PLAN_SECONDS_H
#define CLI_PLAN_SECONDS_H

#include "cli/plan_input.h"

/* Trains some steps at the batch size of each estimate and sets its step_s. A terminal shows the
 * progress, by --progress. Collective, with the figures on all ranks. Errors of
 * trainer_create(). */
enum status plan_seconds_measure(struct run_estimate *estimate, int n, struct plan_input *input,
    const struct options *options, struct error *error);

/* Reads a file that `lockstep bench step --json` wrote and sets step_s of the estimates whose
 * batch size is in it. `note` says which ranks and threads were measured if they differ,
 * otherwise it is "". STATUS_NO_INPUT, STATUS_BAD_DATA: no such file; STATUS_USAGE: it is of a
 * different network. */
enum { PLAN_SECONDS_NOTE = 400 };
enum status plan_seconds_read(struct run_estimate *estimate, int n, const struct plan_input *input,
    const char *path, char note[PLAN_SECONDS_NOTE], struct error *error);

#endif
