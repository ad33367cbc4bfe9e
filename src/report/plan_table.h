/* plan_table.h: plans, for people and for programs.
 *
 * All plans are of the same samples, epochs, ranks and threads and differ in batch size. Where an
 * epoch has a tail, both figures are given: of this plan, and with the tail dropped, or kept,
 * instead.
 *
 * Threads: any. Collective: no; call on one rank.
 */
#ifndef REPORT_PLAN_TABLE_H
#define REPORT_PLAN_TABLE_H

#include <stdio.h>

#include "base/json.h"
#include "train/plan.h"

/* A table, below 100 columns for numbers of usual size, and a line for whatever is unusual. */
void plan_table_print(FILE *file, const struct plan *plan, int n);

/* One plan as a sentence a figure, and the tree of epochs, batches and steps. */
void plan_explain(FILE *file, const struct plan *plan);

/* An array, one object a plan; the caller owns it. */
struct json *plan_json(const struct plan *plan, int n);

/* The same run with the tail treated the other way: false if there is no tail, or no such run. */
bool plan_other_tail(const struct plan *plan, struct plan *other);

/* Rows of a whole batch that a rank, a thread or a slice gets: the least and the most. */
struct plan_rows {
    int64_t least, most;
};
struct plan_rows plan_rank_rows(const struct plan *plan);
struct plan_rows plan_thread_rows(const struct plan *plan);
struct plan_rows plan_slice_rows_of(const struct plan *plan);

#endif
