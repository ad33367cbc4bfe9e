#include "report/sweep_text.h"

#include <math.h>
#include <string.h>

#include "report/figure.h"
#include "report/table.h"

#define PLUS_MINUS "\xc2\xb1"

/* Appends a sentence (report/figure.h) with figures from a row. */
static void say(struct json *sentences, const char *sentence, const struct json *row)
{
    char text[SENTENCE];
    js_append_text(sentences, figure_sentence(sentence, row, text));
}

/* True if lower values of the metric are better. */
static bool is_of_loss(const char *metric)
{
    static const char *const end[] = {"loss", "mse", "rmse", "mae"};
    const char *kind = strchr(metric, '_') ? strchr(metric, '_') + 1 : metric;
    for (size_t i = 0; i < sizeof end / sizeof *end; i++)
        if (strcmp(kind, end[i]) == 0)
            return true;
    return false;
}

/* --- conditions ------------------------------------------------------------------------------- */

#define SWEPT                                                                                      \
    "A sweep over {batches} batch size{batches:s} from {batches.0.batch} to "                      \
    "{batches.last.batch}: {network} on {data}, {train_samples} training samples, optimizer "      \
    "{optimizer}, "

struct json *sweep_conditions(const struct json *sweep)
{
    struct json *sentences = js_array();
    const char *metric = row_text(sweep, "target.metric");
    say(sentences,
        row_is(sweep, "budget", "steps")
            ? SWEPT "{max_steps} steps for every batch size, {seeds} seed{seeds:s}."
            : SWEPT "{epochs} epochs for every batch size, {seeds} seed{seeds:s}.",
        sweep);
    say(sentences,
        row_is(sweep, "rates", "grid")
            ? "The learning rate is the best of {grid} for each batch size."
            : "The learning rate follows --lr-scale {lr_scale}; it was not tuned.",
        sweep);
    if (isfinite(row_number(sweep, "target.value")))
        say(sentences,
            metric && is_of_loss(metric)
                ? "The target was {target.metric} \xe2\x89\xa4 {target.value}, interpolated "
                  "linearly between evaluations."
                : "The target was {target.metric} \xe2\x89\xa5 {target.value}, interpolated "
                  "linearly between evaluations.",
            sweep);
    if ((double)js_size(js_get(sweep, "runs")) < row_number(sweep, "runs_planned"))
        say(sentences,
            "{runs} of {runs_planned} planned runs are done; the figures are from these alone.",
            sweep);
    return sentences;
}

/* --- findings --------------------------------------------------------------------------------- */

struct json *sweep_findings(const struct json *sweep)
{
    struct json *sentences = js_array();
    bool fitted = isfinite(row_number(sweep, "fit.critical_batch")),
         measured = isfinite(row_number(sweep, "noise_critical_batch"));
    if (isfinite(row_number(sweep, "fit.min_steps")))
        say(sentences,
            "Steps to the target = {fit.min_steps} + {fit.min_samples} / B (standard errors "
            "{fit.min_steps_error:2} and {fit.min_samples_error}; r^2 {fit.r_squared}; "
            "{fit.points} batch sizes).",
            sweep);
    else if (row_text(sweep, "fit_why") && js_size(js_get(sweep, "target")) > 0)
        say(sentences, "No curve was fitted to the steps to the target: {fit_why}.", sweep);
    if (fitted && measured)
        say(sentences,
            "The critical batch size is {fit.critical_batch} " PLUS_MINUS
            " {fit.critical_batch_error} samples estimated from the steps to the target, and "
            "{noise_critical_batch} from the gradient noise; the two differ by a factor of "
            "{agreement_factor:2}.",
            sweep);
    else if (fitted)
        say(sentences,
            "The critical batch size is {fit.critical_batch} " PLUS_MINUS
            " {fit.critical_batch_error} samples.",
            sweep);
    else if (measured)
        say(sentences,
            "Estimated from the gradient noise, the critical batch size is about "
            "{noise_critical_batch} samples.",
            sweep);
    if (fitted)
        say(sentences,
            "Doubling the batch saves at least 40 % of the steps (perfect scaling) up to a "
            "quarter of it, and less than 10 % (no gain) beyond four times it.",
            sweep);
    if (row_number(sweep, "recommendation.soonest.batch") > 0)
        say(sentences, "Fastest on this machine: B = {batch}: {why}.",
            row_value(sweep, "recommendation.soonest"));
    if (row_number(sweep, "recommendation.thriftiest.batch") > 0)
        say(sentences, "Fewest samples: B = {batch}: {why}.",
            row_value(sweep, "recommendation.thriftiest"));
    return sentences;
}

/* --- text ------------------------------------------------------------------------------------- */

/* Prints one sentence per line and destroys the array. */
static void print_sentences(FILE *file, struct json *sentences)
{
    for (size_t i = 0; i < js_size(sentences); i++)
        fprintf(file, "%s\n", js_as_text(js_item(sentences, i)));
    fputc('\n', file);
    js_destroy(sentences);
}

/* Prints the tables. Only the steps in the first table show the spread over seeds; all other
 * figures are means. */
static void print_tables(FILE *file, const struct json *sweep)
{
    char columns[500];
    bool has_target = js_size(js_get(sweep, "target")) > 0;
    snprintf(columns, sizeof columns,
        "batch: B, lr, lr_on_border: on grid border, steps_per_epoch, total_steps, "
        "steps_to_target, epochs_to_target.mean, samples_to_target.mean, seconds_to_target.mean, "
        "metric.mean: best %.40s, gap.mean%s",
        row_text(sweep, "metric"), has_target ? ", reached, runs" : "");
    table_print_array(file, columns, js_get(sweep, "batches"), TABLE_ANY_WIDTH);
    fputc('\n', file);
    table_print_array(file,
        "batch: B, samples_per_second.mean, seconds_per_epoch.mean, communication_share.mean, "
        "peak_rss_bytes.mean, workers, workers_busy, noise_scale.mean, regime",
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
