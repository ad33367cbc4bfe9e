/* sweep_runs.h: the runs of a sweep: which options each has, and what its directory tells.
 *
 * Threads: any. Collective: no.
 */
#ifndef CLI_SWEEP_RUNS_H
#define CLI_SWEEP_RUNS_H

#include "options/options.h"
#include "study/sweep.h"

/* What is a run's own. */
struct sweep_key {
    int64_t batch, seed;
    double lr;                 /* the schedule's highest, float32 as written: 0.05 */
    char name[SWEEP_NAME_MAX]; /* of its directory, "b00032-lr0.05-s1" */
};

/* The run with this batch size and rate; with rate 0 that of --lr by --lr-scale. */
struct sweep_key sweep_key_make(
    const struct options *options, int64_t batch, double lr, int64_t seed);

/* A rate as runs have it and as their names say it: the shortest text of the float32. */
double sweep_rate(double lr);

/* Whether a directory of this name may be a run of a sweep. */
bool sweep_key_is_name(const char *name);

/* An ordinary training's options, to be found in config.ini: into `directory`, begun anew, without
 * progress unless --progress asks for the runs' own. `samples`: those that it trains on. Shares the texts of
 * `options`; `directory` is kept as a pointer. */
void sweep_run_options(struct options *run, const struct options *options,
    const struct sweep_key *key, const char *directory, int64_t samples);

/* The run in a directory: there is none; it may go on from a checkpoint; it is over, by its plan, what
 * it reached, or as it diverged; or its log does not say so too and it must be made anew. */
enum sweep_run_state { SWEEP_RUN_OPEN, SWEEP_RUN_BEGUN, SWEEP_RUN_DONE };
enum sweep_run_state sweep_run_look(const char *directory);

/* The definition (base/definition.h) that the run in a directory follows, by its summary or else by
 * its newest checkpoint; this program's if it has neither. */
int64_t sweep_run_definition(const char *directory);

/* What the directory of a run that is over tells. `peaks`: peak memory is each run's own.
 * STATUS_BAD_DATA, STATUS_NO_INPUT, STATUS_IO, STATUS_NO_RESOURCE. */
enum status sweep_run_read(struct sweep_run *run, const struct sweep_key *key,
    const char *directory, const struct sweep_facts *facts, bool peaks, struct error *error);

#endif
