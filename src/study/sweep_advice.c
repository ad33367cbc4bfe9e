#include "study/sweep_advice.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "study/sweep_choice.h"
#include "study/sweep_rate.h"

/* A relative difference between the runs of a batch size above which something else may have been
 * running on the machine. */
static const double MOST_SPREAD = 0.2;

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
        [UNSTEADY] = rate->most - rate->least > MOST_SPREAD * rate->middle,
    };
    return has[fault];
}

/* Adds one warning per fault, with its batch sizes: "B = 16, 32, 64: ...". */
static void warn_of_batches(struct sweep *sweep)
{
    static const char *const text[N_FAULTS] = {
        [DIVERGED] = "runs diverged even with the best rate: try smaller rates",
        [MISSED] = "the target was not reached; the table has the best metric of each",
        [MISSED_PARTLY] =
            "not all runs reached the target. Those that did not count as larger than "
            "the steps that they took; the batch size is not recommended",
        [COARSE] = "the first evaluation had already reached the target, so the steps are only an "
                   "upper bound, also in the fit, and the batch size is not recommended; use a "
                   "smaller --eval-every or a harder target",
        [ON_BORDER] = "the best rate is at the edge of the grid; one beyond it may be better",
        [IDLE] = "a step does not have work for all workers (see the table): the batch is too "
                 "small for them",
        [UNSTEADY] = "samples per second differ by more than 20 % between runs, so the times are "
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

/* Names the seeds whose steps are far from those of the others. */
static void warn_of_far(struct sweep *sweep)
{
    for (int i = 0; i < sweep->runs; i++) {
        const struct sweep_run *run = &sweep->run[i];
        if (run->far)
            warn(sweep,
                "B = %" PRId64 ", seed %" PRId64 ": %s%s steps to the target, far from the other "
                "seeds (more than 3.5 robust standard deviations); the figures include it",
                run->batch, run->seed, run->reached ? "" : "more than ",
                GROUPED(
                    run->reached ? llround(run->figure[SWEEP_STEPS_TO_TARGET]) : run->steps_done));
    }
}

/* Warns if the seeds that chose the rates also give the figures. */
static void warn_of_shared_seeds(struct sweep *sweep)
{
    if (sweep->facts.has_target && sweep->facts.rates > 1 && sweep_seeds_share(&sweep->facts))
        warn(sweep,
            "the same seeds chose the rates and give the figures, so the steps to the target are "
            "biased low; with --seeds 4 or more, some choose and the others give the figures");
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
    sweep_choose(sweep);
    if (sweep->facts.has_target)
        warn_of_miss(sweep);
    warn_of_rule(sweep);
    warn_of_shared_seeds(sweep);
    warn_of_batches(sweep);
    warn_of_far(sweep);
    warn_of_fit(sweep);
    warn_of_workers(sweep);
}
