/* sweep_rate.h: the choice of the learning rate for a batch size, and when a run is given up.
 *
 *     best rate   the one with the fewest steps to the target, in the median over the seeds that
 *                 choose, where a run that did not reach the target counts as larger than all
 *                 others. If these are equal: the one with more runs that reached the target, with
 *                 fewer that diverged, with the better mean of its best metrics; the smaller rate
 *                 wins a tie. The metric also decides if all runs of both rates are `coarse`, since
 *                 it is not known which was earlier
 *     give up     a run that has taken `give_up` times the steps of the best rate so far, without
 *                 the target. "So far" covers the runs before it in the order of sweep.run[], which is
 *                 that of the whole sweep: so a continued sweep sets the same limits
 *
 * With few seeds, the seeds that choose the rate make its steps look too few: the minimum over rates
 * of a noisy quantity is biased (tests/unit/sweep_rate.c). So they do not report if there are enough.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "study/sweep.h"

enum { SWEEP_SEEDS_MAX = 1000, SWEEP_SEEDS_DIVIDED = 4 };

/* True if all seeds choose the rate and report. */
bool sweep_seeds_share(const struct sweep_facts *facts);

bool sweep_seed_chooses(const struct sweep_facts *facts, int64_t seed);
bool sweep_seed_reports(const struct sweep_facts *facts, int64_t seed);

/* The runs of a batch size with one rate and the seeds that choose. */
struct sweep_rate {
    double lr;
    int runs, reached, coarse, diverged;
    double steps;  /* median steps to the target; INFINITY: not reached; NaN: no runs */
    double metric; /* mean of the best metrics; NaN: none */
};
struct sweep_rate sweep_rate_of(const struct sweep *sweep, int64_t batch, double lr);

/* Returns the best rate of a batch size; NaN: no runs. */
double sweep_best_rate(const struct sweep *sweep, int64_t batch);

/* Returns the steps after which the next run of a batch size is given up; 0: never. */
int64_t sweep_give_up_steps(const struct sweep *sweep, int64_t batch);
