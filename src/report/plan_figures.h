/* plan_figures.h: all figures of a plan, as JSON. Threads: any. Collective: no. */
#ifndef REPORT_PLAN_FIGURES_H
#define REPORT_PLAN_FIGURES_H

#include "base/json.h"
#include "study/run_estimate.h"

/* Sets every figure of a run, or of one stage as plan_of_stage() gives it. `stages`: it is a run of
 * several stages, so figures that differ between stages are null. */
void plan_figures_set(struct json *json, const struct run_estimate *estimate, bool stages);

/* The figures that depend on the treatment of the tail. */
struct json *plan_tail_json(const struct plan *plan);

/* The same run with the tail treated the other way: false if every batch is whole, or such a run
 * is impossible. */
bool plan_other_tail(const struct plan *plan, struct plan *other);

/* An array, one object per stage: its first epoch and step, its batch size and its steps. */
struct json *plan_stages_json(const struct plan *plan);

/* The shares of a whole batch in the first stage: the least and the most over all teams, workers or
 * slices. The rows of a worker are counted as if its team's rows were one pass and divided
 * one by one; a step divides panels of rows, or, where that would leave workers idle, tiles of all
 * rows, which gives the same share. */
struct plan_span {
    int64_t least, most;
};
struct plan_shares {
    struct plan_span slices_per_team, workers_per_team;
    struct plan_span rows_per_team, rows_per_worker, rows_per_slice;
    int64_t workers, without_rows; /* all workers; those that get no row of a whole batch */
};
struct plan_shares plan_shares_of(const struct plan *plan);

/* {"schedule": "cosine", "lr": 0.02, "warmup_steps": 0, "complete": true,
 *  "curve": [{"step": 1, "lr": 0.02}, ...]}
 * The curve has every step at which the rate changes; if those are too many, evenly spaced steps
 * and the last, and "complete" is false. The rate of plateau depends on results, so its curve is
 * the rate without reductions. */
struct json *plan_rates_json(const struct schedule *schedule);

#endif
