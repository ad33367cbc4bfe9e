/* planning.h: makes the plan of a run and collects its figures, without printing them.
 *
 * Threads: the comm's thread. Collective: planning_make() if options->measure is set.
 */
#pragma once

#include "api/plan_input.h"
#include "base/json.h"
#include "report/plan_report.h"

/* All figures of a plan, and their sources. */
struct planning {
    const struct options *options;
    struct comm *comm; /* all ranks with --measure, one rank without */
    struct plan_input input;
    struct run_estimate *estimate; /* [runs + stages] */
    struct plan_report report;
    char note[PLAN_INPUT_NOTE];
    struct int_list merged; /* batch sizes without a row, since another row is the same run */
};

/* Makes the plan. `planning` must have options and comm, and be zeroed otherwise; the caller clears it,
 * even on failure. Fails like plan_input_find(). */
enum status planning_make(struct planning *planning, struct error *error);

/* Returns the report that `plan --json` prints. */
struct json *planning_json(const struct planning *planning);

void planning_clear(struct planning *planning);
