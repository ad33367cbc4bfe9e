#include "study/sweep_advice.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

/* Two figures whose relative difference is smaller than this count as equal. */
static const double LEAST_NOISE = 0.05;

/* A relative difference between the seeds of a batch size above which something else may have been
 * running on the machine. */
static const double MOST_SPREAD = 0.2;

/* --- the recommendation --------------------------------------------------------------------- */

/* Estimates the relative standard error of the difference of two means, from the seeds of all batch
 * sizes. */
static double noise_of(const struct sweep *sweep)
{
    double sum = 0;
    int freedom = 0, most = 1;
    for (int i = 0; i < sweep->batches; i++) {
        const struct sweep_spread *samples = &sweep->batch[i].figure[SWEEP_SAMPLES_TO_TARGET];
        if (!sweep_batch_counts(&sweep->batch[i]) || samples->n < 2)
            continue;
        sum += (samples->n - 1) * samples->variance;
        freedom += samples->n - 1;
        most = samples->n > most ? samples->n : most;
    }
    return freedom > 0 ? fmax(LEAST_NOISE, sqrt(2 * sum / freedom / most)) : LEAST_NOISE;
}

static double samples_of(const struct sweep_batch *batch)
{
    return batch->figure[SWEEP_SAMPLES_TO_TARGET].mean;
}

static double seconds_of(const struct sweep_batch *batch)
{
    return samples_of(batch) / batch->figure[SWEEP_SAMPLES_PER_SECOND].mean;
}

typedef double measure(const struct sweep_batch *batch);

/* Chooses the batch size with the smallest `aim`; if several tie, the one with the smallest
 * `cost`. */
static const struct sweep_batch *choose(const struct sweep *sweep, measure *aim, measure *cost,
    double noise, const struct sweep_batch **least)
{
    const struct sweep_batch *chosen;
    *least = NULL;
    for (int i = 0; i < sweep->batches; i++)
        if (sweep_batch_fits(&sweep->batch[i]) && (!*least || aim(&sweep->batch[i]) < aim(*least)))
            *least = &sweep->batch[i];
    chosen = *least;
    for (int i = 0; i < sweep->batches; i++)
        if (sweep_batch_fits(&sweep->batch[i]) &&
            aim(&sweep->batch[i]) <= aim(*least) * (1 + noise) &&
            cost(&sweep->batch[i]) < cost(chosen))
            chosen = &sweep->batch[i];
    return chosen;
}

static void explain_soonest(struct sweep_choice *choice, const struct sweep_batch *chosen,
    const struct sweep_batch *least, double fewest, double noise)
{
    char seconds[32], taken[32];
    snprintf(choice->why, sizeof choice->why,
        "%s s to the target: %s samples/s at %.0f %% sample efficiency (its runs took %s s)",
        text_significant(seconds_of(chosen), 3, seconds),
        GROUPED(llround(chosen->figure[SWEEP_SAMPLES_PER_SECOND].mean)),
        100 * fewest / samples_of(chosen),
        text_significant(chosen->figure[SWEEP_SECONDS_TO_TARGET].mean, 3, taken));
    if (chosen != least)
        text_append(choice->why, sizeof choice->why,
            "; B = %" PRId64 " takes %s s, which is the same within the noise (%.0f %%), and "
            "%.0f %% more samples",
            least->batch, text_significant(seconds_of(least), 3, seconds), 100 * noise,
            100 * (samples_of(least) / samples_of(chosen) - 1));
}

static void explain_thriftiest(struct sweep_choice *choice, const struct sweep_batch *chosen,
    const struct sweep_batch *least, double noise)
{
    snprintf(choice->why, sizeof choice->why, "%s samples to the target",
        GROUPED(llround(samples_of(chosen))));
    if (chosen != least)
        text_append(choice->why, sizeof choice->why,
            "; B = %" PRId64 " takes %s, which is the same within the noise (%.0f %%), and %.0f %% "
            "more time",
            least->batch, GROUPED(llround(samples_of(least))), 100 * noise,
            100 * (seconds_of(least) / seconds_of(chosen) - 1));
}

static void recommend(struct sweep *sweep)
{
    double noise = noise_of(sweep);
    const struct sweep_batch *fewest, *fastest;
    const struct sweep_batch *thrifty = choose(sweep, samples_of, seconds_of, noise, &fewest);
    const struct sweep_batch *soon = choose(sweep, seconds_of, samples_of, noise, &fastest);
    sweep->soonest = sweep->thriftiest = (struct sweep_choice){.batch = 0};
    if (!soon)
        return;
    sweep->soonest.batch = soon->batch;
    sweep->soonest.value = seconds_of(soon);
    explain_soonest(&sweep->soonest, soon, fastest, samples_of(fewest), noise);
    sweep->thriftiest.batch = thrifty->batch;
    sweep->thriftiest.value = samples_of(thrifty);
    explain_thriftiest(&sweep->thriftiest, thrifty, fewest, noise);
}

