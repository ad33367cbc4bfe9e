/* sweep.h: computes the figures of a sweep, i.e. of runs at several batch sizes, as plain data.
 *
 * A run's figures come only from its directory, so an interrupted and continued sweep gives the
 * same figures as one that never stopped.
 *
 *     to the target   the steps, samples and training seconds at which the metric meets the target,
 *                     interpolated linearly in steps between the first evaluation that reached the
 *                     target and the one before. If the first evaluation of a run has already
 *                     reached the target, these are only upper bounds: the run is `coarse`
 *     given up        a run with `give_up_steps` ends at its first evaluation at or after that step,
 *                     unless it reached the target before. One that was trained for longer counts as
 *                     if it had ended there; only its losses are those of its real end
 *     roles           if there are several rates and four or more seeds, every second seed, beginning
 *                     with the first, chooses the rate, and the others, at least half of them, report.
 *                     Otherwise all seeds do both (study/sweep_rate.h)
 *     a batch size    the runs with the best rate whose seeds report
 *     steps           their centre and its interval (study/seed_centres.h): a geometric mean, in which
 *                     a run that did not reach the target counts as censored. Not determined if a run
 *                     is coarse. Samples and epochs to the target are those of these steps; seconds
 *                     are these steps times the time per step
 *     time per step   median over all runs of the batch size, at all rates, since it depends on the
 *                     machine alone; throughput and time per epoch follow from it
 *     others          mean, minimum and maximum over the seeds that report
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "study/critical_batch.h"
#include "study/seed_centres.h"
#include "run/stop.h"

enum sweep_figure {
    SWEEP_STEPS_TO_TARGET, /* the four figures to the target come first */
    SWEEP_EPOCHS_TO_TARGET,
    SWEEP_SAMPLES_TO_TARGET,
    SWEEP_SECONDS_TO_TARGET,
    SWEEP_SECONDS_PER_STEP,
    SWEEP_SECONDS_PER_EPOCH,
    SWEEP_SAMPLES_PER_SECOND,
    SWEEP_COMMUNICATION_SHARE, /* share of the workers' time spent in phase "reduce" */
    SWEEP_PEAK_RSS_BYTES,      /* the largest of all ranks in this run */
    SWEEP_METRIC,              /* the best of all evaluations */
    SWEEP_TRAIN_LOSS,
    SWEEP_VAL_LOSS,
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
    bool diverged, reached, coarse, given_up;
    bool far;              /* its steps are far from those of the other seeds */
    int64_t give_up_steps; /* 0: none */
    int64_t steps_per_epoch, total_steps, steps_done, slices;
    double epochs_done;
    double figure[N_SWEEP_FIGURES]; /* NaN: not available */
    double noise_low, noise_high;   /* interval of the noise scale */
    int workers, workers_busy;      /* all workers, and those that have work in a step */
};

struct sweep_spread {
    double middle, least, most; /* middle: the mean, geometric to the target; of times the median */
    int n;                      /* number of runs; 0: no figure */
};

static inline struct sweep_spread sweep_scaled(const struct sweep_spread *spread, double factor)
{
    return (struct sweep_spread){
        factor * spread->middle, factor * spread->least, factor * spread->most, spread->n};
}

struct sweep_batch {
    int64_t batch;
    double lr; /* the best rate */
    bool lr_on_border;
    int runs, reached; /* number of runs with the best rate whose seeds report; 0: none so far */
    int coarse;        /* number of coarse runs among those that reached the target */
    int diverged;
    struct sweep_spread figure[N_SWEEP_FIGURES];
    struct seed_centre steps; /* the centre of the steps to the target */
    double step_error;        /* standard error of the logarithm of the time per step */
    struct sweep_run run; /* the last of these runs, which have their plan and workers in common */
    enum regime regime;
};

enum { SWEEP_TIES_MAX = 64 };
struct sweep_choice {
    int64_t batch;                          /* 0: none */
    double seconds, samples, steps, step_s; /* to the target; time per step */
    int ties; /* number of other batch sizes that are equally good within the noise */
    int64_t tie[SWEEP_TIES_MAX];
    char why[SWEEP_TEXT_MAX]; /* a sentence about the ties; "": none */
};

/* The request, as far as the figures and the advice depend on it. The caller owns the text. */
struct sweep_facts {
    const char *lr_scale;
    int64_t train_samples;
    bool drop_last;
    bool equal_steps; /* --budget steps */
    int64_t first_seed, seeds;
    double give_up; /* factor; 0: off */
    int rates;      /* number of rates in the grid, ascending; 0: the rate follows --lr-scale */
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
    struct sweep_batch *batch;   /* [batches]; the caller sets batch[].batch, in ascending order */
    struct seed_scatter scatter; /* of the steps to the target */
    bool fitted;
    struct critical_fit fit;
    char fit_why[CRITICAL_WHY_MAX];       /* the reason, if not fitted */
    double noise_scale, agreement_factor; /* NaN: not known */
    struct sweep_choice soonest, thriftiest;
    int warnings;
    char warning[SWEEP_WARNINGS_MAX][SWEEP_TEXT_MAX];
};

/* An evaluation of a run. */
struct sweep_evaluation {
    int64_t step;
    double samples, seconds, metric; /* samples and training seconds so far; NaN: no metric */
};

/* Updates a run with the evaluation `at`: the figures "to the target", SWEEP_METRIC, `reached`,
 * `coarse` and `given_up`. `before`: the previous evaluation; NULL: none. Evaluations after the one
 * that gives the run up are ignored. */
void sweep_run_add_evaluation(struct sweep_run *run, const struct sweep_facts *facts,
    const struct sweep_evaluation *before, const struct sweep_evaluation *at,
    double samples_per_epoch);

/* Returns the number of samples of an epoch. */
double sweep_epoch(const struct sweep_facts *facts, int64_t batch);

/* True if a run is one of those that give the figures of a batch size. */
bool sweep_run_reports(
    const struct sweep *sweep, const struct sweep_batch *batch, const struct sweep_run *run);

/* Computes batch[] (except the sizes), the fit, and `far` of the runs. STATUS_NO_RESOURCE. */
enum status sweep_summarise(struct sweep *sweep, struct error *error);

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

/* The middle of a figure; NaN: none. */
static inline double sweep_middle(const struct sweep_batch *batch, enum sweep_figure figure)
{
    return batch->figure[figure].n > 0 ? batch->figure[figure].middle : (double)NAN;
}
