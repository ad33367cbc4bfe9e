#include "report/sweep_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "base/text.h"
#include "report/table.h"

static void put_facts(struct json *json, const struct sweep_facts *facts)
{
    char network[NETWORK_TEXT], metric[METRIC_NAME_MAX];
    struct json *grid = js_array(), *machine = js_object(), *target = NULL;
    js_set_text(json, "kind", "sweep");
    row_set_version(json);
    js_set_text(json, "command", facts->command);
    js_set_text(json, "data", facts->data);
    row_set_hash(json, "data_xxh3", facts->data_xxh3);
    js_set_int(json, "train_samples", facts->train_samples);
    row_set_count(json, "val_samples", facts->val_samples);
    js_set_int(json, "features", facts->features);
    row_set_count(json, "classes", facts->classes);
    js_set_int(json, "parameters", facts->parameters);
    js_set_text(json, "optimizer", facts->optimizer);
    row_set_count(json, "epochs", facts->epochs);
    row_set_count(json, "max_steps", facts->max_steps);
    js_set_int(json, "seeds", facts->seeds);
    js_set_text(json, "lr_scale", facts->lr_scale);
    js_set_int(json, "base_batch", facts->base_batch);
    js_set_text(json, "network", network_text(facts->mlp, network));
    js_set_text(json, "budget", facts->equal_steps ? "steps" : "epochs");
    js_set_text(json, "rates", facts->rates > 0 ? "grid" : "rule");
    for (int i = 0; i < facts->rates; i++)
        js_append_real(grid, facts->rate[i]);
    js_set(json, "grid", grid);
    js_set_text(json, "metric", metric_choice_name(facts->metric, metric));
    if (facts->has_target) {
        target = js_object();
        js_set_text(target, "metric", metric);
        js_set_real(target, "value", facts->goal);
    }
    js_set(json, "target", target);
    js_set_int(machine, "hosts", facts->hosts);
    js_set_int(machine, "teams", facts->teams);
    js_set_int(machine, "ranks", facts->ranks);
    js_set_int(machine, "threads", facts->threads);
    js_set_text(machine, "kernel", facts->kernel);
    js_set_text(machine, "mpi", facts->mpi);
    js_set(json, "machine", machine);
}

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

static struct json *fit_json(const struct sweep *sweep)
{
    if (!sweep->fitted)
        return NULL;
    const struct critical_fit *fit = &sweep->fit;
    struct json *json = js_object(), *used = js_array();
    js_set_real(json, "min_steps", fit->min_steps);
    js_set_real(json, "min_samples", fit->min_samples);
    js_set_real(json, "critical_batch", fit->critical_batch);
    js_set_real(json, "min_steps_error", fit->min_steps_error);
    js_set_real(json, "min_samples_error", fit->min_samples_error);
    js_set_real(json, "critical_batch_error", fit->critical_batch_error);
    js_set_int(json, "points", fit->points);
    js_set_real(json, "r_squared", fit->r_squared);
    for (int i = 0; i < sweep->batches; i++)
        if (sweep_batch_fits(&sweep->batch[i]))
            js_append_int(used, sweep->batch[i].batch);
    js_set(json, "used", used);
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

struct json *sweep_json(const struct sweep *sweep)
{
    struct json *json = js_object(), *runs = js_array(), *batches = js_array();
    put_facts(json, &sweep->facts);
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
    struct json *shape = shape_of_rows();
    table_csv_head(file, shape);
    fputc('\n', file);
    for (int i = 0; i < sweep->batches; i++) {
        if (sweep->batch[i].runs == 0)
            continue;
        struct json *row = batch_json(&sweep->batch[i]);
        js_set_int(row, "lr_on_border", sweep->batch[i].lr_on_border); /* CSV: 0 or 1 */
        table_csv_row(file, shape, row);
        fputc('\n', file);
        js_destroy(row);
    }
    js_destroy(shape);
    enum status status = fclose(file) == 0
                             ? output_write_whole(directory, name, text, size, error)
                             : fail(error, STATUS_NO_RESOURCE, "no memory to write %s", name);
    free(text);
    return status;
}

/* --- one run ---------------------------------------------------------------------------------- */

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
            figure[SWEEP_METRIC], facts->has_target ? ", target not reached" : "");
}
