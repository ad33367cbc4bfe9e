#include "report/sweep_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "base/text.h"
#include "report/figure.h"
#include "report/table.h"

static struct json *run_json(const struct sweep_run *run)
{
    struct json *json = js_object();
    js_set_text(json, "directory", run->directory);
    js_set_int(json, "batch", run->batch);
    js_set_real(json, "lr", run->lr);
    js_set_int(json, "seed", run->seed);
    js_set_text(json, "stopped_by", run->stopped_by);
    js_set_bool(json, "diverged", run->diverged);
    js_set_bool(json, "reached", run->reached);
    js_set_bool(json, "coarse", run->coarse);
    js_set_int(json, "steps_per_epoch", run->steps_per_epoch);
    js_set_int(json, "total_steps", run->total_steps);
    js_set_int(json, "steps_done", run->steps_done);
    js_set_real(json, "epochs_done", run->epochs_done);
    for (int f = 0; f < N_SWEEP_FIGURES; f++)
        js_set_real(json, sweep_figure_name((enum sweep_figure)f), run->figure[f]);
    js_set_real(json, "noise_error", run->noise_error);
    js_set_int(json, "workers", run->workers);
    js_set_int(json, "workers_busy", run->workers_busy);
    return json;
}

static struct json *spread_json(const struct sweep_spread *spread)
{
    if (spread->n == 0)
        return NULL;
    struct json *json = js_object();
    js_set_real(json, "mean", spread->mean);
    js_set_real(json, "least", spread->least);
    js_set_real(json, "most", spread->most);
    js_set_int(json, "n", spread->n);
    return json;
}

static struct json *batch_json(const struct sweep_batch *batch)
{
    struct json *json = js_object();
    js_set_int(json, "batch", batch->batch);
    js_set_real(json, "lr", batch->lr);
    js_set_bool(json, "lr_on_border", batch->lr_on_border);
    js_set_int(json, "runs", batch->runs);
    js_set_int(json, "reached", batch->reached);
    js_set_int(json, "steps_per_epoch", batch->run.steps_per_epoch);
    js_set_int(json, "total_steps", batch->run.total_steps);
    js_set_int(json, "slices", batch->run.slices);
    for (int f = 0; f < N_SWEEP_FIGURES; f++)
        js_set(json, sweep_figure_name((enum sweep_figure)f), spread_json(&batch->figure[f]));
    js_set_int(json, "workers", batch->run.workers);
    js_set_int(json, "workers_busy", batch->run.workers_busy);
    js_set_text(json, "regime", regime_name(batch->regime));
    return json;
}

/* Sets NAME, NAME_low and NAME_high. */
static void set_estimate(
    struct json *json, const char *name, const struct critical_estimate *estimate)
{
    char key[SWEEP_NAME_MAX];
    js_set_real(json, name, estimate->value);
    snprintf(key, sizeof key, "%s_low", name);
    js_set_real(json, key, estimate->low);
    snprintf(key, sizeof key, "%s_high", name);
    js_set_real(json, key, estimate->high);
}

static struct json *fit_json(const struct sweep *sweep)
{
    if (!sweep->fitted)
        return NULL;
    const struct critical_fit *fit = &sweep->fit;
    const struct critical_estimate limit = critical_batch_20(fit, 0),
                                   measured = critical_batch_20(fit, fit->least_batch);
    struct json *json = js_object();
    set_estimate(json, "min_steps", &fit->min_steps);
    set_estimate(json, "min_samples", &fit->min_samples);
    set_estimate(json, "critical_batch", &fit->critical_batch);
    set_estimate(json, "batch_20", &limit);
    set_estimate(json, "batch_20_measured", &measured);
    js_set_real(json, "least_batch", fit->least_batch);
    js_set_real(json, "scatter", fit->scatter);
    js_set_int(json, "points", fit->points);
    js_set_int(json, "missed", fit->missed);
    return json;
}

static struct json *choice_json(const struct sweep_choice *choice, const char *unit)
{
    if (choice->batch == 0)
        return NULL;
    struct json *json = js_object();
    js_set_int(json, "batch", choice->batch);
    js_set_real(json, unit, choice->value);
    js_set_text(json, "why", choice->why);
    return json;
}

static void put_findings(struct json *json, const struct sweep *sweep)
{
    struct json *recommendation = js_object(), *warnings = js_array();
    js_set_text(json, "fit_why", sweep->fitted ? NULL : sweep->fit_why);
    js_set(json, "fit", fit_json(sweep));
    js_set_real(json, "noise_critical_batch", sweep->noise_critical_batch);
    js_set_real(json, "agreement_factor", sweep->agreement_factor);
    js_set(recommendation, "soonest", choice_json(&sweep->soonest, "seconds"));
    js_set(recommendation, "thriftiest", choice_json(&sweep->thriftiest, "samples"));
    js_set(json, "recommendation", recommendation);
    for (int i = 0; i < sweep->warnings; i++)
        js_append_text(warnings, sweep->warning[i]);
    js_set(json, "warnings", warnings);
}

