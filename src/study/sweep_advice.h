/* sweep_advice.h: the recommendation and the warnings that follow from a sweep's figures. Threads:
 * any. */
#ifndef STUDY_SWEEP_ADVICE_H
#define STUDY_SWEEP_ADVICE_H

#include "study/sweep.h"

/* After sweep_summarise(): fills soonest, thriftiest and the warnings. */
void sweep_advise(struct sweep *sweep);

#endif
