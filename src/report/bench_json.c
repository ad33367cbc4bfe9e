#include "report/bench_table.h"

#include "commit.h"

struct json *bench_stats_json(struct repeat_stats stats)
{
    struct json *json = js_object();
    js_set_real(json, "median", stats.median);
    js_set_real(json, "least", stats.least);
    js_set_real(json, "most", stats.most);
    return json;
}

struct json *bench_head_json(const struct bench_head *head)
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
        js_set(entry, "one", bench_stats_json(row->one));
        js_set(entry, "all", bench_stats_json(row->all));
        js_append(rows, entry);
    }
    js_set(json, "rows", rows);
    return json;
}

static struct json *figure_json(struct repeat_stats gflops, double peak)
{
    struct json *json = js_object();
    js_set(json, "gflops", bench_stats_json(gflops));
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
    js_set(json, "peak_gflops", bench_stats_json(report->peak));
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
        js_set(entry, "ordered_s", bench_stats_json(row->ordered_s));
        js_set(entry, "allreduce_s", bench_stats_json(row->allreduce_s));
        js_set_real(entry, "ordered_gb_per_s", gigabytes / row->ordered_s.median);
        js_set_real(entry, "allreduce_gb_per_s", gigabytes / row->allreduce_s.median);
        js_set(entry, "ratio", bench_stats_json(row->ratio));
        js_append(rows, entry);
    }
    js_set(json, "rows", rows);
    return json;
}
