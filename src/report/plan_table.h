/* plan_table.h: plans, for people and for programs.
 *
 * A report is of one subject: runs that differ in batch size; or one run whose batch size changes,
 * and then its stages as well. Where an epoch has a tail, both figures are given: of this plan, and
 * with the tail dropped, or kept, instead.
 *
 * Threads: any. Collective: no; call on one rank.
 */
#ifndef REPORT_PLAN_TABLE_H
#define REPORT_PLAN_TABLE_H

#include <stdio.h>

#include "base/json.h"
#include "report/plan_warnings.h"
#include "study/run_estimate.h"

struct plan_report {
    const struct estimate_input *input;
    int runs;
    const struct run_estimate *run; /* [runs] */
    int stages;                     /* of the only run; 0: it has one */
    const struct run_estimate *stage;
    int warnings;
    const struct plan_warning *warning; /* [warnings] */
};

/* Tables, each below 100 columns for numbers of usual size and left out if it has nothing to say,
 * and a line for whatever is unusual. */
void plan_report_print(FILE *file, const struct plan_report *report);

/* One row a run, its names first. */
void plan_report_csv(FILE *file, const struct plan_report *report);

/* Sets "plans" and "warnings": arrays, one object a run and a warning. A plan has its learning
 * rates (training_settings_lines.h), the turns of its schedule, and its stages. */
void plan_report_set_json(struct json *object, const struct plan_report *report);

/* One plan as a sentence a figure, and the tree of epochs, batches and steps. */
void plan_explain(FILE *file, const struct plan *plan);

/* An array, one object a stage: from which epoch and step on, its batch size and what follows. */
struct json *plan_stages_json(const struct plan *plan);

/* The same run with the tail treated the other way: false if there is no tail, or no such run. */
bool plan_other_tail(const struct plan *plan, struct plan *other);

/* The least and the most, over all teams: of a whole batch's rows that a team, a worker or a slice
 * gets, and of workers and slices; in the first stage. A worker's rows are counted as if its team's
 * were one pass and dealt singly; in a step they come in panels, or, where that would leave workers
 * idle, as tiles of all rows, which comes to the same share. */
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
