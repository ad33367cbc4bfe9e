#include "study/sweep.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "study/repetitions.h"
#include "study/sweep_rate.h"
#include "study/sweep_steps.h"

enum { POINTS_MAX = 256 };

const char *sweep_figure_name(enum sweep_figure figure)
{
    static const char *const name[N_SWEEP_FIGURES] = {"steps_to_target", "epochs_to_target",
        "samples_to_target", "seconds_to_target", "seconds_per_step", "seconds_per_epoch",
        "samples_per_second", "communication_share", "peak_rss_bytes", "metric", "train_loss",
        "val_loss", "val_accuracy", "frozen_noise_scale"};
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
    if (run->given_up)
        return;
    if (is_better(facts, at->metric, run->figure[SWEEP_METRIC]))
        run->figure[SWEEP_METRIC] = at->metric;
    if (!run->reached && facts->has_target &&
        metric_gain(facts->metric.metric, at->metric, facts->goal) >= 0)
        note_crossing(run, facts->goal, before, at, samples_per_epoch);
    run->given_up = !run->reached && run->give_up_steps > 0 && at->step >= run->give_up_steps;
    if (run->given_up) {
        run->diverged = false;
        run->steps_done = at->step;
        run->epochs_done = at->samples / samples_per_epoch;
    }
}

double sweep_epoch(const struct sweep_facts *facts, int64_t batch)
{
    int64_t samples = facts->train_samples;
    return (double)(facts->drop_last ? samples / batch * batch : samples);
}

/* --- the runs of a batch size --------------------------------------------------------------- */

bool sweep_run_reports(
    const struct sweep *sweep, const struct sweep_batch *batch, const struct sweep_run *run)
{
    return run->batch == batch->batch && run->lr == batch->lr &&
           sweep_seed_reports(&sweep->facts, run->seed);
}

static struct sweep_spread spread_over(
    const struct sweep *sweep, const struct sweep_batch *batch, enum sweep_figure figure)
{
    struct sweep_spread stats = {.least = INFINITY, .most = -INFINITY};
    for (int i = 0; i < sweep->runs; i++) {
        double value = sweep->run[i].figure[figure];
        if (!sweep_run_reports(sweep, batch, &sweep->run[i]) || isnan(value))
            continue;
        stats.middle += (value - stats.middle) / ++stats.n;
        stats.least = fmin(stats.least, value);
        stats.most = fmax(stats.most, value);
    }
    return stats;
}

static void gather(struct sweep *sweep, struct sweep_batch *batch)
{
    const struct sweep_facts *facts = &sweep->facts;
    *batch =
        (struct sweep_batch){.batch = batch->batch, .lr = sweep_best_rate(sweep, batch->batch)};
    batch->lr_on_border = facts->rates > 0 && (batch->lr == facts->rate[0] ||
                                                  batch->lr == facts->rate[facts->rates - 1]);
    for (int i = 0; i < sweep->runs; i++) {
        const struct sweep_run *run = &sweep->run[i];
        if (!sweep_run_reports(sweep, batch, run))
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

/* --- times ------------------------------------------------------------------------------------ */

/* Sets the time per step, its error, and the figures that follow from it. The error is that of a
 * median of normal values, from the median of their differences from it. `room`: [runs]. */
static void set_times(const struct sweep *sweep, struct sweep_batch *batch, double *room)
{
    struct sweep_spread *step = &batch->figure[SWEEP_SECONDS_PER_STEP];
    int n = 0;
    for (int i = 0; i < sweep->runs; i++)
        if (sweep->run[i].batch == batch->batch && sweep->run[i].figure[SWEEP_SECONDS_PER_STEP] > 0)
            room[n++] = sweep->run[i].figure[SWEEP_SECONDS_PER_STEP];
    *step = (struct sweep_spread){.n = n};
    if (n == 0 || batch->runs == 0)
        return;
    step->middle = sort_to_median(room, n);
    step->least = room[0];
    step->most = room[n - 1];
    for (int i = 0; i < n; i++)
        room[i] = fabs(log(room[i] / step->middle));
    batch->step_error = 1.2533 * 1.4826 * sort_to_median(room, n) / sqrt(n);
    struct sweep_spread *epoch = &batch->figure[SWEEP_SECONDS_PER_EPOCH];
    double samples = sweep_epoch(&sweep->facts, batch->batch);
    *epoch = sweep_scaled(step, (double)batch->run.steps_per_epoch);
    batch->figure[SWEEP_SAMPLES_PER_SECOND] = (struct sweep_spread){
        samples / epoch->middle, samples / epoch->most, samples / epoch->least, n};
}

/* --- all batch sizes ------------------------------------------------------------------------ */

/* Returns the median noise scale over the batch sizes. */
static double noise_of(const struct sweep *sweep)
{
    double value[POINTS_MAX];
    int n = 0;
    for (int i = 0; i < sweep->batches && n < POINTS_MAX; i++) {
        const struct sweep_spread *noise = &sweep->batch[i].figure[SWEEP_NOISE_SCALE];
        if (noise->n > 0)
            value[n++] = noise->middle;
    }
    return n > 0 ? sort_to_median(value, n) : (double)NAN;
}

enum status sweep_summarise(struct sweep *sweep, struct error *error)
{
    double *room = NULL;
    TRY(memory_take(&room, (size_t)sweep->runs + 1, sizeof *room, "the figures of a sweep", error));
    for (int i = 0; i < sweep->batches; i++) {
        gather(sweep, &sweep->batch[i]);
        set_times(sweep, &sweep->batch[i], room);
    }
    free(room);
    TRY(sweep_steps_summarise(sweep, error));
    double critical = sweep->fitted ? sweep->fit.critical_batch.value : (double)NAN;
    for (int i = 0; i < sweep->batches; i++)
        sweep->batch[i].regime = critical_regime(critical, (double)sweep->batch[i].batch);
    double noise = noise_of(sweep);
    sweep->noise_scale = noise;
    sweep->agreement_factor = critical > noise ? critical / noise : noise / critical;
    return STATUS_OK;
}
