#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "train/sweep.h"

/* Figures closer than this, relative, are one figure. */
static const double LEAST_NOISE = 0.05;

/* --- what to choose ------------------------------------------------------------------------ */

/* The standard error of a difference of two means, relative: by the seeds of all batch sizes. */
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

/* The least of `wanted`, and among what ties with it the least of `cost`. */
static const struct sweep_batch *choose(const struct sweep *sweep, measure *wanted, measure *cost,
    double noise, const struct sweep_batch **least)
{
    const struct sweep_batch *chosen;
    *least = NULL;
    for (int i = 0; i < sweep->batches; i++)
        if (sweep_batch_counts(&sweep->batch[i]) &&
            (!*least || wanted(&sweep->batch[i]) < wanted(*least)))
            *least = &sweep->batch[i];
    chosen = *least;
    for (int i = 0; i < sweep->batches; i++)
        if (sweep_batch_counts(&sweep->batch[i]) &&
            wanted(&sweep->batch[i]) <= wanted(*least) * (1 + noise) &&
            cost(&sweep->batch[i]) < cost(chosen))
            chosen = &sweep->batch[i];
    return chosen;
}

static void say_soonest(struct sweep_choice *choice, const struct sweep_batch *chosen,
    const struct sweep_batch *least, double fewest, double noise)
{
    char rate[32];
    int used = snprintf(choice->why, sizeof choice->why,
        "%.3g s to the target, at %s samples/s with %.0f %% of them of use",
        seconds_of(chosen),
        text_grouped(llround(chosen->figure[SWEEP_SAMPLES_PER_SECOND].mean), rate),
        100 * fewest / samples_of(chosen));
    if (chosen != least)
        snprintf(choice->why + used, sizeof choice->why - (size_t)used,
            "; B = %" PRId64 " takes %.3g s, which is the same within the noise (%.0f %%), and "
            "%.0f %% more samples",
            least->batch, seconds_of(least), 100 * noise,
            100 * (samples_of(least) / samples_of(chosen) - 1));
}

static void say_thriftiest(struct sweep_choice *choice, const struct sweep_batch *chosen,
    const struct sweep_batch *least, double noise)
{
    char samples[32];
    int used = snprintf(choice->why, sizeof choice->why, "%s samples to the target",
        text_grouped(llround(samples_of(chosen)), samples));
    if (chosen != least)
        snprintf(choice->why + used, sizeof choice->why - (size_t)used,
            "; B = %" PRId64 " takes %s, which is the same within the noise (%.0f %%), and %.0f %% "
            "more time",
            least->batch, text_grouped(llround(samples_of(least)), samples), 100 * noise,
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
    say_soonest(&sweep->soonest, soon, fastest, samples_of(fewest), noise);
    sweep->thriftiest.batch = thrifty->batch;
    sweep->thriftiest.value = samples_of(thrifty);
    say_thriftiest(&sweep->thriftiest, thrifty, fewest, noise);
}

/* --- what to beware of --------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3))) warn(
    struct sweep *sweep, const char *format, ...)
{
    va_list arguments;
    if (sweep->warnings == SWEEP_WARNINGS_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(sweep->warning[sweep->warnings++], SWEEP_TEXT_MAX, format, arguments);
    va_end(arguments);
}

static void warn_of_reach(struct sweep *sweep, const struct sweep_batch *batch)
{
    char name[METRIC_NAME_MAX];
    metric_choice_name(sweep->facts.metric, name);
    if (batch->reached == 0)
        warn(sweep, "B = %" PRId64 " did not reach the target; its best %s was %.4g", batch->batch,
            name, batch->figure[SWEEP_METRIC].mean);
    else if (batch->reached < batch->runs)
        warn(sweep,
            "B = %" PRId64 ": %d of %d runs reached the target, so it counts neither in the fit "
            "nor in the recommendation",
            batch->batch, batch->reached, batch->runs);
    else if (batch->coarse > 0)
        warn(sweep,
            "B = %" PRId64 " met the target at its first evaluation, so the steps it takes are "
            "known as a bound only, and it does not count in the fit; take a smaller --eval-every, "
            "or a harder target",
            batch->batch);
}

static void warn_of_batch(struct sweep *sweep, const struct sweep_batch *batch)
{
    char rate[32];
    if (sweep->facts.aims)
        warn_of_reach(sweep, batch);
    if (batch->lr_on_border && sweep->facts.rates > 1)
        warn(sweep,
            "B = %" PRId64 ": its best rate, %s, is on the border of the grid; one beyond might be "
            "better",
            batch->batch, text_from_float((float)batch->lr, rate));
    if (batch->workers_busy < batch->workers)
        warn(sweep,
            "B = %" PRId64 ": a step has work for %d of the %d workers; that is the batch, not the "
            "machine",
            batch->batch, batch->workers_busy, batch->workers);
}

/* The seconds of runs of different machines are not one measure. */
static void warn_of_workers(struct sweep *sweep)
{
    for (int i = 1; i < sweep->runs; i++)
        if (sweep->run[i].workers != sweep->run[0].workers) {
            warn(sweep,
                "some runs had %d workers and some %d, since the sweep went on elsewhere: their "
                "times are not comparable",
                sweep->run[0].workers, sweep->run[i].workers);
            return;
        }
}

static void warn_of_ends(struct sweep *sweep)
{
    int reached = 0, begun = 0;
    for (int i = 0; i < sweep->batches; i++) {
        reached += sweep->batch[i].reached > 0;
        begun += sweep->batch[i].runs > 0;
    }
    if (sweep->facts.aims && reached == 0 && begun > 0)
        warn(sweep, "no batch size reached the target; take an easier one, or more %s",
            sweep->facts.equal_steps ? "steps (--max-steps)" : "epochs (--epochs)");
    if (sweep->fitted && sweep->fit.min_steps < 2 * sweep->fit.min_steps_error)
        warn(sweep,
            "the least number of steps is within two standard errors of 0, so the critical batch "
            "may be far larger; larger batches would tell");
    if (sweep->agreement_factor > 3)
        warn(sweep,
            "the critical batch of the fit and that of the noise scale differ by a factor of %.1f: "
            "the latter is of the last steps and of a well-chosen rate",
            sweep->agreement_factor);
}

void sweep_advise(struct sweep *sweep)
{
    sweep->warnings = 0;
    recommend(sweep);
    warn_of_ends(sweep);
    for (int i = 0; i < sweep->batches; i++)
        if (sweep->batch[i].runs > 0)
            warn_of_batch(sweep, &sweep->batch[i]);
    warn_of_workers(sweep);
}
