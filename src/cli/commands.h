/* commands.h: what each command does once its options are read.
 *
 * Each prints its results on stdout; none prints an error or exits, main does.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "api/train.h"

/* The tables of what batch sizes mean; --json, --csv, --explain. Reads the data if --samples is not
 * given. Collective over comm, though but for --measure one rank does all. STATUS_USAGE, those of
 * source_read_train(), STATUS_IO for stdout. */
enum status command_plan(const struct options *options, struct comm *comm, struct error *error);

/* Trains at every batch size of the options and tells what they come to; goes on where another start
 * in the same directory stopped. Collective, as above. Runs that diverge, or do not reach the
 * target, are results. STATUS_STOPPED: a signal; the same command goes on. */
enum status command_sweep(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error);

/* Build, kernel, ranks, threads, binding. Collective over comm. */
enum status command_info(const struct options *options, struct comm *comm, struct error *error);

/* Judges options->model by data, as a table or JSON. Collective over comm, the options equal on all
 * ranks. STATUS_NO_INPUT, STATUS_BAD_DATA, and what reading data may bring. */
enum status command_eval(const struct options *options, struct comm *comm, struct error *error);

/* Writes what options->model says of data, in their order, by rank 0. Collective as above; from
 * standard input or a FIFO on one rank only (STATUS_USAGE). Standard output that is no longer read ends it,
 * with STATUS_OK. */
enum status command_predict(const struct options *options, struct comm *comm, struct error *error);

/* One HTML page of the runs, sweeps and measurements at options->paths. For one rank, without MPI.
 * STATUS_NO_INPUT, STATUS_BAD_DATA; STATUS_CANNOT_CREATE, STATUS_IO of the page, which is written
 * whole or not at all. */
enum status command_report(const struct options *options, struct error *error);

/* Measures options->what and prints a table or JSON. Collective over comm, the options equal on all
 * ranks. */
enum status command_bench(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error);

#endif
