/* sweep_run.h: a run of a sweep: its name, its options, and the state and figures in its directory
 * (run/run_reader.h). Threads: any. Collective: no. */
#pragma once

#include "options/options.h"
#include "study/sweep.h"

/* Returns the run with this batch size, rate and seed; its figures are not set. The name of its
 * directory is made of the three, e.g. "b00032-lr0.05-s1". Rate 0: the rate given by --lr and
 * --lr-scale. */
struct sweep_run sweep_run_make(
    const struct options *options, int64_t batch, double lr, int64_t seed);

/* Rounds a rate to the value that options and names of runs use: the value of the shortest text
 * that gives the same float32. */
double sweep_rate(double lr);

/* True if this can be the name of a run of a sweep. */
bool sweep_run_is_name(const char *name);

/* Returns the options with which `train` would train this run in `directory`; its config.ini
 * records them (study_run_options()). `samples`: the number of training samples. */
struct options sweep_run_options(const struct options *options, const struct sweep_run *run,
    const char *directory, int64_t samples);

/* Reads the figures of a run that is done; run->give_up_steps is set. `peaks`: peak memory was measured for each run
 * separately. Fails as described in run/run_reader.h. */
enum status sweep_run_read(struct sweep_run *run, const char *directory,
    const struct sweep_facts *facts, bool peaks, struct error *error);
