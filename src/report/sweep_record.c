#include "report/sweep_record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "base/text.h"
#include "report/table.h"
#include "study/sweep_rate.h"

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
    js_set_bool(json, "given_up", run->given_up);
    js_set_bool(json, "far", run->far);
    row_set_count(json, "give_up_steps", run->give_up_steps);
    js_set_int(json, "steps_per_epoch", run->steps_per_epoch);
    js_set_int(json, "total_steps", run->total_steps);
    js_set_int(json, "steps_done", run->steps_done);
    js_set_real(json, "epochs_done", run->epochs_done);
    for (int f = 0; f < N_SWEEP_FIGURES; f++)
        js_set_real(json, sweep_figure_name((enum sweep_figure)f), run->figure[f]);
    js_set_real(json, "frozen_noise_low", run->noise_low);
    js_set_real(json, "frozen_noise_high", run->noise_high);
    js_set_int(json, "workers", run->workers);
    js_set_int(json, "workers_busy", run->workers_busy);
    return json;
}

/* Times and rates per step have a median over all runs, all other figures a mean. */
static struct json *spread_json(const struct sweep_spread *spread, enum sweep_figure figure)
{
    bool median = figure == SWEEP_SECONDS_PER_STEP || figure == SWEEP_SECONDS_PER_EPOCH ||
                  figure == SWEEP_SAMPLES_PER_SECOND;
    if (spread->n == 0)
        return NULL;
    struct json *json = js_object();
    js_set_real(json, median ? "median" : "mean", spread->middle);
    js_set_real(json, "least", spread->least);
    js_set_real(json, "most", spread->most);
    js_set_int(json, "n", spread->n);
    return json;
}

static struct json *interval_json(double low, double high)
{
    if (isnan(low))
        return NULL;
    struct json *json = js_object();
    js_set_real(json, "least", low);
    js_set_real(json, "most", high);
    return json;
}

/* --- seeds ------------------------------------------------------------------------------------ */

/* Returns the steps of a run as text: "1,210"; ">4,800", without the target; "<12", if the first
 * evaluation had already reached it; "diverged". */
static const char *steps_text(const struct sweep_run *run, char text[40])
{
    int64_t steps = run->reached ? llround(run->figure[SWEEP_STEPS_TO_TARGET]) : run->steps_done;
    snprintf(text, 40, "%s%s", run->coarse ? "<" : run->reached ? "" : ">", GROUPED(steps));
    return run->diverged ? "diverged" : text;
}

static struct json *seed_json(const struct sweep_facts *facts, const struct sweep_run *run)
{
    struct json *json = js_object();
    js_set_int(json, "seed", run->seed);
    js_set_bool(json, "chooses", sweep_seed_chooses(facts, run->seed));
    js_set_bool(json, "reports", sweep_seed_reports(facts, run->seed));
    js_set_real(json, "steps", run->reached ? run->figure[SWEEP_STEPS_TO_TARGET] : (double)NAN);
    js_set_real(
        json, "censored_at", run->reached || run->diverged ? (double)NAN : (double)run->steps_done);
    js_set_real(json, "seconds", run->figure[SWEEP_SECONDS_TO_TARGET]);
    js_set_real(json, "metric", run->figure[SWEEP_METRIC]);
    js_set_bool(json, "coarse", run->coarse);
    js_set_bool(json, "diverged", run->diverged);
    js_set_bool(json, "far", run->far);
    return json;
}

static struct json *rate_json(const struct sweep *sweep, int64_t batch, double lr)
{
    struct json *json = js_object(), *seeds = js_array();
    const struct sweep_rate rate = sweep_rate_of(sweep, batch, lr);
    js_set_real(json, "lr", lr);
    js_set_real(json, "median_steps", rate.steps);
    for (int i = 0; i < sweep->runs; i++)
        if (sweep->run[i].batch == batch && sweep->run[i].lr == lr)
            js_append(seeds, seed_json(&sweep->facts, &sweep->run[i]));
    js_set(json, "seeds", seeds);
    return json;
}

