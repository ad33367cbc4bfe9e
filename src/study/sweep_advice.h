/* sweep_advice.h: derives recommendations and warnings from a sweep's figures. Threads: any. */
#pragma once

#include "study/sweep.h"

/* Fills soonest, thriftiest and the warnings. Call it after sweep_summarise(). */
void sweep_advise(struct sweep *sweep);
