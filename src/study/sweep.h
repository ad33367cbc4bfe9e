/* sweep.h: computes the figures of a sweep, i.e. of runs at several batch sizes, as plain data.
 *
 * A run's figures come only from its directory, so an interrupted and continued sweep gives the
 * same figures as one that never stopped.
 *
 *     to the target   the steps, samples and training seconds at which the metric meets the target,
 *                     interpolated linearly in steps between the first evaluation that reached the
 *                     target and the one before. If the first evaluation of a run has already
 *                     reached the target, these are only upper bounds: the run is `coarse` and is
 *                     not used in the fit
 *     best rate       the learning rate of the best run at a batch size, among the runs with the
 *                     first seed: the run with the fewest samples to the target. The run with the
 *                     best metric is chosen instead if no run reached the target, if all reached it
 *                     at their first evaluation, or if the sweep has no target. Runs that diverged
 *                     come last; the smaller rate wins a tie
 *     a batch size    mean, minimum and maximum over the seeds, of all runs with the best rate. The
 *                     batch size is used in the fit and the recommendation if all of these runs
 *                     reached the target and none of them is `coarse`
 *     throughput      measured samples per second
 *     efficiency      the fewest samples to the target at any batch size, divided by the samples to
 *                     the target at this one
 *     soonest         largest throughput x efficiency ("goodput", Pollux: Qiao et al. 2021,
 *                     arXiv:2008.12260), that is, smallest samples to the target / throughput
 *     thriftiest      fewest samples to the target
 *
 * Two figures tie if they differ by less than the noise: 5 % or, if larger, the standard error of
 * the difference of two means over seeds. The smaller cost wins a tie: the cost is samples for
 * soonest, and seconds for thriftiest.
 *
 * Threads: any. Collective: no.
 */
#ifndef STUDY_SWEEP_H
#define STUDY_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "study/critical_batch.h"
#include "run/stop.h"

enum sweep_figure {
    SWEEP_STEPS_TO_TARGET,
    SWEEP_EPOCHS_TO_TARGET,
    SWEEP_SAMPLES_TO_TARGET,
    SWEEP_SECONDS_TO_TARGET,
    SWEEP_SAMPLES_PER_SECOND,
    SWEEP_SECONDS_PER_EPOCH,
    SWEEP_COMMUNICATION_SHARE, /* share of the workers' time spent in phase "reduce" */
    SWEEP_PEAK_RSS_BYTES,      /* the largest of all ranks in this run */
    SWEEP_METRIC,              /* the best of all evaluations */
    SWEEP_TRAIN_LOSS,
    SWEEP_VAL_LOSS,
    SWEEP_GAP, /* val_loss - train_loss */
    SWEEP_VAL_ACCURACY,
    SWEEP_NOISE_SCALE,
    N_SWEEP_FIGURES
};
const char *sweep_figure_name(enum sweep_figure figure); /* "steps_to_target" */

enum { SWEEP_NAME_MAX = 64, SWEEP_TEXT_MAX = 400, SWEEP_WARNINGS_MAX = 32 };

struct sweep_run {
    char directory[SWEEP_NAME_MAX]; /* in runs/ */
    int64_t batch, seed;
    double lr;
    char stopped_by[16];
    bool diverged, reached, coarse;
    int64_t steps_per_epoch, total_steps, steps_done, slices;
    double epochs_done;
    double figure[N_SWEEP_FIGURES]; /* NaN: not available */
    double noise_error;
    int workers, workers_busy; /* all workers, and those that have work in a step */
};

struct sweep_spread {
    double mean, least, most;
    double variance; /* relative variance of a run: (deviation / mean)^2; 0 for n = 1 */
    int n;           /* number of runs; 0: no figure */
};

struct sweep_batch {
    int64_t batch;
    double lr; /* the best rate */
    bool lr_on_border;
    int runs, reached; /* number of runs with the best rate; 0: none so far */
    int coarse;        /* number of coarse runs among those that reached the target */
    int diverged;
    struct sweep_spread figure[N_SWEEP_FIGURES];
    struct sweep_run run; /* the last of these runs, which have their plan and workers in common */
    enum regime regime;
};

struct sweep_choice {
    int64_t batch; /* 0: none */
    double value;  /* seconds, or samples */
    char why[SWEEP_TEXT_MAX];
};

/* The request, as far as the figures and the advice depend on it. The caller owns the text. */
struct sweep_facts {
    const char *lr_scale;
    int64_t train_samples;
    bool drop_last;
    bool equal_steps; /* --budget steps */
    int64_t first_seed;
    int rates; /* number of rates in the grid, ascending; 0: the rate follows --lr-scale */
    const double *rate;
    bool has_target;             /* there is a target: `goal` of `metric` */
    struct metric_choice metric; /* without a target: the metric used to compare runs */
    double goal;
};

struct sweep {
    struct sweep_facts facts;
    int runs, runs_planned;
    struct sweep_run *run; /* [runs_planned]; the first `runs` of them are done */
    int batches;
    struct sweep_batch *batch; /* [batches]; the caller sets batch[].batch, in ascending order */
    bool fitted;
    struct critical_fit fit;
    char fit_why[CRITICAL_WHY_MAX];                /* the reason, if not fitted */
    double noise_critical_batch, agreement_factor; /* NaN: not known */
    struct sweep_choice soonest, thriftiest;
    int warnings;
    char warning[SWEEP_WARNINGS_MAX][SWEEP_TEXT_MAX];
};

/* An evaluation of a run. */
struct sweep_evaluation {
    int64_t step;
    double samples, seconds, metric; /* samples and training seconds so far; NaN: no metric */
};

/* Updates a run with the evaluation `at`: the figures "to the target", SWEEP_METRIC, `reached` and
 * `coarse`. `before`: the previous evaluation; NULL: none. */
void sweep_run_add_evaluation(struct sweep_run *run, const struct sweep_facts *facts,
    const struct sweep_evaluation *before, const struct sweep_evaluation *at,
    double samples_per_epoch);

/* Returns the best rate of a batch size, among the runs with the first seed; NaN: no runs. */
double sweep_best_rate(const struct sweep *sweep, int64_t batch);

/* Computes batch[] (except the sizes) and the fit from the runs. */
void sweep_summarise(struct sweep *sweep);

/* True if every run of a batch size reached the target. */
static inline bool sweep_batch_counts(const struct sweep_batch *batch)
{
    return batch->runs > 0 && batch->reached == batch->runs;
}

/* True if the batch size can be recommended. */
static inline bool sweep_batch_fits(const struct sweep_batch *batch)
{
    return sweep_batch_counts(batch) && batch->coarse == 0;
}

#endif
