#include "report/bench_table.h"

#include <string.h>

#include "base/shown.h"
#include "base/text.h"
#include "report/figure.h"
#include "report/table.h"

/* --- conditions ------------------------------------------------------------------------------- */

static void print_machine(FILE *file, const struct json *report)
{
    fprintf(file, "machine   %s, %.0f core%s available", row_text(report, "cpu"),
        row_number(report, "cores"), NUMBER_PLURAL(row_number(report, "cores")));
    for (int level = 1; level <= 3; level++) {
        char key[16];
        snprintf(key, sizeof key, "l%d_bytes", level);
        if (row_number(report, key) > 0)
            fprintf(file, ", L%d %s", level, BYTES(row_number(report, key)));
    }
    fputc('\n', file);
}

static void print_workers(FILE *file, const struct json *report)
{
    enum { RANKS_SHOWN = 8 };
    double ranks = row_number(report, "ranks"), threads = row_number(report, "threads"),
           hosts = row_number(report, "hosts");
    const struct json *binding = js_get(report, "binding");
    fprintf(file, "workers   %.0f rank%s x %.0f thread%s on %.0f host%s\n", ranks,
        NUMBER_PLURAL(ranks), threads, NUMBER_PLURAL(threads), hosts, NUMBER_PLURAL(hosts));
    for (size_t r = 0; r < js_size(binding) && r < RANKS_SHOWN; r++)
        fprintf(file, "          rank %zu: %s\n", r, js_as_text(js_item(binding, r)));
    if (js_size(binding) > RANKS_SHOWN)
        fprintf(file, "          ... and %zu more ranks\n", js_size(binding) - RANKS_SHOWN);
}

static void print_network(FILE *file, const struct json *results)
{
    const struct json *widths = js_get(results, "widths");
    if (!widths)
        return;
    fputs("network   ", file);
    for (size_t l = 0; l < js_size(widths); l++)
        fprintf(file, l ? "-%.0f" : "%.0f", value_number(js_item(widths, l)));
    fprintf(file, " on %s, %s samples; %.0f operations per sample\n", row_text(results, "data"),
        NUMBER(row_number(results, "samples"), NUMBER_COUNT),
        row_number(results, "flops_per_sample"));
}

static void print_conditions(FILE *file, const struct json *report)
{
    double rounds = row_number(report, "repeats");
    fprintf(file, "bench     %s, lockstep %s (%s)\n", row_text(report, "bench"),
        row_text(report, "version"), row_text(report, "commit"));
    print_machine(file, report);
    print_workers(file, report);
    fprintf(file, "kernel    %s (%s), %s\n", row_text(report, "kernel"), row_text(report, "blas"),
        row_text(report, "mpi"));
    fprintf(file, "command   %s\n", SHOWN(row_text(report, "command")));
    fprintf(file, "sampling  %.0f round%s in turn, %g s per measurement; median [least, most]\n",
        rounds, NUMBER_PLURAL(rounds), row_number(report, "seconds"));
    print_network(file, js_get(report, "results"));
    fputc('\n', file);
}

/* --- results ---------------------------------------------------------------------------------- */

static void print_peak(FILE *file, const struct json *results)
{
    table_print_array(file, "place, work, bytes: data per worker, one, all, unit",
        js_get(results, "rows"), TABLE_ANY_WIDTH);
    fprintf(file,
        "\nall: %.0f workers; float32, %s code; a multiply-add counts as two operations; an update "
        "reads and writes\n",
        row_number(results, "workers"), row_text(results, "level"));
}

void bench_kernel_columns(const struct rows *rows, char out[BENCH_COLUMNS])
{
    const struct json *tiles = rows->n > 0 ? js_get(rows->row[0], "tiles") : NULL;
    snprintf(out, BENCH_COLUMNS, "kernel, rows, lanes");
    for (size_t i = 0; i < js_size(tiles); i++)
        text_append(out, BENCH_COLUMNS,
            ", tiles.%zu.gflops: k = %.0f (GFLOP/s), tiles.%zu.share_of_peak", i,
            row_number(js_item(tiles, i), "k"), i);
}

