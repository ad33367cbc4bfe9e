/* model_use.h: predictions and evaluations by a model of a program that uses the library
 * (lockstep.h).
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "lockstep/lockstep.h"
#include "model/metrics.h"

/* Returns metrics as the caller sees them. */
struct lockstep_metrics metrics_for_caller(const struct metrics *metrics);
