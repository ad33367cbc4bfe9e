#include "report/sweep_report.h"

#include <math.h>

#include "base/text.h"
#include "report/figure.h"
#include "report/rows.h"
#include "report/table.h"

/* Appends a sentence (report/figure.h) with figures from a row. */
static void say(struct json *sentences, const char *sentence, const struct json *row)
{
    js_append_text(sentences, FILLED(sentence, row));
}

/* --- conditions ------------------------------------------------------------------------------- */

#define SWEPT                                                                                      \
    "A sweep over {batches} batch size{batches:s} from {batches.0.batch} to "                      \
    "{batches.last.batch}: {network} on {data}, {train_samples} training samples, optimizer "      \
    "{optimizer}, "

static const char *rule_of_rates(const struct json *sweep)
{
    if (!row_is(sweep, "rates", "grid"))
        return "The learning rate follows --lr-scale {lr_scale}; it was not tuned.";
    double chooses = (double)js_size(js_get(sweep, "choosing_seeds")),
           seeds = row_number(sweep, "seeds");
    if (chooses == 0) /* of an older version */
        return "The learning rate is the best of {grid} rate{grid:s} for each batch size.";
    return chooses < seeds
               ? "The learning rate is the best of {grid} rate{grid:s} for each batch "
                 "size, in the median over {choosing_seeds} seeds; the figures are those "
                 "of the other {reporting_seeds}."
               : "The learning rate is the best of {grid} rate{grid:s} for each batch "
                 "size, in the median over {choosing_seeds} seed{choosing_seeds:s}, "
                 "the same as for the figures.";
}

/* "B = 10,000, 20,000: the whole training set, as one row, B = 54,000." */
static void say_merged(struct json *sentences, const struct json *sweep)
{
    const struct json *merged = js_get(sweep, "batches_merged");
    char text[SENTENCE] = "";
    for (size_t i = 0; i < js_size(merged); i++)
        text_append(text, sizeof text, "%s%s",
            i > 0 ? ", " : "B = ", NUMBER(value_number(js_item(merged, i)), NUMBER_COUNT));
    js_append_text(
        sentences, sentence_append(text,
                       ": larger than the training set, so one row, B = {train_samples}.", sweep));
}

struct json *sweep_conditions(const struct json *sweep)
{
    struct json *sentences = js_array();
    const char *name = row_text(sweep, "target.metric");
    struct metric_choice target;
    bool rises = !name || !metric_find(name, &target) || metric_rises(target.metric);
    say(sentences,
        row_is(sweep, "budget", "steps")
            ? SWEPT "{max_steps} steps for every batch size, {seeds} seed{seeds:s}."
            : SWEPT "{epochs} epochs for every batch size, {seeds} seed{seeds:s}.",
        sweep);
    say(sentences, rule_of_rates(sweep), sweep);
    if (row_text(sweep, "schedule")) /* an older version did not record it */
        say(sentences,
            row_is(sweep, "schedule", "constant")
                ? "Within a run the rate is constant."
                : "Within a run the rate follows --schedule {schedule}, so the steps to the target "
                  "may depend on the length of the run.",
            sweep);
    if (isfinite(row_number(sweep, "target.value")))
        say(sentences,
            rises ? "The target was {target.metric} \xe2\x89\xa5 {target.value}, interpolated "
                    "linearly between evaluations."
                  : "The target was {target.metric} \xe2\x89\xa4 {target.value}, interpolated "
                    "linearly between evaluations.",
            sweep);
    if (js_size(js_get(sweep, "batches_merged")) > 0)
        say_merged(sentences, sweep);
    if (isfinite(row_number(sweep, "seed_scatter")))
        say(sentences,
            "Steps to the target are geometric means over seeds. Their intervals (95 %) follow "
            "from "
            "the scatter of the logarithms, {seed_scatter}, over all batch sizes "
            "({seed_freedom} degrees of freedom); runs that did not reach the target count as "
            "larger than their steps. Times are these steps times the median time per step.",
            sweep);
    if ((double)js_size(js_get(sweep, "runs")) < row_number(sweep, "runs_planned"))
        say(sentences,
            "{runs} of {runs_planned} planned runs are done; the figures cover only these.", sweep);
    return sentences;
}

/* --- findings --------------------------------------------------------------------------------- */

/* Appends a recommendation and the batch sizes that tie with it. */
static void say_choice(
    struct json *sentences, const struct json *choice, const char *what, const char *figures)
{
    char text[SENTENCE] = "";
    if (!(row_number(choice, "batch") > 0))
        return;
    bool older = row_text(choice, "why") != NULL; /* version 0.1 wrote its figures as text */
    text_append(text, sizeof text, "%s: B = ", what);
    sentence_append(text, "{batch}: ", choice);
    sentence_append(text, older ? "{why}" : figures, choice);
    js_append_text(
        sentences, sentence_append(text, row_text(choice, "tied") ? "; {tied}." : ".", choice));
}

