#include "report/bench_json.h"

#include "commit.h"
#include "net/mlp.h"

static void set_stats(struct json *json, const char *key, struct repeat_stats stats)
{
    struct json *object = js_object();
    js_set_real(object, "median", stats.median);
    js_set_real(object, "least", stats.least);
    js_set_real(object, "most", stats.most);
    js_set(json, key, object);
}

struct json *bench_json(const struct bench_head *head, struct json *results)
{
    struct json *json = js_object(), *binding = js_array();
    js_set_text(json, "bench", head->what);
    js_set_text(json, "version", LOCKSTEP_VERSION);
    js_set_text(json, "commit", LOCKSTEP_COMMIT);
    js_set_text(json, "command", head->command);
    js_set_text(json, "cpu", head->machine.cpu);
    js_set_int(json, "cores", head->cores);
    js_set_int(json, "l1_bytes", head->machine.l1_bytes);
    js_set_int(json, "l2_bytes", head->machine.l2_bytes);
    js_set_int(json, "l3_bytes", head->machine.l3_bytes);
    js_set_text(json, "mpi", head->mpi);
    js_set_text(json, "blas", head->blas);
    js_set_text(json, "kernel", head->kernel.name);
    js_set_int(json, "ranks", head->ranks);
    js_set_int(json, "threads", head->threads);
    js_set_int(json, "hosts", head->hosts);
    for (int r = 0; r < head->ranks; r++)
        js_append_text(binding, head->binding[r]);
    js_set(json, "binding", binding);
    js_set_real(json, "seconds", head->repetitions.seconds);
    js_set_int(json, "repeats", head->repetitions.repeats);
    js_set(json, "results", results);
    return json;
}

struct json *bench_peak_json(const struct peak_report *report)
{
    struct json *json = js_object(), *rows = js_array();
    js_set_text(json, "level", level_name(report->level));
    js_set_int(json, "workers", report->workers);
    for (int i = 0; i < report->rows; i++) {
        const struct peak_row *row = &report->row[i];
        struct json *entry = js_object();
        js_set_text(entry, "place", row->place);
        js_set_text(entry, "work", row->work);
        js_set_int(entry, "bytes", row->bytes);
        js_set_text(entry, "unit", row->bytes > 0 ? "GB/s" : "GFLOP/s");
        set_stats(entry, "one", row->one);
        set_stats(entry, "all", row->all);
        js_append(rows, entry);
    }
    js_set(json, "rows", rows);
    return json;
}

static struct json *figure_json(struct repeat_stats gflops, double peak)
{
    struct json *json = js_object();
    set_stats(json, "gflops", gflops);
    js_set_real(json, "share_of_peak", gflops.median / peak);
    return json;
}

static struct json *kernel_row_json(const struct kernel_row *row, double peak)
{
    struct json *json = js_object(), *tiles = js_array();
    js_set_text(json, "kernel", row->kernel.name);
    js_set_int(json, "rows", row->kernel.rows);
    js_set_int(json, "lanes", row->kernel.lanes);
    for (int i = 0; i < KERNEL_DEPTHS; i++) {
        struct json *tile = figure_json(row->tile[i], peak);
        js_set_int(tile, "k", kernel_depth[i]);
        js_append(tiles, tile);
    }
    js_set(json, "tiles", tiles);
    return json;
}

struct json *bench_kernel_json(const struct kernel_report *report)
{
    struct json *json = js_object(), *rows = js_array();
    set_stats(json, "peak_gflops", report->peak);
    for (int i = 0; i < report->rows; i++)
        js_append(rows, kernel_row_json(&report->row[i], report->peak.median));
    js_set(json, "kernels", rows);
    return json;
}

struct json *bench_reduce_json(const struct reduce_report *report)
{
    struct json *json = js_object(), *rows = js_array();
    js_set_int(json, "ranks", report->ranks);
    for (int i = 0; i < REDUCE_SIZES; i++) {
        const struct reduce_row *row = &report->row[i];
        struct json *entry = js_object();
        double gigabytes = 1e-9 * (double)row->bytes;
        js_set_int(entry, "bytes", row->bytes);
        set_stats(entry, "ordered_s", row->ordered_s);
        set_stats(entry, "allreduce_s", row->allreduce_s);
        js_set_real(entry, "ordered_gb_per_s", gigabytes / row->ordered_s.median);
        js_set_real(entry, "allreduce_gb_per_s", gigabytes / row->allreduce_s.median);
        set_stats(entry, "ratio", row->ratio);
        js_append(rows, entry);
    }
    js_set(json, "rows", rows);
    return json;
}

/* --- training --------------------------------------------------------------------------------- */

static void set_network(struct json *json, const struct settings *settings, const char *data)
{
    const struct mlp *mlp = &settings->mlp;
    struct json *widths = js_array();
    for (int l = 0; l <= mlp->layers; l++)
        js_append_int(widths, mlp->width[l]);
    js_set_text(json, "data", data);
    js_set_int(json, "samples", settings->plan.samples);
    js_set(json, "widths", widths);
    js_set_int(json, "parameters", mlp->parameters);
    js_set_real(json, "flops_per_sample", mlp_train_flops(mlp));
}

struct json *bench_step_json(const struct step_report *report, const char *data)
{
    struct json *json = js_object(), *rows = js_array();
    set_network(json, report->settings, data);
    for (int i = 0; i < report->rows; i++) {
        const struct step_row *row = &report->row[i];
        struct json *entry = js_object(), *phases = js_object();
        js_set_int(entry, "batch", row->batch);
        js_set_bool(entry, "clamped", row->clamped);
        js_set_int(entry, "slices", row->slices);
        set_stats(entry, "samples_per_s", row->samples_per_s);
        set_stats(entry, "gflops", row->gflops);
        set_stats(entry, "peak_gflops", row->peak_gflops);
        set_stats(entry, "share_of_peak", row->share_of_peak);
        set_stats(entry, "kernel_gflops", row->kernel_gflops);
        set_stats(entry, "share_of_kernel", row->share_of_kernel);
        js_set_real(entry, "step_s", row->step_s);
        for (int p = 0; p < N_PHASES; p++)
            js_set_real(phases, phase_name((enum phase)p), row->phase_s[p]);
        js_set(entry, "phase_s", phases);
        js_append(rows, entry);
    }
    js_set(json, "rows", rows);
    return json;
}

struct json *bench_scaling_json(const struct scaling_report *report, const char *data)
{
    struct json *json = js_object(), *rows = js_array();
    set_network(json, report->settings, data);
    for (int i = 0; i < report->rows; i++) {
        const struct scaling_row *row = &report->row[i];
        struct json *entry = js_object();
        js_set_text(entry, "kind", row->weak ? "weak" : "strong");
        js_set_bool(entry, "same_model", !row->weak);
        js_set_int(entry, "batch", row->batch);
        js_set_int(entry, "ranks", row->layout.ranks);
        js_set_int(entry, "threads", row->layout.threads);
        js_set_bool(entry, "measured", row->measured);
        if (row->measured) {
            js_set_int(entry, "slices", row->slices);
            js_set_text(entry, "binding", row->binding);
            set_stats(entry, "samples_per_s", row->samples_per_s);
            set_stats(entry, "gflops", row->gflops);
            js_set_real(entry, "speed_up", row->speed_up);
            js_set_real(entry, "efficiency", row->efficiency);
            js_set_real(entry, "communication", row->communication);
        }
        js_append(rows, entry);
    }
    js_set(json, "rows", rows);
    return json;
}
