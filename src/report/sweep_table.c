#include <inttypes.h>
#include <math.h>

#include "base/text.h"
#include "report/sweep_report.h"

enum { CELL = 64 };

/* --- cells: the mean over seeds, "-" where there is nothing --------------------------------- */

static const char *whole(char out[CELL], const struct sweep_spread *stats)
{
    char text[32];
    snprintf(out, CELL, "%s", stats->n > 0 ? text_grouped(llround(stats->mean), text) : "-");
    return out;
}

static const char *real(
    char out[CELL], const struct sweep_spread *stats, double factor, int decimals)
{
    if (stats->n > 0)
        snprintf(out, CELL, "%.*f", decimals, factor * stats->mean);
    else
        snprintf(out, CELL, "-");
    return out;
}

static const char *seconds(char out[CELL], const struct sweep_spread *stats)
{
    char text[32];
    snprintf(out, CELL, "%s", stats->n > 0 ? text_significant(stats->mean, 3, text) : "-");
    return out;
}

static const char *bytes(char out[CELL], const struct sweep_spread *stats)
{
    char text[32];
    snprintf(out, CELL, "%s", stats->n > 0 ? text_bytes(stats->mean, text) : "-");
    return out;
}

/* "1,234 [1,200, 1,300]" with several seeds */
static const char *steps(char out[CELL], const struct sweep_spread *stats)
{
    char mean[32], least[32], most[32];
    if (stats->n < 2)
        return whole(out, stats);
    snprintf(out, CELL, "%.18s [%.18s, %.18s]", text_grouped(llround(stats->mean), mean),
        text_grouped(llround(stats->least), least), text_grouped(llround(stats->most), most));
    return out;
}

/* --- tables -------------------------------------------------------------------------------- */

static void print_learning_row(FILE *file, const struct sweep_batch *batch, bool aims, int wide)
{
    const struct sweep_spread *figure = batch->figure;
    char size[32], rate[32], per_epoch[32], all[32], runs[32], cell[6][CELL];
    snprintf(runs, sizeof runs, "%d/%d", batch->reached, batch->runs);
    fprintf(file, "%9s %9s%s %9s %9s  %*s %8s %12s %9s  %12s %8s  %5s\n",
        text_grouped(batch->batch, size), text_from_float((float)batch->lr, rate),
        batch->lr_on_border ? "*" : " ", text_grouped(batch->steps_per_epoch, per_epoch),
        text_grouped(batch->total_steps, all), wide, steps(cell[0], &figure[SWEEP_STEPS_TO_TARGET]),
        real(cell[1], &figure[SWEEP_EPOCHS_TO_TARGET], 1, 2),
        whole(cell[2], &figure[SWEEP_SAMPLES_TO_TARGET]),
        seconds(cell[3], &figure[SWEEP_SECONDS_TO_TARGET]),
        real(cell[4], &figure[SWEEP_METRIC], 1, 4), real(cell[5], &figure[SWEEP_GAP], 1, 4),
        aims ? runs : "-");
}

static void print_learning(FILE *file, const struct sweep *sweep)
{
    const struct sweep_facts *facts = &sweep->facts;
    char metric[METRIC_NAME_MAX];
    int wide = facts->seeds > 1 ? 26 : 9;
    metric_choice_name(facts->metric, metric);
    fprintf(file, "%9s %9s  %9s %9s  %*s %8s %12s %9s  %12s %8s  %5s\n", "", "", "steps", "steps",
        wide, facts->aims ? "steps to" : "", facts->aims ? "epochs" : "",
        facts->aims ? "samples" : "", facts->aims ? "seconds" : "", "best", "", "runs");
    fprintf(file, "%9s %9s  %9s %9s  %*s %8s %12s %9s  %12s %8s  %5s\n", "B", "rate", "an epoch",
        "in all", wide, "target", "to target", "to target", "to target", metric, "gap", "reached");
    for (int i = 0; i < sweep->batches; i++)
        if (sweep->batch[i].runs > 0)
            print_learning_row(file, &sweep->batch[i], facts->aims, wide);
}

static void print_cost_row(FILE *file, const struct sweep_batch *batch)
{
    const struct sweep_spread *figure = batch->figure;
    const char *regime = regime_name(batch->regime);
    char size[32], workers[32], cell[5][CELL];
    snprintf(workers, sizeof workers, "%d of %d", batch->workers_busy, batch->workers);
    fprintf(file, "%9s %12s %12s %12s%s %12s %12s %12s  %s\n", text_grouped(batch->batch, size),
        whole(cell[0], &figure[SWEEP_SAMPLES_PER_SECOND]),
        seconds(cell[1], &figure[SWEEP_SECONDS_PER_EPOCH]),
        real(cell[2], &figure[SWEEP_COMMUNICATION_SHARE], 100, 1), " %",
        bytes(cell[3], &figure[SWEEP_PEAK_RSS_BYTES]), workers,
        whole(cell[4], &figure[SWEEP_NOISE_SCALE]), regime ? regime : "-");
}

