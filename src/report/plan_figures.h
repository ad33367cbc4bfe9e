/* plan_figures.h: all figures of a plan, as JSON. Threads: any. Collective: no. */
#pragma once

#include "base/json.h"
#include "study/run_estimate.h"

/* Sets every figure of a run, or of one stage returned by plan_of_stage(). `stages`: the run has
 * several stages, so the figures that differ between them are set to null. */
void plan_figures_set(struct json *json, const struct run_estimate *estimate, bool stages);

/* Returns the figures that depend on how the tail is handled. */
struct json *plan_tail_json(const struct plan *plan);

/* Makes the plan of the same run with the opposite choice for the tail: dropped instead of kept, or
 * kept instead of dropped. False: every batch is whole, or such a run is impossible. */
bool plan_other_tail(const struct plan *plan, struct plan *other);

/* Returns an array with one object per stage, which has the first epoch, the first step, the batch
 * size and the number of steps of the stage. */
struct json *plan_stages_json(const struct plan *plan);

/* The shares of a whole batch in the first stage. A span holds the smallest and the largest share
 * over all teams, workers or slices. Rows per worker are computed as if a team processed all of its
 * rows in one pass and divided them one by one. A step actually divides panels of rows, or tiles of
 * all rows where panels would leave workers idle, which results in the same shares. */
struct plan_span {
    int64_t least, most;
};
struct plan_shares {
    struct plan_span slices_per_team, workers_per_team;
    struct plan_span rows_per_team, rows_per_worker, rows_per_slice;
    int64_t workers, without_rows; /* all workers; workers without a row of a whole batch */
};
struct plan_shares plan_shares_of(const struct plan *plan);

/* {"schedule": "cosine", "lr": 0.02, "warmup_steps": 0, "complete": true,
 *  "curve": [{"step": 1, "lr": 0.02}, ...]}
 * The curve lists every step at which the rate changes. If there are too many such steps, it lists
 * evenly spaced steps and the last step instead, and "complete" is false. The rate of the plateau
 * schedule depends on the results of the run, so its curve shows the rate without reductions. */
struct json *plan_rates_json(const struct schedule *schedule);