/* Every rate of a batch size, with every seed. The first seed has a run with each of them. */
static struct json *rates_json(const struct sweep *sweep, int64_t batch)
{
    struct json *rates = js_array();
    for (int i = 0; i < sweep->runs; i++)
        if (sweep->run[i].batch == batch && sweep->run[i].seed == sweep->facts.first_seed)
            js_append(rates, rate_json(sweep, batch, sweep->run[i].lr));
    return rates;
}

/* The steps of each seed that reports; NULL: without a target, or if there are five or more, whose
 * interval is sufficient. */
static void set_points(
    struct json *json, const struct sweep *sweep, const struct sweep_batch *batch)
{
    enum { POINTS_MOST = 4 };
    char points[POINTS_MOST * 40] = "";
    for (int i = 0; batch->runs <= POINTS_MOST && i < sweep->runs; i++)
        if (sweep_run_reports(sweep, batch, &sweep->run[i]))
            text_append(points, sizeof points, "%s%s", *points ? "; " : "",
                steps_text(&sweep->run[i], (char[40]){""}));
    js_set_text(json, "points", *points && sweep->facts.has_target ? points : NULL);
}

/* --- batch sizes ------------------------------------------------------------------------------ */

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
        js_set(json, sweep_figure_name((enum sweep_figure)f),
            spread_json(&batch->figure[f], (enum sweep_figure)f));
    double second = sweep_middle(batch, SWEEP_SECONDS_PER_STEP);
    js_set(json, "steps_interval", interval_json(batch->steps.low, batch->steps.high));
    js_set(json, "seconds_interval",
        interval_json(second * batch->steps.low, second * batch->steps.high));
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
    js_set_int(json, "coarse", fit->coarse);
    return json;
}

static struct json *seeds_json(const struct sweep_facts *facts,
    bool (*has_role)(const struct sweep_facts *facts, int64_t seed))
{
    struct json *seeds = js_array();
    for (int64_t s = 0; s < facts->seeds; s++)
        if (has_role(facts, facts->first_seed + s))
            js_append_int(seeds, facts->first_seed + s);
    return seeds;
}

static struct json *choice_json(const struct sweep_choice *choice)
{
    if (choice->batch == 0)
        return NULL;
    struct json *json = js_object(), *ties = js_array();
    js_set_int(json, "batch", choice->batch);
    js_set_real(json, "seconds", choice->seconds);
    js_set_real(json, "samples", choice->samples);
    js_set_real(json, "steps", choice->steps);
    js_set_real(json, "seconds_per_step", choice->step_s);
    for (int t = 0; t < choice->ties; t++)
        js_append_int(ties, choice->tie[t]);
    js_set(json, "ties", ties);
    js_set_text(json, "tied", *choice->why ? choice->why : NULL);
    return json;
}

static void put_findings(struct json *json, const struct sweep *sweep)
{
    struct json *recommendation = js_object(), *warnings = js_array();
    js_set_text(json, "fit_why", sweep->fitted ? NULL : sweep->fit_why);
    js_set(json, "fit", fit_json(sweep));
    js_set_real(json, "frozen_noise_scale", sweep->noise_scale);
    js_set_real(json, "agreement_factor", sweep->agreement_factor);
    js_set(recommendation, "soonest", choice_json(&sweep->soonest));
    js_set(recommendation, "thriftiest", choice_json(&sweep->thriftiest));
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
    for (int i = 0; i < sweep->batches; i++) {
        const struct sweep_batch *batch = &sweep->batch[i];
        if (batch->runs == 0)
            continue;
        struct json *row = batch_json(batch);
        set_points(row, sweep, batch);
        js_set(row, "rates", rates_json(sweep, batch->batch));
        js_append(batches, row);
    }
    js_set(json, "choosing_seeds", seeds_json(&sweep->facts, sweep_seed_chooses));
    js_set(json, "reporting_seeds", seeds_json(&sweep->facts, sweep_seed_reports));
    js_set_real(json, "give_up", sweep->facts.give_up > 0 ? sweep->facts.give_up : (double)NAN);
    js_set_real(json, "seed_scatter", sweep->scatter.scatter);
    js_set_int(json, "seed_freedom", sweep->scatter.freedom);
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
    batch.steps.low = batch.steps.high = 1;
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
