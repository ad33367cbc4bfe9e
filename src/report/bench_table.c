#include "report/bench_table.h"

#include <math.h>
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

enum { PLACES_SHOWN = 8 };

/* Prints ": a, b and 30 more". */
static void print_hosts(FILE *file, const struct json *names)
{
    for (size_t h = 0; h < js_size(names) && h < PLACES_SHOWN; h++)
        fprintf(file, "%s%s", h ? ", " : ": ", SHOWN(js_as_text(js_item(names, h))));
    if (js_size(names) > PLACES_SHOWN)
        fprintf(file, " and %zu more", js_size(names) - PLACES_SHOWN);
    fputc('\n', file);
}

static void print_workers(FILE *file, const struct json *report)
{
    double ranks = row_number(report, "ranks"), threads = row_number(report, "threads"),
           hosts = row_number(report, "hosts");
    const struct json *binding = js_get(report, "binding");
    fprintf(file, "workers   %.0f rank%s x %.0f thread%s on %.0f host%s", ranks,
        NUMBER_PLURAL(ranks), threads, NUMBER_PLURAL(threads), hosts, NUMBER_PLURAL(hosts));
    print_hosts(file, js_get(report, "host_names"));
    for (size_t r = 0; r < js_size(binding) && r < PLACES_SHOWN; r++)
        fprintf(file, "          rank %zu: %s\n", r, js_as_text(js_item(binding, r)));
    if (js_size(binding) > PLACES_SHOWN)
        fprintf(file, "          ... and %zu more ranks\n", js_size(binding) - PLACES_SHOWN);
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
    if (row_text(report, "compiler"))
        fprintf(file, "built by  %s %s\n", row_text(report, "compiler"), row_text(report, "flags"));
    fprintf(file, "command   %s\n", SHOWN(row_text(report, "command")));
    if (isfinite(row_number(report, "start_up_s")))
        fprintf(file, "start-up  %s until the measurements: MPI, data, weights\n",
            NUMBER(row_number(report, "start_up_s"), NUMBER_TIME));
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
    struct rows rows = rows_of(js_get(results, "rows")), sizes = rows_with(&rows, "kind", "size"),
                teams = rows_with(&rows, "kind", "teams");
    const struct json *message = js_get(results, "message");
    char text[SENTENCE] = "";
    bool same;
    if (js_as_bool(js_get(message, "same_host"), &same))
        sentence_append(text,
            same ? "latency {latency_s}, bandwidth {gb_per_s:3} GB/s between two ranks on {from}"
                 : "latency {latency_s}, bandwidth {gb_per_s:3} GB/s between {from} and {to}",
            message);
    fprintf(file, "%s\n\n", SHOWN(text));
    table_print(file,
        "bytes, message_s.median: message, message_gb_per_s: message GB/s, ordered_s.median: "
        "ordered, ordered_gb_per_s, allreduce_s.median: allreduce, allreduce_gb_per_s: allreduce "
        "GB/s, ratio: allreduce / ordered",
        &sizes, TABLE_LINE);
    fputc('\n', file);
    table_print(file,
        "teams: ranks, slices: slices each, bytes, ordered_s.median: ordered, ordered_gb_per_s, "
        "allreduce_s.median: allreduce, ratio: allreduce / ordered",
        &teams, TABLE_LINE);
    fprintf(file,
        "\nabove: %.0f ranks, one slice each; below: the same size on fewer ranks, and with more "
        "slices\nmessage: one way; allreduce: MPI_Allreduce; GB/s: size of the vector / time until "
        "every rank has\nthe sum; every sum was checked. Medians, and [least, most] of the ratio\n",
        row_number(results, "ranks"));
}

