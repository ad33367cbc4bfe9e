#include "study/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "study/repetitions.h"

enum { POINTS_MAX = 256 };

const char *sweep_figure_name(enum sweep_figure figure)
{
    static const char *const name[N_SWEEP_FIGURES] = {"steps_to_target", "epochs_to_target",
        "samples_to_target", "seconds_to_target", "samples_per_second", "seconds_per_epoch",
        "communication_share", "peak_rss_bytes", "metric", "train_loss", "val_loss", "gap",
        "val_accuracy", "noise_scale"};
    return name[figure];
}

/* --- one run -------------------------------------------------------------------------------- */

static bool is_better(const struct sweep_facts *facts, double value, double other)
{
    return isnan(other) ? !isnan(value) : metric_gain(facts->metric.metric, value, other) > 0;
}

/* Sets the steps, samples and seconds to the target. Evaluation `before` missed the goal, `at` met
 * it. */
static void note_crossing(struct sweep_run *run, double goal, const struct sweep_evaluation *before,
    const struct sweep_evaluation *at, double samples_per_epoch)
{
    bool known = before && !isnan(before->metric);
    double part = known ? (goal - before->metric) / (at->metric - before->metric) : 1;
    double rest = 1 - part, *figure = run->figure;
    double steps = known ? (double)before->step : 0;
    double samples = known ? before->samples : 0, seconds = known ? before->seconds : 0;
    run->reached = true;
    run->coarse = !known;
    figure[SWEEP_STEPS_TO_TARGET] = rest * steps + part * (double)at->step;
    figure[SWEEP_SAMPLES_TO_TARGET] = rest * samples + part * at->samples;
    figure[SWEEP_SECONDS_TO_TARGET] = rest * seconds + part * at->seconds;
    figure[SWEEP_EPOCHS_TO_TARGET] = figure[SWEEP_SAMPLES_TO_TARGET] / samples_per_epoch;
}

void sweep_run_add_evaluation(struct sweep_run *run, const struct sweep_facts *facts,
    const struct sweep_evaluation *before, const struct sweep_evaluation *at,
    double samples_per_epoch)
{
    if (is_better(facts, at->metric, run->figure[SWEEP_METRIC]))
        run->figure[SWEEP_METRIC] = at->metric;
    if (!run->reached && facts->has_target &&
        metric_gain(facts->metric.metric, at->metric, facts->goal) >= 0)
        note_crossing(run, facts->goal, before, at, samples_per_epoch);
}

/* --- the runs of a batch size --------------------------------------------------------------- */

static bool run_is_better(
    const struct sweep_facts *facts, const struct sweep_run *run, const struct sweep_run *other)
{
    if (run->reached != other->reached)
        return run->reached;
    bool bounds = run->coarse && other->coarse; /* it is not known which reached the target first */
    if (run->reached && !bounds)
        return run->figure[SWEEP_SAMPLES_TO_TARGET] < other->figure[SWEEP_SAMPLES_TO_TARGET];
    if (run->diverged != other->diverged)
        return other->diverged;
    return is_better(facts, run->figure[SWEEP_METRIC], other->figure[SWEEP_METRIC]);
}

double sweep_best_rate(const struct sweep *sweep, int64_t batch)
{
    const struct sweep_run *best = NULL;
    for (int i = 0; i < sweep->runs; i++) {
        const struct sweep_run *run = &sweep->run[i];
        if (run->batch == batch && run->seed == sweep->facts.first_seed &&
            (!best || run_is_better(&sweep->facts, run, best)))
            best = run;
    }
    return best ? best->lr : (double)NAN;
}

static bool belongs(const struct sweep_run *run, const struct sweep_batch *batch)
{
    return run->batch == batch->batch && run->lr == batch->lr;
}

