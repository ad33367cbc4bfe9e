/* phase_totals.h: seconds in each phase and memory, over all workers of all ranks. */
#ifndef RUN_PHASE_TOTALS_H
#define RUN_PHASE_TOTALS_H

#include "comm/comm.h"
#include "run/records.h"
#include "step/step.h"

/* Fills result->phases and result->peak_rss_bytes. Collective. STATUS_NO_RESOURCE. */
enum status phase_totals(struct result *result, const struct step *step, int threads,
    struct comm *comm, struct error *error);

#endif
