/* plan_seconds.h: times the steps of a plan, or reads times measured before. */
#ifndef CLI_PLAN_SECONDS_H
#define CLI_PLAN_SECONDS_H

#include "cli/plan_input.h"

/* Trains some steps at the batch size of each estimate and sets its step_s. Shows progress on a
 * terminal, depending on --progress. Collective; all ranks get the figures. Fails like
 * trainer_create(). */
enum status plan_seconds_measure(struct run_estimate *estimate, int n, struct plan_input *input,
    const struct options *options, struct error *error);

/* Reads a file that `lockstep bench step --json` wrote, and sets step_s of the estimates whose
 * batch size is in it. `note`: the ranks and threads measured, if they differ from the plan, or "".
 * STATUS_NO_INPUT: no file; STATUS_BAD_DATA: not such a file; STATUS_USAGE: measured with a
 * different network. */
enum { PLAN_SECONDS_NOTE = 400 };
enum status plan_seconds_read(struct run_estimate *estimate, int n, const struct plan_input *input,
    const char *path, char note[PLAN_SECONDS_NOTE], struct error *error);

#endif
