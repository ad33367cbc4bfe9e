/* tune_results.h: the state of a tuning study, and what it writes and prints: tune.json, tune.csv and
 * a line for each try; at the end the best try, as the study's model and as best.ini
 * (run/run_files.h).
 *
 * Threads: one at a time. Collective: no; the results are rank 0's.
 */
#pragma once

#include "cli/study_runner.h"
#include "cli/tune_run.h"
#include "options/data_defaults.h"

/* Only rank 0 has the scores; it sends to the other ranks which tries continue. Tries are counted from
 * 0 here, and from 1 in names and results. */
struct tune {
    struct study_runner runner;
    int n, parts; /* tries; runs of each: the folds, or 1 */
    uint64_t data_xxh3;
    struct metric_choice metric;
    struct data_facts facts;
    int64_t *total_steps; /* [parts] of a try's runs */
    struct tune_run *run; /* [n x parts] */
    double *score;        /* [n], in the current rung: means over the parts */
    bool *on, *next;      /* [n] tries of this rung, and of the next one */
    bool *due; /* [n] those that would be in this rung if the study had begun with n tries */
    int *rung; /* [n] the last rung of each */
};

struct halving tune_halving(const struct tune *tune);

/* The runs of a try; its score at the end of a rung, the mean over them. */
const struct tune_run *tune_runs(const struct tune *tune, int try);
double tune_score(const struct tune *tune, int try, int rung);

/* Writes the name of a run's directory into out; returns out. */
char *tune_name(const struct tune *tune, int try, int part, char out[TUNE_NAME]);

/* Returns the options of a run; `fold` [TUNE_FOLD] and `directory` must outlive them. A run ends with
 * a checkpoint, from which the next rung continues. */
enum { TUNE_FOLD = 48 };
struct options tune_run_options(
    const struct tune *tune, int try, int part, char fold[TUNE_FOLD], const char *directory);

/* Writes tune.json and tune.csv with all tries that have been trained; the best one is not known yet.
 * STATUS_IO, STATUS_NO_RESOURCE. */
enum status tune_write(const struct tune *tune, struct error *error);

/* Prints the score of a try at the end of a rung, and its options. */
void tune_print_try(const struct tune *tune, int try, int rung);

/* Writes and prints the results of all tries. STATUS_DIVERGED if none has a score; otherwise as
 * above, and as described in run/run_reader.h. */
enum status tune_finish(const struct tune *tune, struct error *error);
