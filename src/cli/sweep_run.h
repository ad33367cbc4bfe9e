/* sweep_run.h: a run of a sweep: its name, its options, and the state and figures in its directory
 * (run/run_reader.h). Threads: any. Collective: no. */
#ifndef CLI_SWEEP_RUN_H
#define CLI_SWEEP_RUN_H

#include "options/options.h"
#include "study/sweep.h"

/* Returns the run with this batch size, rate and seed, without figures; its directory is named
 * after these, "b00032-lr0.05-s1". Rate 0: the rate given by --lr and --lr-scale. */
struct sweep_run sweep_run_make(
    const struct options *options, int64_t batch, double lr, int64_t seed);

/* Rounds a rate to the value in the options and names of runs: the shortest text of its float32. */
double sweep_rate(double lr);

/* True if a run of a sweep may have this name. */
bool sweep_run_is_name(const char *name);

/* Returns the options of an ordinary training, as in its config.ini: a new run in `directory`,
 * without progress unless --progress requests it for each run. `samples`: the number of training
 * samples. Shares the texts of `options`, and keeps the pointer `directory`. */
struct options sweep_run_options(const struct options *options, const struct sweep_run *run,
    const char *directory, int64_t samples);

enum sweep_run_state {
    SWEEP_RUN_OPEN,  /* to be trained anew: there is none, or its log lacks the end */
    SWEEP_RUN_BEGUN, /* can be resumed from a checkpoint */
    SWEEP_RUN_DONE,  /* ended as planned or by a stop rule, or diverged */
};
enum sweep_run_state sweep_run_state_of(const char *directory);

/* Returns the definition (base/definition.h) of the run in a directory, from its summary or else
 * from its newest checkpoint; this program's if it has neither. */
int64_t sweep_run_definition(const char *directory);

/* Reads the figures of a run that is done. `peaks`: peak memory was measured for each run
 * separately. Fails as described in run/run_reader.h. */
enum status sweep_run_read(struct sweep_run *run, const char *directory,
    const struct sweep_facts *facts, bool peaks, struct error *error);

#endif
