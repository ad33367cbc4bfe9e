/* sweep_choice.h: the batch sizes that a sweep recommends.
 *
 *     soonest      least time to the target, i.e. steps to the target times time per step
 *     thriftiest   fewest samples to the target
 *     candidates   the batch sizes of which all runs reached the target and none is `coarse`
 *     ties         other candidates whose logarithm differs from the best one by less than its 95 %
 *                  interval: Student's t of the differences over their common seeds, if these are
 *                  three or more; else the pooled scatter (study/seed_centres.h); if there is only one
 *                  seed, 5 %. For times, the errors of the times per step are included
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "study/sweep.h"

/* Sets soonest and thriftiest. Call it after sweep_summarise(). */
void sweep_choose(struct sweep *sweep);
