#include "report/sweep_text.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "report/table.h"
#include "report/number.h"

#define PLUS_MINUS "\xc2\xb1"

static void say(struct json *sentences, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct json *sentences, const char *format, ...)
{
    char text[1000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    js_append_text(sentences, text);
}

static const char *text_of(const struct json *object, const char *path)
{
    const char *text = row_text(object, path);
    return text ? text : "?";
}

static const char *count_of(const struct json *object, const char *path, char out[NUMBER_TEXT])
{
    return number_text(row_number(object, path), NUMBER_COUNT, out);
}

/* Lower values of the metric are better. */
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

static void say_what_was_swept(struct json *sentences, const struct json *sweep)
{
    const struct json *batches = js_get(sweep, "batches");
    const struct json *last = js_item(batches, js_size(batches) - 1);
    char text[4][NUMBER_TEXT];
    bool tuned = strcmp(text_of(sweep, "rates"), "grid") == 0;
    bool equal_steps = strcmp(text_of(sweep, "budget"), "steps") == 0;
    say(sentences,
        "A sweep over %zu batch size%s from %s to %s: %s on %s, %s training samples, optimizer %s, "
        "%s %s for every batch size, %.0f seed%s.",
        js_size(batches), NUMBER_PLURAL(js_size(batches)), count_of(batches, "0.batch", text[0]),
        count_of(last, "batch", text[1]), text_of(sweep, "network"), text_of(sweep, "data"),
        count_of(sweep, "train_samples", text[2]), text_of(sweep, "optimizer"),
        count_of(sweep, equal_steps ? "max_steps" : "epochs", text[3]),
        equal_steps ? "steps" : "epochs", row_number(sweep, "seeds"),
        NUMBER_PLURAL(row_number(sweep, "seeds")));
    if (tuned)
        say(sentences, "The learning rate is the best of %zu for each batch size.",
            js_size(js_get(sweep, "grid")));
    else
        say(sentences, "The learning rate follows --lr-scale %s; it was not tuned.",
            text_of(sweep, "lr_scale"));
}

struct json *sweep_conditions(const struct json *sweep)
{
    struct json *sentences = js_array();
    const struct json *target = js_get(sweep, "target");
    size_t runs = js_size(js_get(sweep, "runs"));
    char text[NUMBER_TEXT];
    say_what_was_swept(sentences, sweep);
    if (isfinite(row_number(target, "value")))
        say(sentences, "The target was %s %s %s, interpolated linearly between evaluations.",
            text_of(target, "metric"),
            is_of_loss(text_of(target, "metric")) ? "\xe2\x89\xa4" : "\xe2\x89\xa5",
            number_text(row_number(target, "value"), NUMBER_PLAIN, text));
    if ((double)runs < row_number(sweep, "runs_planned"))
        say(sentences, "%zu of %s planned runs are done; the figures are from these alone.", runs,
            count_of(sweep, "runs_planned", text));
    return sentences;
}

/* --- findings --------------------------------------------------------------------------------- */

static void say_critical(struct json *sentences, const struct json *sweep)
{
    double fit = row_number(sweep, "fit.critical_batch"),
           noise = row_number(sweep, "noise_critical_batch");
    char text[3][NUMBER_TEXT];
    number_text(fit, NUMBER_COUNT, text[0]);
    number_text(noise, NUMBER_COUNT, text[1]);
    if (isfinite(fit) && isfinite(noise))
        say(sentences,
            "The critical batch size is %s " PLUS_MINUS " %s samples by the steps to the target, "
            "and %s by the noise of the gradient; the two differ by a factor of %.2g.",
            text[0], count_of(sweep, "fit.critical_batch_error", text[2]), text[1],
            row_number(sweep, "agreement_factor"));
    else if (isfinite(fit))
        say(sentences, "The critical batch size is %s " PLUS_MINUS " %s samples.", text[0],
            count_of(sweep, "fit.critical_batch_error", text[2]));
    else if (isfinite(noise))
        say(sentences, "By the noise of the gradient, the critical batch size is about %s samples.",
            text[1]);
    if (isfinite(fit))
        say(sentences,
            "Doubling the batch saves at least 40 %% of the steps (perfect scaling) up to a "
            "quarter of it, and less than 10 %% (no gain) beyond four times it.");
}

static void say_choice(struct json *sentences, const struct json *choice, const char *what)
{
    char text[NUMBER_TEXT];
    if (row_number(choice, "batch") > 0)
        say(sentences, "%s: B = %s: %s.", what, count_of(choice, "batch", text),
            text_of(choice, "why"));
}

struct json *sweep_findings(const struct json *sweep)
{
    struct json *sentences = js_array();
    const struct json *fit = js_get(sweep, "fit");
    if (isfinite(row_number(fit, "min_steps")))
        say(sentences,
            "Steps to the target = %.4g + %.4g / B (standard errors %.2g and %.2g; r^2 %.4f; %.0f "
            "batch sizes).",
            row_number(fit, "min_steps"), row_number(fit, "min_samples"),
            row_number(fit, "min_steps_error"), row_number(fit, "min_samples_error"),
            row_number(fit, "r_squared"), row_number(fit, "points"));
    else if (row_text(sweep, "fit_why") && js_size(js_get(sweep, "target")) > 0)
        say(sentences, "The steps to the target have no fit: %s.", row_text(sweep, "fit_why"));
    say_critical(sentences, sweep);
    say_choice(sentences, row_value(sweep, "recommendation.soonest"), "Fastest on this machine");
    say_choice(sentences, row_value(sweep, "recommendation.thriftiest"), "Fewest samples");
    return sentences;
}

/* --- text ------------------------------------------------------------------------------------- */

/* Prints one per line and destroys the array. */
static void print_sentences(FILE *file, struct json *sentences)
{
    for (size_t i = 0; i < js_size(sentences); i++)
        fprintf(file, "%s\n", js_as_text(js_item(sentences, i)));
    fputc('\n', file);
    js_destroy(sentences);
}

/* Spreads over several seeds are in the first table's steps; the other figures are means. */
static void print_tables(FILE *file, const struct json *sweep)
{
    char columns[500];
    bool aims = js_size(js_get(sweep, "target")) > 0;
    snprintf(columns, sizeof columns,
        "batch: B, lr, lr_on_border: on grid border, steps_per_epoch, total_steps, "
        "steps_to_target, epochs_to_target.mean, samples_to_target.mean, seconds_to_target.mean, "
        "metric.mean: best %.40s, gap.mean%s",
        text_of(sweep, "metric"), aims ? ", reached, runs" : "");
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
