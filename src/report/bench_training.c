#include "report/bench_table.h"

#include <inttypes.h>

#include "base/text.h"
#include "net/cost.h"

static void print_network(FILE *file, const struct settings *settings, const char *data)
{
    const struct mlp *mlp = &settings->mlp;
    char samples[32];
    fprintf(file, "network   ");
    for (int l = 0; l <= mlp->layers; l++)
        fprintf(file, l ? "-%" PRId64 : "%" PRId64, mlp->width[l]);
    fprintf(file, " on %s, %s samples; %.0f operations a sample\n\n", data,
        text_grouped(settings->plan.samples, samples), cost_train_flops(mlp));
}

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
    js_set_real(json, "flops_per_sample", cost_train_flops(mlp));
}

/* --- step ---------------------------------------------------------------------------------- */

static void print_phases(FILE *file, const struct step_report *report)
{
    fprintf(file, "\n%8s %10s", "B", "us a step");
    for (int p = 0; p < N_PHASES; p++)
        fprintf(file, " %9s", phase_name((enum phase)p));
    for (int i = 0; i < report->rows; i++) {
        const struct step_row *row = &report->row[i];
        fprintf(file, "\n%8" PRId64 " %10.1f", row->batch, 1e6 * row->step_s);
        for (int p = 0; p < N_PHASES; p++)
            fprintf(file, " %9.1f", 1e6 * row->phase_s[p]);
    }
    fputs("\n\nphases: means over workers, us a step; wait is at barriers\n", file);
}

void bench_step_print(FILE *file, const struct step_report *report, const char *data)
{
    char rate[REPEAT_STATS_TEXT], gflops[REPEAT_STATS_TEXT], kernel[REPEAT_STATS_TEXT],
        peak[REPEAT_STATS_TEXT];
    char of_kernel[REPEAT_STATS_TEXT], of_peak[REPEAT_STATS_TEXT];
    print_network(file, report->settings, data);
    fprintf(file, "%8s %28s %21s %21s %21s %14s %14s\n", "B", "samples/s", "GFLOP/s", "kernel",
        "peak", "% of kernel", "% of peak");
    for (int i = 0; i < report->rows; i++) {
        const struct step_row *row = &report->row[i];
        fprintf(file, "%8" PRId64 " %28s %21s %21s %21s %14s %14s%s\n", row->batch,
            bench_stats(rate, row->samples_per_s, 0), bench_stats(gflops, row->gflops, 1),
            bench_stats(kernel, row->kernel_gflops, 1), bench_stats(peak, row->peak_gflops, 1),
            bench_stats(of_kernel, repeat_stats_scaled(row->share_of_kernel, 100), 0),
            bench_stats(of_peak, repeat_stats_scaled(row->share_of_peak, 100), 0),
            row->clamped ? " (all samples: more were asked for)" : "");
    }
    fputs(
        "\nkernel: the step's own, on panels that lie in cache; peak: multiply-adds in registers; "
        "both in GFLOP/s\nof the same workers, before each run\n",
        file);
    print_phases(file, report);
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
        js_set(entry, "samples_per_s", bench_stats_json(row->samples_per_s));
        js_set(entry, "gflops", bench_stats_json(row->gflops));
        js_set(entry, "peak_gflops", bench_stats_json(row->peak_gflops));
        js_set(entry, "share_of_peak", bench_stats_json(row->share_of_peak));
        js_set(entry, "kernel_gflops", bench_stats_json(row->kernel_gflops));
        js_set(entry, "share_of_kernel", bench_stats_json(row->share_of_kernel));
        js_set_real(entry, "step_s", row->step_s);
        for (int p = 0; p < N_PHASES; p++)
            js_set_real(phases, phase_name((enum phase)p), row->phase_s[p]);
        js_set(entry, "phase_s", phases);
        js_append(rows, entry);
    }
    js_set(json, "rows", rows);
    return json;
}

/* --- scaling ------------------------------------------------------------------------------- */

static void print_scaling_row(FILE *file, const struct scaling_row *row)
{
    char rate[REPEAT_STATS_TEXT], layout[32];
    snprintf(layout, sizeof layout, "%d x %d", row->layout.ranks, row->layout.threads);
    fprintf(file, "%-7s %9" PRId64 " %9s ", row->weak ? "weak" : "strong", row->batch, layout);
    if (!row->measured) {
        fputs("not measured: the batch is larger than the data\n", file);
        return;
    }
    fprintf(file, "%30s %9.1f %9.2f %9.0f %% %9.0f %%   %s\n",
        bench_stats(rate, row->samples_per_s, 0), row->gflops.median, row->speed_up,
        100 * row->efficiency, 100 * row->communication, row->binding);
}

void bench_scaling_print(FILE *file, const struct scaling_report *report, const char *data)
{
    print_network(file, report->settings, data);
    fprintf(file, "%-7s %9s %9s %30s %9s %9s %11s %11s   %s\n", "", "batch", "R x T", "samples/s",
        "GFLOP/s", "speed-up", "efficiency", "reduce+wait", "cores, rank by rank");
    for (int i = 0; i < report->rows; i++) {
        if (i > 0 && report->row[i].weak != report->row[i - 1].weak)
            fputc('\n', file);
        print_scaling_row(file, &report->row[i]);
    }
    fputs("\nstrong: the same batch, so the same model, on R ranks x T threads\n"
          "weak:   the same batch per worker; the global batch grows with the workers, which makes "
          "another model\n        and usually asks for another --lr: samples/s compare, runs do "
          "not\n",
        file);
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
            js_set(entry, "samples_per_s", bench_stats_json(row->samples_per_s));
            js_set(entry, "gflops", bench_stats_json(row->gflops));
            js_set_real(entry, "speed_up", row->speed_up);
            js_set_real(entry, "efficiency", row->efficiency);
            js_set_real(entry, "communication", row->communication);
        }
        js_append(rows, entry);
    }
    js_set(json, "rows", rows);
    return json;
}
