/* tune_run.h: the runs of the tries of `lockstep tune`: their names, the scores and figures in their
 * directories (run/run_reader.h), and, by successive halving (Jamieson and Talwalkar 2016,
 * arXiv:1502.07943), the tries that are trained further:
 *
 *     rung 0   all tries, to the first evaluation at or after 1/9 of their steps
 *     rung 1   the best third of them, to 1/3
 *     rung 2   the best third of these, to their ends
 *
 * A third is rounded up. The first try always continues, since all others are compared with it. A try
 * whose score is NaN is worse than any other; of equal tries, the earlier one is better.
 *
 * With folds, the gain of the best try over the first is the mean of K differences, of variance s^2, with
 * the 95 % interval mean +- t sqrt((1/K + 1/(K - 1)) s^2): 1/(K - 1), the ratio of validation to training
 * samples, accounts for training sets that overlap (Nadeau and Bengio 2003). As the best of N tries was
 * chosen, t is the quantile at 1 - 0.025 / (N - 1), with K - 1 degrees of freedom (Bonferroni).
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "run/stop.h"

/* --- successive halving ---------------------------------------------------------------------- */

enum { HALVING_RUNGS = 3, HALVING_FACTOR = 3 };

/* Returns the steps at which a rung ends, for a run of `total_steps`; 0 for the last rung, which has
 * no other end. */
int64_t halving_steps(int64_t total_steps, int rung);

/* The tries of a rung: those that are `on` [n], with their scores [n]; `rises`: a larger score is
 * better. Chooses those of the next rung, `next` [n], another array. */
struct halving {
    const bool *on;
    const double *score;
    int n;
    bool rises;
};
void halving_choose(bool *next, const struct halving *rung);

/* Returns the number of tries of the rung that are better than try i, which is on; 0: the best. */
int halving_rank(const struct halving *rung, int i);

/* --- runs ------------------------------------------------------------------------------------ */

/* Writes the name of a run's directory: "try007", or "try007-fold2" if `fold` is not 0. */
enum { TUNE_NAME = 32 };
char *tune_run_name(int64_t number, int64_t fold, char out[TUNE_NAME]);

/* True if this can be the name of a run of tune. */
bool tune_run_is_name(const char *name);

struct tune_run {
    /* The metric of the weights that the run would have kept at the end of each rung; NaN: it had
     * no evaluation with a value. A run that ended earlier keeps its score. */
    double score[HALVING_RUNGS];
    int last_rung; /* of its evaluations */
    int64_t steps;
    double epochs, seconds;
    char stopped_by[16], weights[24];
};

/* Reads a run of `total_steps` that has ended at the end of a rung or earlier. `rules`: those by
 * which it chose its best weights. Fails as described in run/run_reader.h. */
enum status tune_run_read(struct tune_run *run, const char *directory,
    const struct stop_rules *rules, int64_t total_steps, struct error *error);

/* Returns the gain of a try of `tries` over the first one, in the metric at the ends of their runs
 * [folds]; NaN as the interval if there is one fold. */
struct tune_gain {
    double mean, low, high;
};
struct tune_gain tune_gain(enum metric metric, const struct tune_run *run,
    const struct tune_run *first, int folds, int tries);
