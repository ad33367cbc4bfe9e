/* plan_warnings.h: warnings about a plan, each with a cure.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "base/json.h"
#include "study/run_estimate.h"

/* Appends the warnings of one run, or of one stage returned by plan_of_stage(), to an array:
 *     {"batch": 32, "about": "tail", "text": "...", "cure": "..."}
 * "batch" is the requested batch size; "about" is a keyword: batch, warmup, step-size, milestones,
 * tail, drop-last, max-steps, teams, balance, workers, memory. `steps_before`: number of steps in
 * the run before the stage. `room`: the memory of a machine in bytes; 0: unknown. */
void plan_warnings_add(
    struct json *array, const struct run_estimate *estimate, int64_t steps_before, int64_t room);
