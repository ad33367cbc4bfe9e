/* sweep_runs.h: the runs of a sweep: their names and their options. Threads: any. Collective:
 * no. */
#ifndef CLI_SWEEP_RUNS_H
#define CLI_SWEEP_RUNS_H

#include "options/options.h"
#include "study/sweep.h"

/* The properties that distinguish a run from the others. */
struct sweep_key {
    int64_t batch, seed;
    double lr;                 /* the schedule's highest, float32 as written: 0.05 */
    char name[SWEEP_NAME_MAX]; /* its directory's: "b00032-lr0.05-s1" */
};

/* The run with this batch size and rate; rate 0: the one that follows from --lr and --lr-scale. */
struct sweep_key sweep_key_make(
    const struct options *options, int64_t batch, double lr, int64_t seed);

/* A rate as in the options and names of runs: the shortest text of the float32. */
double sweep_rate(double lr);

/* True for names that a run of a sweep may have. */
bool sweep_key_is_name(const char *name);

/* The options of an ordinary training, as its config.ini has them: a new run in `directory`,
 * without progress unless --progress asks for that of each run. `samples`: the number it trains on.
 * Shares the texts of `options`, and keeps the pointer `directory`. */
void sweep_run_options(struct options *run, const struct options *options,
    const struct sweep_key *key, const char *directory, int64_t samples);

#endif
