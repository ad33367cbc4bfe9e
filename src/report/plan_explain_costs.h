/* plan_explain_costs.h: explains how the learning rate, the memory and the work of a plan are
 * calculated. Threads: any. */
#pragma once

#include <stdio.h>

#include "study/run_estimate.h"

/* Returns the figures of a schedule as a row for sentences (report/figure.h). */
struct json *schedule_json(const struct schedule *schedule);

/* Prints the calculations with the numbers of this run; memory and work only if the network is
 * known. `input`: that of the estimate. */
void plan_explain_costs(
    FILE *file, const struct estimate_input *input, const struct run_estimate *estimate);