static struct sweep_spread spread_over(
    const struct sweep *sweep, const struct sweep_batch *batch, enum sweep_figure figure)
{
    struct sweep_spread stats = {.least = INFINITY, .most = -INFINITY};
    double squares = 0;
    for (int i = 0; i < sweep->runs; i++) {
        double value = sweep->run[i].figure[figure];
        if (!belongs(&sweep->run[i], batch) || isnan(value))
            continue;
        double off = value - stats.mean; /* Welford's algorithm */
        stats.mean += off / ++stats.n;
        squares += off * (value - stats.mean);
        stats.least = fmin(stats.least, value);
        stats.most = fmax(stats.most, value);
    }
    if (stats.n > 1)
        stats.variance = squares / (stats.n - 1) / (stats.mean * stats.mean);
    return stats;
}

static void gather(const struct sweep *sweep, struct sweep_batch *batch)
{
    const struct sweep_facts *facts = &sweep->facts;
    *batch =
        (struct sweep_batch){.batch = batch->batch, .lr = sweep_best_rate(sweep, batch->batch)};
    batch->lr_on_border = facts->rates > 0 && (batch->lr == facts->rate[0] ||
                                                  batch->lr == facts->rate[facts->rates - 1]);
    for (int i = 0; i < sweep->runs; i++) {
        const struct sweep_run *run = &sweep->run[i];
        if (!belongs(run, batch))
            continue;
        batch->runs++;
        batch->reached += run->reached;
        batch->coarse += run->coarse;
        batch->diverged += run->diverged;
        batch->run = *run;
    }
    for (int f = 0; f < N_SWEEP_FIGURES; f++)
        batch->figure[f] = spread_over(sweep, batch, (enum sweep_figure)f);
}

/* --- all batch sizes ------------------------------------------------------------------------ */

/* Fits the runs at the best rate of every batch size. Runs that diverged say nothing about the steps
 * at a rate that does not, and runs that are `coarse` give only an upper bound. */
static void fit(struct sweep *sweep)
{
    struct critical_point *point = NULL;
    struct error trouble = {.text = "there is no --target to count steps to"};
    double tried = 0;
    int n = 0;
    sweep->fitted = false;
    if (!sweep->facts.has_target ||
        memory_take(&point, (size_t)sweep->runs + 1, sizeof *point, "the fit", &trouble)) {
        snprintf(sweep->fit_why, sizeof sweep->fit_why, "%.*s", CRITICAL_WHY_MAX - 1, trouble.text);
        return;
    }
    for (int i = 0; i < sweep->batches; i++)
        for (int r = 0; r < sweep->runs; r++) {
            const struct sweep_run *run = &sweep->run[r];
            tried = fmax(tried, (double)run->batch);
            if (!belongs(run, &sweep->batch[i]) || run->coarse || run->diverged ||
                (!run->reached && run->steps_done == 0))
                continue;
            point[n++] = (struct critical_point){(double)run->batch,
                run->reached ? run->figure[SWEEP_STEPS_TO_TARGET] : (double)run->steps_done,
                !run->reached};
        }
    sweep->fitted = critical_fit_make(&sweep->fit, point, n, tried, sweep->fit_why);
    free(point);
}

/* Returns the median noise scale over the batch sizes. */
static double noise_of(const struct sweep *sweep)
{
    double value[POINTS_MAX];
    int n = 0;
    for (int i = 0; i < sweep->batches && n < POINTS_MAX; i++) {
        const struct sweep_spread *noise = &sweep->batch[i].figure[SWEEP_NOISE_SCALE];
        if (noise->n > 0)
            value[n++] = noise->mean;
    }
    return n > 0 ? sort_to_median(value, n) : (double)NAN;
}

void sweep_summarise(struct sweep *sweep)
{
    for (int i = 0; i < sweep->batches; i++)
        gather(sweep, &sweep->batch[i]);
    fit(sweep);
    double critical = sweep->fitted ? sweep->fit.critical_batch.value : (double)NAN;
    for (int i = 0; i < sweep->batches; i++)
        sweep->batch[i].regime = critical_regime(critical, (double)sweep->batch[i].batch);
    double noise = noise_of(sweep);
    sweep->noise_critical_batch = noise;
    sweep->agreement_factor = critical > noise ? critical / noise : noise / critical;
}
