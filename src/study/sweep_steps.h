/* sweep_steps.h: the part of a sweep's figures that follows from the steps to the target: their
 * centres, the scatter and the fit. Threads: any. Collective: no. */
#pragma once

#include "study/sweep.h"

/* Computes the figures to the target, `far` of the runs, the scatter and the fit, from the runs, the
 * best rates and the times per step. STATUS_NO_RESOURCE. */
enum status sweep_steps_summarise(struct sweep *sweep, struct error *error);
