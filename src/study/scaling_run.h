/* scaling_run.h: runs one case of `bench scaling`, i.e. a batch size in a layout, on the ranks of
 * the layout. Internal to the study of scaling.
 *
 * Collective over all ranks of the job unless stated otherwise.
 */
#pragma once

#include "base/json.h"
#include "comm/teams.h"
#include "run/job.h"
#include "study/repetitions.h"
#include "study/scaling_rules.h"

enum { BINDING_TEXT = 256 };

struct scaling_case {
    struct layout layout;
    bool weak, measured;
    int64_t batch, slices;
    char binding[BINDING_TEXT]; /* "cores 0 | cores 1", rank by rank, perhaps truncated */
    uint64_t weights_xxh3;      /* rank 0: after the verification; 0: the run diverged */
    struct json *row, *reduce_s;
};

struct scaling_study {
    struct job *job;
    struct comm *comm;
    int position; /* this rank's number, counted machine by machine */
    /* on a rank of the layout, the comm of its ranks; on any other rank, the comm of the rest */
    struct comm *part[LAYOUTS_MAX];
    struct teams *teams[LAYOUTS_MAX]; /* the teams in part[] */
    int layouts;
    struct plan base;
    bool bind;
    bool verified;    /* all teams of all strong layouts must have the same bits */
    char wrong[1000]; /* rank 0: the first difference that was found, or "" */
    struct repetitions *repetitions;
    int n;
    struct scaling_case *cases; /* [2 * batches * layouts]: case i has layout i % layouts */
};

/* Creates the parts and the teams of all layouts, and frees them, also after a failure.
 * STATUS_USAGE for a layout with more ranks than the job has. */
enum status scaling_split(struct scaling_study *study, const struct layout_list *layouts,
    struct team_request request, struct error *error);
void scaling_join(struct scaling_study *study);

/* Makes the plan of a case for the layout's teams; 0 steps: those of the job. Not collective. */
enum status scaling_plan(struct scaling_study *study, struct scaling_case *of,
    const struct teams *teams, int64_t steps, struct error *error);

/* Trains once in the layout of a case; collective over the layout's ranks. */
typedef enum status scaling_run(struct scaling_study *study, struct scaling_case *of,
    struct teams *teams, void *result, struct error *error);

/* Binds the layout's ranks to CPUs, if requested, and calls run() on them, while all other ranks
 * sleep. Afterwards the job has its own plan again. */
enum status scaling_run_case(
    struct scaling_study *study, int i, scaling_run *run, void *result, struct error *error);