struct json *sweep_findings(const struct json *sweep)
{
    struct json *sentences = js_array();
    if (isfinite(
            row_number(sweep, "fit.critical_batch_low"))) { /* older fits had standard errors */
        say(sentences,
            row_number(sweep, "fit.coarse") > 0
                ? "Steps to the target = {fit.min_steps} + {fit.min_samples} / B, fitted to "
                  "{fit.points} runs that reached it, {fit.coarse} that had reached it at their "
                  "first "
                  "evaluation and {fit.missed} that did not."
                : "Steps to the target = {fit.min_steps} + {fit.min_samples} / B, fitted to "
                  "{fit.points} runs that reached it and {fit.missed} that did not.",
            sweep);
        say(sentences,
            "The critical batch size is about {fit.critical_batch} samples (95 % interval "
            "{fit.critical_batch_low} to {fit.critical_batch_high}). Doubling the batch saves at "
            "least 40 % of the steps (perfect scaling) up to a quarter of it, and less than 10 % "
            "(no gain) beyond four times it.",
            sweep);
        say(sentences,
            "The batch size that takes 20 % more samples is about {fit.batch_20_measured} "
            "({fit.batch_20_measured_low} to {fit.batch_20_measured_high}) compared with B = "
            "{fit.least_batch}, and {fit.batch_20} ({fit.batch_20_low} to {fit.batch_20_high}) "
            "compared with the limit of small batches.",
            sweep);
    } else if (row_text(sweep, "fit_why") && js_size(js_get(sweep, "target")) > 0)
        say(sentences, "No curve was fitted to the steps to the target: {fit_why}.", sweep);
    if (isfinite(row_number(sweep, "frozen_noise_scale")))
        say(sentences,
            "The gradient noise scale at the end of the runs is {frozen_noise_scale} samples (the "
            "median over the batch sizes); it is usually a low guess of the critical batch size.",
            sweep);
    say_choice(sentences, row_value(sweep, "recommendation.soonest"), "Fastest on this machine",
        "{seconds} to the target, {steps} steps of {seconds_per_step}");
    say_choice(sentences, row_value(sweep, "recommendation.thriftiest"), "Fewest samples",
        "{samples} samples to the target");
    return sentences;
}

/* --- printing --------------------------------------------------------------------------------- */

/* Prints one sentence per line and destroys the array. */
static void print_sentences(FILE *file, struct json *sentences)
{
    for (size_t i = 0; i < js_size(sentences); i++)
        fprintf(file, "%s\n", js_as_text(js_item(sentences, i)));
    fputc('\n', file);
    js_destroy(sentences);
}

/* Prints the tables. Only the steps in the first table show the scatter over seeds. */
static void print_tables(FILE *file, const struct json *sweep)
{
    char columns[500];
    bool has_target = js_size(js_get(sweep, "target")) > 0;
    snprintf(columns, sizeof columns,
        "batch: B, lr, lr_on_border: at grid edge, steps_per_epoch, total_steps, "
        "steps_to_target.mean: steps to target, steps_interval: 95 %% interval, "
        "points: of each seed, epochs_to_target.mean, samples_to_target.mean: samples "
        "to target, seconds_to_target.mean, "
        "metric.mean: best %.40s%s",
        row_text(sweep, "metric"), has_target ? ", reached, runs" : "");
    table_print_array(file, columns, js_get(sweep, "batches"), TABLE_ANY_WIDTH);
    fputc('\n', file);
    table_print_array(file,
        "batch: B, seconds_per_step.median, samples_per_second.median, seconds_per_epoch.median, "
        "communication_share.mean, "
        "peak_rss_bytes.mean, workers, workers_busy, frozen_noise_scale.mean, regime",
        js_get(sweep, "batches"), TABLE_ANY_WIDTH);
    fputc('\n', file);
}

void sweep_print(FILE *file, const struct json *sweep, const char *out)
{
    const struct json *warnings = js_get(sweep, "warnings");
    print_sentences(file, sweep_conditions(sweep));
    print_tables(file, sweep);
    print_sentences(file, sweep_findings(sweep));
    for (size_t i = 0; i < js_size(warnings); i++)
        fprintf(file, "%s- %s\n", i == 0 ? "warnings:\n" : "", js_as_text(js_item(warnings, i)));
    fprintf(file, "%sresults in %s\n", js_size(warnings) > 0 ? "\n" : "", out);
    fflush(file);
}

void sweep_print_run(FILE *file, const struct sweep_run *run, const struct sweep_facts *facts)
{
    char metric[METRIC_NAME_MAX], time[32];
    const double *figure = run->figure;
    metric_choice_name(facts->metric, metric);
    if (run->reached)
        fprintf(file, "reached %s %g after %s steps (%.2f epochs, %s s)", metric, facts->goal,
            GROUPED(llround(figure[SWEEP_STEPS_TO_TARGET])), figure[SWEEP_EPOCHS_TO_TARGET],
            text_significant(figure[SWEEP_SECONDS_TO_TARGET], 3, time));
    else if (run->given_up)
        fprintf(file, "given up after %s steps, best %s %.4g", GROUPED(run->steps_done), metric,
            figure[SWEEP_METRIC]);
    else if (run->diverged)
        fprintf(file, "diverged after %s steps", GROUPED(run->steps_done));
    else
        fprintf(file, "%s steps, best %s %.4g%s", GROUPED(run->steps_done), metric,
            figure[SWEEP_METRIC], facts->has_target ? ", target not reached" : "");
}