static void print_step(FILE *file, const struct json *results)
{
    struct rows rows = rows_of(js_get(results, "rows"));
    bool clamped = false;
    table_print(file,
        "batch: B, samples_per_s, gflops, kernel_gflops, peak_gflops, share_of_kernel, "
        "share_of_peak",
        &rows, TABLE_ANY_WIDTH);
    for (int i = 0; i < rows.n; i++)
        clamped |= row_true(rows.row[i], "clamped");
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

/* --- scaling ---------------------------------------------------------------------------------- */

/* Prints the speed of the rows. On a single machine, columns about machines would repeat others. */
static void print_speed(FILE *file, const struct rows *rows)
{
    static const char one[] = "layout, batch: B, samples_per_s, speed_up, efficiency: per worker, "
                              "first_step_s: first step",
                      several[] = "layout, batch: B, hosts, samples_per_s, speed_up, efficiency: "
                                  "per worker, host_efficiency: per host, first_step_s: first step";
    bool machines = row_number(rows_most(rows, "hosts"), "hosts") > 1;
    table_print(file, machines ? several : one, rows, TABLE_LINE);
}

/* Appends the hash of each batch size: "0123456789abcdef (B=32), ...", or only the hash of one. */
static void append_hashes(char text[SENTENCE], const struct rows *rows)
{
    double before = 0, last = row_number(rows->row[rows->n - 1], "batch");
    bool several = row_number(rows->row[0], "batch") != last;
    for (int i = 0; i < rows->n; i++)
        if (row_number(rows->row[i], "batch") != before) {
            sentence_append(text, before > 0 ? ", {weights_xxh3}" : "{weights_xxh3}", rows->row[i]);
            sentence_append(text, several ? " (B={batch})" : "", rows->row[i]);
            before = row_number(rows->row[i], "batch");
        }
}

/* Prints the verdict, which is the last line. */
static void print_verdict(FILE *file, const struct json *results, const struct rows *rows)
{
    const struct json *verification = js_get(results, "verification");
    const char *why = row_text(verification, "why");
    struct rows strong = rows_with(rows, "kind", "strong");
    char text[SENTENCE] = "";
    bool verified;
    if (isfinite(row_number(results, "fom.value")))
        fprintf(file, "FOM = %.1f %s\n", row_number(results, "fom.value"),
            row_text(results, "fom.unit"));
    if (!js_as_bool(js_get(verification, "verified"), &verified))
        snprintf(text, sizeof text, "not compared: %s", why ? why : "no verification");
    else if (!verified)
        snprintf(text, sizeof text, "NOT VERIFIED: %s", why);
    else {
        sentence_append(text, "VERIFIED: all strong layouts end with weights_xxh3 ", NULL);
        append_hashes(text, &strong);
        sentence_append(text, " after {steps} steps", verification);
    }
    fprintf(file, "%s\n", text);
}

static void print_scaling(FILE *file, const struct json *results)
{
    struct rows rows = rows_of(js_get(results, "rows")),
                strong = rows_with(&rows, "kind", "strong"),
                weak = rows_with(&rows, "kind", "weak");
    bool truth, left_out = false;
    fputs("strong scaling: the same batch, so the same model, on more workers\n\n", file);
    print_speed(file, &strong);
    fputc('\n', file);
    table_print(file,
        "layout, batch: B, load_balance, communication_efficiency: communi- cation, "
        "parallel_efficiency: parallel, computation_scaling, global_efficiency: global, reduce_s",
        &strong, TABLE_LINE);
    fputs("\nweak scaling: the same batch per worker; every batch size is another model, which "
          "usually\n"
          "needs a different --lr: compare samples/s, not the runs\n\n",
        file);
    print_speed(file, &weak);
    for (int i = 0; i < rows.n; i++)
        left_out |= js_as_bool(js_get(rows.row[i], "measured"), &truth) && !truth;
    if (left_out)
        fputs("-: not measured: the batch is larger than the data, or the layouts differ\n", file);
    fputs(
        "\nlayout: ranks x threads; speed-up, and efficiency per worker and host: relative to the\n"
        "first layout; first step: until it has ended; load balance x communication = parallel,\n"
        "x computation scaling = global efficiency (POP's metrics: lockstep bench --help);\n"
        "reduce: mean [least, most] over ranks\n\n",
        file);
    print_verdict(file, results, &rows);
}

void bench_csv(FILE *file, const struct json *report)
{
    const struct json *rows = row_value(report, "results.rows");
    table_csv(file, js_item(rows, 0), rows);
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
