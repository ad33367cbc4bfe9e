/* plan_table.h: plans, for people and for programs.
 *
 * All plans are of the same samples, epochs, teams and threads and differ in batch size. Where an
 * epoch has a tail, both figures are given: of this plan, and with the tail dropped, or kept,
 * instead.
 *
 * Threads: any. Collective: no; call on one rank.
 */
#ifndef REPORT_PLAN_TABLE_H
#define REPORT_PLAN_TABLE_H

#include <stdio.h>

#include "base/json.h"
#include "optim/schedule.h"
#include "train/plan.h"

/* A table, below 100 columns for numbers of usual size, and a line for whatever is unusual. */
void plan_table_print(FILE *file, const struct plan *plan, int n);

/* One plan as a sentence a figure, and the tree of epochs, batches and steps. */
void plan_explain(FILE *file, const struct plan *plan);

/* An array, one object a plan, with its learning rates (recipe_lines.h); the caller owns it. */
struct json *plan_json(const struct plan *plan, const struct schedule *schedule, int n);

/* An array, one object a stage: from which epoch and step on, its batch size and what follows. */
struct json *plan_stages_json(const struct plan *plan);

/* The same run with the tail treated the other way: false if there is no tail, or no such run. */
bool plan_other_tail(const struct plan *plan, struct plan *other);

/* The least and the most, over all teams: of a whole batch's rows that a team, a worker or a slice
 * gets, and of workers and slices. A worker's rows are counted as if its team's were one pass and
 * dealt singly; in a step they come in panels, or, where that would leave workers idle, as tiles of
 * all rows, which comes to the same share. */
struct plan_span {
    int64_t least, most;
};
struct plan_span plan_rows_a_team(const struct plan *plan);
struct plan_span plan_rows_a_worker(const struct plan *plan);
struct plan_span plan_rows_a_slice(const struct plan *plan);
struct plan_span plan_slices_a_team(const struct plan *plan);
struct plan_span plan_workers_a_team(const struct plan *plan);

/* Workers of all teams, and those of them that get no row of a whole batch. */
int64_t plan_workers(const struct plan *plan);
int64_t plan_workers_without_rows(const struct plan *plan);

#endif