static void print_kernel(FILE *file, const struct json *results)
{
    char columns[BENCH_COLUMNS], text[FIGURE_TEXT];
    struct rows rows = rows_of(js_get(results, "kernels"));
    bench_kernel_columns(&rows, columns);
    table_print(file, columns, &rows, TABLE_ANY_WIDTH);
    fprintf(file,
        "\non one core, which reaches %s GFLOP/s for multiply-adds in registers\n"
        "rows x lanes: size of a tile, computed from panels in the caches; k: length of its sums\n",
        figure_text(js_get(results, "peak_gflops"), NUMBER_PLAIN, text));
}

static void print_reduce(FILE *file, const struct json *results)
{
    table_print_array(file,
        "bytes, ordered_s, ordered_gb_per_s, allreduce_s, allreduce_gb_per_s, ratio",
        js_get(results, "rows"), TABLE_ANY_WIDTH);
    fprintf(file,
        "\n%.0f ranks, one slice each; GB/s: size of the vector / time until every rank has "
        "the sum; both sums were checked\n",
        row_number(results, "ranks"));
}

static void print_step(FILE *file, const struct json *results)
{
    struct rows rows = rows_of(js_get(results, "rows"));
    bool truth, clamped = false;
    table_print(file,
        "batch: B, samples_per_s, gflops, kernel_gflops, peak_gflops, share_of_kernel, "
        "share_of_peak",
        &rows, TABLE_ANY_WIDTH);
    for (int i = 0; i < rows.n; i++)
        clamped |= js_as_bool(js_get(rows.row[i], "clamped"), &truth) && truth;
    if (clamped)
        fputs("the last B is the whole training set: a larger batch was requested\n", file);
    fputs("\nkernel: the kernel of the step, on panels in cache; peak: multiply-adds in registers; "
          "both measured\non the same workers before each run\n\n",
        file);
    table_print(file,
        "batch: B, step_s, phase_s.load, phase_s.forward, phase_s.backward, phase_s.weights, "
        "phase_s.reduce, phase_s.update, phase_s.wait",
        &rows, TABLE_ANY_WIDTH);
    fputs("\nphases: time per step, means over workers; wait: time at barriers; update: the "
          "optimizer, "
          "except for\nweights that are updated with their gradient, in the phase weights\n",
        file);
}

static void print_scaling(FILE *file, const struct json *results)
{
    static const char columns[] = "kind:  , batch, ranks, threads, samples_per_s, gflops.median, "
                                  "speed_up, efficiency, communication, binding";
    struct rows rows = rows_of(js_get(results, "rows"));
    bool truth, left_out = false;
    table_print(file, columns, &rows, TABLE_ANY_WIDTH);
    for (int i = 0; i < rows.n; i++)
        left_out |= js_as_bool(js_get(rows.row[i], "measured"), &truth) && !truth;
    if (left_out)
        fputs("-: not measured: the batch is larger than the data\n", file);
    fputs(
        "\nstrong: the same batch, so the same model, on more workers\n"
        "weak:   the same batch per worker; the global batch grows with the workers, so the model\n"
        "        differs and usually needs a different --lr: compare samples/s, not the runs\n",
        file);
}

void bench_print(FILE *file, const struct json *report)
{
    static const struct {
        const char *what;
        void (*print)(FILE *file, const struct json *results);
    } kind[] = {{"peak", print_peak}, {"kernel", print_kernel}, {"reduce", print_reduce},
        {"step", print_step}, {"scaling", print_scaling}};
    print_conditions(file, report);
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++)
        if (strcmp(row_text(report, "bench"), kind[i].what) == 0)
            kind[i].print(file, js_get(report, "results"));
}