static void print_cost(FILE *file, const struct sweep *sweep)
{
    fprintf(file, "%9s %12s %12s %14s %12s %12s %12s\n", "", "samples", "seconds", "communi-",
        "peak memory", "workers", "noise");
    fprintf(file, "%9s %12s %12s %14s %12s %12s %12s  %s\n", "B", "a second", "an epoch", "cation",
        "of a rank", "with work", "scale", "regime");
    for (int i = 0; i < sweep->batches; i++)
        if (sweep->batch[i].runs > 0)
            print_cost_row(file, &sweep->batch[i]);
}

/* --- sentences ----------------------------------------------------------------------------- */

static void print_conditions(FILE *file, const struct sweep_facts *facts)
{
    char metric[METRIC_NAME_MAX], samples[32];
    metric_choice_name(facts->metric, metric);
    fprintf(file, "%s, %s training samples; ", facts->data,
        text_grouped(facts->train_samples, samples));
    if (facts->equal_steps)
        fprintf(file, "%" PRId64 " steps for every batch size; ", facts->max_steps);
    else
        fprintf(file, "%" PRId64 " epochs for every batch size; ", facts->epochs);
    if (facts->rates > 0)
        fprintf(file, "the best of %d rates for each", facts->rates);
    else
        fprintf(file, "the rate by --lr-scale %s, not retuned", facts->lr_scale);
    if (facts->seeds > 1)
        fprintf(file, "; means over %d seeds", facts->seeds);
    if (facts->aims)
        fprintf(file, "\ntarget: %s %s %g, drawn straight between evaluations", metric,
            metric_rises(facts->metric.metric) ? ">=" : "<=", facts->goal);
    fputs("\n\n", file);
}

static void print_fit(FILE *file, const struct sweep *sweep)
{
    const struct critical_fit *fit = &sweep->fit;
    char text[32];
    if (!sweep->fitted && sweep->facts.aims)
        fprintf(file, "no fit of the steps: %s\n", sweep->fit_why);
    if (!sweep->fitted)
        return;
    fprintf(file,
        "steps to the target = %.4g + %.4g / B (standard errors %.2g and %.2g; r^2 %.4f; %d batch "
        "sizes)\n",
        fit->min_steps, fit->min_samples, fit->min_steps_error, fit->min_samples_error,
        fit->r_squared, fit->points);
    fprintf(file, "critical batch: %s +- %.0f samples",
        text_grouped(llround(fit->critical_batch), text), fit->critical_batch_error);
    if (isfinite(sweep->noise_critical_batch))
        fprintf(file, "; by the noise scale %s, a factor of %.2g",
            text_grouped(llround(sweep->noise_critical_batch), text), sweep->agreement_factor);
    fputs(". Doubling saves at least 40 % of the steps\n(perfect scaling) up to a quarter of it, "
          "and less than 10 % (no gain) beyond four times it\n",
        file);
}

static void print_choices(FILE *file, const struct sweep *sweep)
{
    char batch[32];
    if (sweep->soonest.batch > 0)
        fprintf(file, "soonest on this machine: B = %s: %s\n",
            text_grouped(sweep->soonest.batch, batch), sweep->soonest.why);
    if (sweep->thriftiest.batch > 0)
        fprintf(file, "wastes the least:        B = %s: %s\n",
            text_grouped(sweep->thriftiest.batch, batch), sweep->thriftiest.why);
}

void sweep_print(FILE *file, const struct sweep *sweep, const char *out)
{
    bool border = false;
    print_conditions(file, &sweep->facts);
    print_learning(file, sweep);
    for (int i = 0; i < sweep->batches; i++)
        border |= sweep->batch[i].lr_on_border;
    if (border)
        fputs("* on the border of the grid\n", file);
    fputc('\n', file);
    print_cost(file, sweep);
    if (sweep->facts.aims)
        fputc('\n', file);
    print_fit(file, sweep);
    print_choices(file, sweep);
    for (int i = 0; i < sweep->warnings; i++)
        fprintf(file, "%s%s\n", i == 0 ? "\nbeware:\n- " : "- ", sweep->warning[i]);
    fprintf(file, "\nresults in %s\n", out);
    fflush(file);
}

void sweep_print_run(FILE *file, const struct sweep_run *run, const struct sweep_facts *facts)
{
    char metric[METRIC_NAME_MAX], number[32], time[32];
    const double *figure = run->figure;
    metric_choice_name(facts->metric, metric);
    if (run->reached)
        fprintf(file, "reached %s %g after %s steps (%.2f epochs, %s s)", metric, facts->goal,
            text_grouped(llround(figure[SWEEP_STEPS_TO_TARGET]), number),
            figure[SWEEP_EPOCHS_TO_TARGET],
            text_significant(figure[SWEEP_SECONDS_TO_TARGET], 3, time));
    else if (run->diverged)
        fprintf(file, "diverged after %s steps", text_grouped(run->steps_done, number));
    else
        fprintf(file, "%s steps, best %s %.4g%s", text_grouped(run->steps_done, number), metric,
            figure[SWEEP_METRIC], facts->aims ? ", target not reached" : "");
}