/* --- warnings ------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3))) warn(struct sweep *sweep, const char *format, ...)
{
    va_list arguments;
    if (sweep->warnings == SWEEP_WARNINGS_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(sweep->warning[sweep->warnings++], SWEEP_TEXT_MAX, format, arguments);
    va_end(arguments);
}

enum fault { DIVERGED, MISSED, MISSED_PARTLY, COARSE, ON_BORDER, IDLE, UNSTEADY, N_FAULTS };

static bool has_fault(
    const struct sweep_facts *facts, const struct sweep_batch *batch, enum fault fault)
{
    const struct sweep_spread *rate = &batch->figure[SWEEP_SAMPLES_PER_SECOND];
    const bool has[N_FAULTS] = {
        [DIVERGED] = batch->diverged > 0,
        [MISSED] = facts->has_target && batch->reached == 0 && batch->diverged < batch->runs,
        [MISSED_PARTLY] = facts->has_target && batch->reached > 0 && batch->reached < batch->runs,
        [COARSE] = facts->has_target && sweep_batch_counts(batch) && batch->coarse > 0,
        [ON_BORDER] = facts->rates > 0 && batch->lr_on_border,
        [IDLE] = batch->run.workers > batch->run.workers_busy,
        [UNSTEADY] = rate->most - rate->least > MOST_SPREAD * rate->mean,
    };
    return has[fault];
}

/* Adds one warning per fault, with its batch sizes: "B = 16, 32, 64: ...". */
static void warn_of_batches(struct sweep *sweep)
{
    static const char *const text[N_FAULTS] = {
        [DIVERGED] = "runs diverged even with the best rate: try smaller rates",
        [MISSED] = "the target was not reached; the table has the best metric of each",
        [MISSED_PARTLY] = "not all runs reached the target, so it is not recommended",
        [COARSE] = "the first evaluation had already reached the target, so the steps are only an "
                   "upper bound and not part of the fit or the recommendation; use a smaller "
                   "--eval-every or a harder target",
        [ON_BORDER] = "the best rate is at the edge of the grid; one beyond it may be better",
        [IDLE] = "a step does not have work for all workers (see the table): the batch is too "
                 "small for them",
        [UNSTEADY] = "samples per second differ by more than 20 % between seeds, so the times are "
                     "not reliable: the runs are too short, or something else ran on this machine",
    };
    for (enum fault fault = 0; fault < N_FAULTS; fault++) {
        char list[SWEEP_TEXT_MAX / 2] = "";
        for (int i = 0; i < sweep->batches; i++)
            if (sweep->batch[i].runs > 0 && has_fault(&sweep->facts, &sweep->batch[i], fault))
                text_append(list, sizeof list, "%s%" PRId64,
                    list[0] ? ", " : "B = ", sweep->batch[i].batch);
        if (list[0])
            warn(sweep, "%s: %s", list, text[fault]);
    }
}

/* Warns if rates were not tuned: the best rate for one batch size may not be the best for
 * others. */
static void warn_of_rule(struct sweep *sweep)
{
    if (sweep->facts.rates == 0 && sweep->batches > 1)
        warn(sweep,
            "the rate was not retuned for each batch size, but followed --lr-scale %s: an effect "
            "of the batch size may really be one of the rate (--lr-grid)",
            sweep->facts.lr_scale);
}

/* Warns if runs had different numbers of workers, since their times cannot be compared. */
static void warn_of_workers(struct sweep *sweep)
{
    for (int i = 1; i < sweep->runs; i++)
        if (sweep->run[i].workers != sweep->run[0].workers) {
            warn(sweep,
                "some runs had %d workers and some %d, since the sweep was continued elsewhere: "
                "their times are not comparable",
                sweep->run[0].workers, sweep->run[i].workers);
            return;
        }
}

/* If no run reached the target, warns and names the batch size that came closest to it. */
static void warn_of_miss(struct sweep *sweep)
{
    const struct sweep_batch *nearest = NULL;
    char name[METRIC_NAME_MAX];
    bool rises = metric_rises(sweep->facts.metric.metric);
    for (int i = 0; i < sweep->batches; i++) {
        const struct sweep_batch *batch = &sweep->batch[i];
        const struct sweep_spread *metric = &batch->figure[SWEEP_METRIC];
        if (batch->reached > 0)
            return;
        if (metric->n > 0 &&
            (!nearest || (rises ? metric->most > nearest->figure[SWEEP_METRIC].most
                                : metric->least < nearest->figure[SWEEP_METRIC].least)))
            nearest = batch;
    }
    if (nearest)
        warn(sweep,
            "no batch size reached the target: the nearest was B = %" PRId64
            " with %s %.4g; use an easier target, or more %s",
            nearest->batch, metric_choice_name(sweep->facts.metric, name),
            rises ? nearest->figure[SWEEP_METRIC].most : nearest->figure[SWEEP_METRIC].least,
            sweep->facts.equal_steps ? "steps (--max-steps)" : "epochs (--epochs)");
}

static void warn_of_fit(struct sweep *sweep)
{
    if (sweep->agreement_factor > 3)
        warn(sweep,
            "the fitted critical batch size and the gradient noise scale differ by a factor of "
            "%.1f",
            sweep->agreement_factor);
}

void sweep_advise(struct sweep *sweep)
{
    sweep->warnings = 0;
    recommend(sweep);
    if (sweep->facts.has_target)
        warn_of_miss(sweep);
    warn_of_rule(sweep);
    warn_of_batches(sweep);
    warn_of_fit(sweep);
    warn_of_workers(sweep);
}
