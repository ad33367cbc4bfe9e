#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "base/json.h"
#include "commit.h"
#include "report/sweep_report.h"

/* A count, or null where there is nothing of the kind. */
static void put_count(struct json *json, const char *key, int64_t count)
{
    if (count > 0)
        js_set_int(json, key, count);
    else
        js_set_null(json, key);
}

static void put_network(struct json *json, const struct mlp *mlp)
{
    char text[16 * (MLP_LAYERS_MAX + 1)];
    size_t used = 0;
    for (int l = 0; l <= mlp->layers && used < sizeof text; l++)
        used += (size_t)snprintf(
            text + used, sizeof text - used, l ? "-%" PRId64 : "%" PRId64, mlp->width[l]);
    js_set_text(json, "network", text);
}

static void put_facts(struct json *json, const struct sweep_facts *facts)
{
    char hash[32];
    js_set_text(json, "kind", "sweep");
    js_set_text(json, "version", LOCKSTEP_VERSION);
    js_set_text(json, "commit", LOCKSTEP_COMMIT);
    js_set_text(json, "command", facts->command);
    js_set_text(json, "data", facts->data);
    snprintf(hash, sizeof hash, "%016" PRIx64, facts->data_xxh3);
    js_set_text(json, "data_xxh3", hash);
    js_set_int(json, "train_samples", facts->train_samples);
    put_count(json, "val_samples", facts->val_samples);
    js_set_int(json, "features", facts->features);
    put_count(json, "classes", facts->classes);
    js_set_int(json, "parameters", facts->parameters);
    put_network(json, facts->mlp);
    js_set_text(json, "optimizer", facts->optimizer);
    put_count(json, "epochs", facts->epochs);
    put_count(json, "max_steps", facts->max_steps);
    js_set_text(json, "budget", facts->equal_steps ? "steps" : "epochs");
    js_set_int(json, "seeds", facts->seeds);
    js_set_text(json, "rates", facts->rates > 0 ? "grid" : "rule");
    js_set_text(json, "lr_scale", facts->lr_scale);
    js_set_int(json, "base_batch", facts->base_batch);
    struct json *grid = js_array();
    for (int i = 0; i < facts->rates; i++)
        js_append_real(grid, facts->rate[i]);
    js_set(json, "grid", grid);
}

static void put_target(struct json *json, const struct sweep_facts *facts)
{
    char name[METRIC_NAME_MAX];
    metric_choice_name(facts->metric, name);
    js_set_text(json, "metric", name);
    if (!facts->aims) {
        js_set_null(json, "target");
        return;
    }
    struct json *target = js_object();
    js_set_text(target, "metric", name);
    js_set_real(target, "value", facts->goal);
    js_set(json, "target", target);
}

static void put_machine(struct json *json, const struct sweep_facts *facts)
{
    struct json *machine = js_object();
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

static void put_spread(struct json *json, const char *key, const struct sweep_spread *stats)
{
    if (stats->n == 0) {
        js_set_null(json, key);
        return;
    }
    struct json *object = js_object();
    js_set_real(object, "mean", stats->mean);
    js_set_real(object, "least", stats->least);
    js_set_real(object, "most", stats->most);
    js_set_int(object, "n", stats->n);
    js_set(json, key, object);
}

static struct json *batch_json(const struct sweep_batch *batch)
{
    struct json *json = js_object();
    js_set_int(json, "batch", batch->batch);
    js_set_real(json, "lr", batch->lr);
    js_set_bool(json, "lr_on_border", batch->lr_on_border);
    js_set_int(json, "runs", batch->runs);
    js_set_int(json, "reached", batch->reached);
    js_set_int(json, "steps_per_epoch", batch->steps_per_epoch);
    js_set_int(json, "total_steps", batch->total_steps);
    js_set_int(json, "slices", batch->slices);
    for (int f = 0; f < N_SWEEP_FIGURES; f++)
        put_spread(json, sweep_figure_name((enum sweep_figure)f), &batch->figure[f]);
    js_set_int(json, "workers", batch->workers);
    js_set_int(json, "workers_busy", batch->workers_busy);
    js_set_text(json, "regime", regime_name(batch->regime));
    return json;
}

static void put_fit(struct json *json, const struct sweep *sweep)
{
    const struct critical_fit *fit = &sweep->fit;
    js_set_text(json, "fit_why", sweep->fitted ? NULL : sweep->fit_why);
    if (!sweep->fitted) {
        js_set_null(json, "fit");
        return;
    }
    struct json *object = js_object(), *used = js_array();
    js_set_real(object, "min_steps", fit->min_steps);
    js_set_real(object, "min_samples", fit->min_samples);
    js_set_real(object, "critical_batch", fit->critical_batch);
    js_set_real(object, "min_steps_error", fit->min_steps_error);
    js_set_real(object, "min_samples_error", fit->min_samples_error);
    js_set_real(object, "critical_batch_error", fit->critical_batch_error);
    js_set_int(object, "points", fit->points);
    js_set_real(object, "r_squared", fit->r_squared);
    for (int i = 0; i < sweep->batches; i++)
        if (sweep_batch_fits(&sweep->batch[i]))
            js_append_int(used, sweep->batch[i].batch);
    js_set(object, "used", used);
    js_set(json, "fit", object);
}

static void put_choice(
    struct json *json, const char *key, const struct sweep_choice *choice, const char *unit)
{
    if (choice->batch == 0) {
        js_set_null(json, key);
        return;
    }
    struct json *object = js_object();
    js_set_int(object, "batch", choice->batch);
    js_set_real(object, unit, choice->value);
    js_set_text(object, "why", choice->why);
    js_set(json, key, object);
}

static void put_findings(struct json *json, const struct sweep *sweep)
{
    struct json *recommendation = js_object(), *warnings = js_array();
    put_fit(json, sweep);
    js_set_real(json, "noise_critical_batch", sweep->noise_critical_batch);
    js_set_real(json, "agreement_factor", sweep->agreement_factor);
    put_choice(recommendation, "soonest", &sweep->soonest, "seconds");
    put_choice(recommendation, "thriftiest", &sweep->thriftiest, "samples");
    js_set(json, "recommendation", recommendation);
    for (int i = 0; i < sweep->warnings; i++)
        js_append_text(warnings, sweep->warning[i]);
    js_set(json, "warnings", warnings);
}

enum status sweep_write_json(const struct directory *directory, const char *name,
    const struct sweep *sweep, struct error *error)
{
    struct json *json = js_object(), *runs = js_array(), *batches = js_array();
    put_facts(json, &sweep->facts);
    put_target(json, &sweep->facts);
    put_machine(json, &sweep->facts);
    for (int i = 0; i < sweep->runs; i++)
        js_append(runs, run_json(&sweep->run[i]));
    for (int i = 0; i < sweep->batches; i++)
        if (sweep->batch[i].runs > 0)
            js_append(batches, batch_json(&sweep->batch[i]));
    js_set_int(json, "runs_planned", sweep->runs_planned);
    js_set(json, "runs", runs);
    js_set(json, "batches", batches);
    put_findings(json, sweep);
    char *text = js_text(json, true);
    js_destroy(json);
    if (!text)
        return fail(error, STATUS_NO_RESOURCE, "no memory to write %s", name);
    enum status status = output_write_whole(directory, name, text, strlen(text), error);
    free(text);
    return status;
}
