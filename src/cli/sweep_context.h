/* sweep_context.h: a sweep under way, and what it begins with. For cmd_sweep.c. */
#ifndef CLI_SWEEP_CONTEXT_H
#define CLI_SWEEP_CONTEXT_H

#include "cli/commands.h"
#include "api/session.h"
#include "cli/sweep_place.h"
#include "study/sweep.h"

/* The records are rank 0's; what is decided by them it tells the others. */
struct sweep_context {
    const struct options *options;
    struct invocation invocation;
    struct comm *comm;
    bool leads, tells; /* rank 0; it with a line a run */
    bool peaks;        /* peak memory is each run's own */
    struct session session;
    struct sweep_place place;
    struct sweep sweep;
    int n_rates; /* of the grid, ascending; at least 1: without a grid the one rate 0 */
    double rate[OPTION_LIST_MAX];
    int64_t batch[OPTION_LIST_MAX]; /* ascending */
};

/* Batch sizes and rates from the smallest. */
void sweep_context_order(struct sweep_context *context);

/* Room for the records of all runs and batch sizes. STATUS_NO_RESOURCE. */
enum status sweep_context_take_records(struct sweep_context *context, struct error *error);

/* What was asked for and where it runs, once the session is prepared. STATUS_USAGE. */
enum status sweep_context_note_facts(struct sweep_context *context, struct error *error);

#endif
