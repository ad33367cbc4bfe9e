/* frozen_pass.h: measures the gradient noise scale of a run's weights at its end
 * (step/frozen_noise.h). No weight changes. */
#pragma once

#include "comm/teams.h"
#include "run/job.h"

/* Measures at these weights [mlp.parameters], of which each team has an array, on training rows drawn
 * by the seed; `trained`: the rows on which the run has trained. Allocates a step of its own, so the trainer's should be destroyed
 * before. Never fails: without a figure, `why` gives the reason. The result is the same on all
 * ranks, except its seconds. Collective. */
struct frozen_noise frozen_pass_run(
    const struct job *job, const float *weights, struct teams *teams, int64_t trained);