struct json *sweep_json(struct json *json, const struct sweep *sweep)
{
    struct json *runs = js_array(), *batches = js_array();
    for (int i = 0; i < sweep->runs; i++)
        js_append(runs, run_json(&sweep->run[i]));
    for (int i = 0; i < sweep->batches; i++)
        if (sweep->batch[i].runs > 0)
            js_append(batches, batch_json(&sweep->batch[i]));
    js_set_int(json, "runs_planned", sweep->runs_planned);
    js_set(json, "runs", runs);
    js_set(json, "batches", batches);
    put_findings(json, sweep);
    return json;
}

/* --- CSV -------------------------------------------------------------------------------------- */

/* Returns a row in which every figure has its spread. */
static struct json *shape_of_rows(void)
{
    struct sweep_batch batch = {.runs = 1};
    for (int f = 0; f < N_SWEEP_FIGURES; f++)
        batch.figure[f].n = 1;
    return batch_json(&batch);
}

enum status sweep_write_csv(const struct directory *directory, const char *name,
    const struct sweep *sweep, struct error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return fail(error, STATUS_NO_RESOURCE, "no memory to write %s", name);
    struct json *shape = shape_of_rows(), *rows = js_array();
    for (int i = 0; i < sweep->batches; i++) {
        if (sweep->batch[i].runs == 0)
            continue;
        struct json *row = batch_json(&sweep->batch[i]);
        js_set_int(row, "lr_on_border", sweep->batch[i].lr_on_border); /* CSV: 0 or 1 */
        js_append(rows, row);
    }
    table_csv(file, shape, rows);
    js_destroy(rows);
    js_destroy(shape);
    enum status status = fclose(file) == 0
                             ? output_write_whole(directory, name, text, size, error)
                             : fail(error, STATUS_NO_RESOURCE, "no memory to write %s", name);
    free(text);
    return status;
}

/* --- in words --------------------------------------------------------------------------------- */

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
    say(sentences,
        row_is(sweep, "rates", "grid")
            ? "The learning rate is the best of {grid} rate{grid:s} for each batch size."
            : "The learning rate follows --lr-scale {lr_scale}; it was not tuned.",
        sweep);
    if (isfinite(row_number(sweep, "target.value")))
        say(sentences,
            rises ? "The target was {target.metric} \xe2\x89\xa5 {target.value}, interpolated "
                    "linearly between evaluations."
                  : "The target was {target.metric} \xe2\x89\xa4 {target.value}, interpolated "
                    "linearly between evaluations.",
            sweep);
    if ((double)js_size(js_get(sweep, "runs")) < row_number(sweep, "runs_planned"))
        say(sentences,
            "{runs} of {runs_planned} planned runs are done; the figures cover only these.", sweep);
    return sentences;
}

/* --- findings --------------------------------------------------------------------------------- */

struct json *sweep_findings(const struct json *sweep)
{
    struct json *sentences = js_array();
    if (isfinite(
            row_number(sweep, "fit.critical_batch_low"))) { /* older fits had standard errors */
        say(sentences,
            "Steps to the target = {fit.min_steps} + {fit.min_samples} / B, fitted to {fit.points} "
            "runs that reached it and {fit.missed} that did not.",
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
    if (isfinite(row_number(sweep, "noise_critical_batch")))
        say(sentences,
            "The gradient noise scale averaged {noise_critical_batch} samples; it is usually a low "
            "guess of the critical batch size.",
            sweep);
    if (row_number(sweep, "recommendation.soonest.batch") > 0)
        say(sentences, "Fastest on this machine: B = {batch}: {why}.",
            row_value(sweep, "recommendation.soonest"));
    if (row_number(sweep, "recommendation.thriftiest.batch") > 0)
        say(sentences, "Fewest samples: B = {batch}: {why}.",
            row_value(sweep, "recommendation.thriftiest"));
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

/* Prints the tables. Only the steps in the first table show the spread over seeds; all other
 * figures are means. */
static void print_tables(FILE *file, const struct json *sweep)
{
    char columns[500];
    bool has_target = js_size(js_get(sweep, "target")) > 0;
    snprintf(columns, sizeof columns,
        "batch: B, lr, lr_on_border: at grid edge, steps_per_epoch, total_steps, "
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

void sweep_print_run(FILE *file, const struct sweep_run *run, const struct sweep_facts *facts)
{
    char metric[METRIC_NAME_MAX], time[32];
    const double *figure = run->figure;
    metric_choice_name(facts->metric, metric);
    if (run->reached)
        fprintf(file, "reached %s %g after %s steps (%.2f epochs, %s s)", metric, facts->goal,
            GROUPED(llround(figure[SWEEP_STEPS_TO_TARGET])), figure[SWEEP_EPOCHS_TO_TARGET],
            text_significant(figure[SWEEP_SECONDS_TO_TARGET], 3, time));
    else if (run->diverged)
        fprintf(file, "diverged after %s steps", GROUPED(run->steps_done));
    else
        fprintf(file, "%s steps, best %s %.4g%s", GROUPED(run->steps_done), metric,
            figure[SWEEP_METRIC], facts->has_target ? ", target not reached" : "");
}
