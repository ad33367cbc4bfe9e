/* sweep_context.h: the state of a sweep while it runs. For cmd_sweep.c. */
#ifndef CLI_SWEEP_CONTEXT_H
#define CLI_SWEEP_CONTEXT_H

#include "cli/commands.h"
#include "api/session.h"
#include "cli/sweep_place.h"
#include "study/sweep.h"

/* Rank 0 has the records, and sends the others what follows from them. */
struct sweep_context {
    const struct options *options;
    struct invocation invocation;
    struct comm *comm;
    bool is_first_rank; /* rank 0 */
    bool prints;        /* this is rank 0, and it prints a line for each run */
    bool peaks;         /* each run's peak memory is measured alone */
    struct session session;
    struct sweep_place place;
    struct sweep sweep;
    int n_rates; /* rates of the grid, ascending; at least 1: without a grid a single 0 */
    double rate[OPTION_LIST_MAX];
    int64_t batch[OPTION_LIST_MAX]; /* ascending */
};

/* Sorts batch sizes and rates, smallest first. */
void sweep_context_order(struct sweep_context *context);

/* Takes memory for the records of all runs and batch sizes. STATUS_NO_RESOURCE. */
enum status sweep_context_take_records(struct sweep_context *context, struct error *error);

/* Fills sweep.facts, once the session is prepared. STATUS_USAGE. */
enum status sweep_context_note_facts(struct sweep_context *context, struct error *error);

#endif
