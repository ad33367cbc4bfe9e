#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/bench_table.h"
#include "report/page/page_parts.h"

static void card(struct page *page, struct plot *plot, bool whole, const char *name,
    const char *finding, const char *columns, const struct rows *rows)
{
    page_card(page, &(struct card){.whole = whole,
                        .name = name,
                        .finding = finding,
                        .plots = 1,
                        .plot = plot,
                        .columns = columns,
                        .rows = rows});
}

/* --- step ------------------------------------------------------------------------------------- */

static void bench_step(struct page *page, const struct rows *rows, const struct json *results)
{
    (void)results;
    struct plot speed = {.x = page_batch_axis(rows), .y = page_axis("samples_per_s", false, rows)},
                share = {.x = page_batch_axis(rows), .y = page_axis("share_of_peak", false, rows)};
    page_series(&speed, "training", rows, "batch", "samples_per_s");
    card(page, &speed, false, "Training: samples per second",
        FILLED("Training reaches up to {samples_per_s} samples/s, at B" EQUALS "{batch}",
            rows_most(rows, "samples_per_s")),
        "batch, samples_per_s, step_s", rows);
    snprintf(share.y.label, sizeof share.y.label, "share (%%)");
    page_series(&share, "of the peak of multiply-adds", rows, "batch", "share_of_peak");
    page_series(&share, "of the kernel alone", rows, "batch", "share_of_kernel");
    card(page, &share, false, "Training: share of the peak",
        FILLED("A step reaches {share_of_peak} of the peak, at B" EQUALS "{batch}",
            rows_most(rows, "share_of_peak")),
        "batch, gflops, peak_gflops, share_of_peak, share_of_kernel", rows);
    page_phases(page, rows, "batch");
}

/* --- scaling ---------------------------------------------------------------------------------- */

#define LAYOUT "{ranks} rank{ranks:s} of {threads} thread{threads:s}"
#define SCALING_CARD "Ranks and threads: speed-up, efficiency, communication"

static double workers_of(const struct json *row)
{
    return row_number(row, "ranks") * row_number(row, "threads");
}

/* Adds markers without a line, since several layouts may have the same number of workers. */
static void scaling_series(
    struct plot *plot, const char *name, const struct rows *all, const char *kind, const char *path)
{
    struct rows rows = rows_with(all, "kind", kind);
    int series = plot_series(plot, PLOT_POINTS, "%s", name);
    for (int i = 0; i < rows.n; i++)
        plot_add(
            plot, series, workers_of(rows.row[i]), row_number(rows.row[i], path) / plot->y.unit);
}

/* Returns an empty plot of shares or ratios against the number of workers. */
static struct plot workers_plot(const struct rows *rows, const char *path)
{
    struct plot plot = {.x = {.label = "workers (ranks \xc3\x97 threads)", .form = NUMBER_COUNT},
        .y = page_axis(path, false, rows)};
    for (int i = 0; i < rows->n; i++) {
        bool known = false;
        for (int t = 0; t < plot.x.ticks; t++)
            known |= plot.x.tick[t] == workers_of(rows->row[i]);
        if (!known && plot.x.ticks < PLOT_TICKS_MAX)
            plot.x.tick[plot.x.ticks++] = workers_of(rows->row[i]);
    }
    return plot;
}

static struct plot scaling_plot(const struct rows *rows, const char *path)
{
    struct plot plot = workers_plot(rows, path);
    scaling_series(&plot, "strong: the same batch", rows, "strong", path);
    scaling_series(&plot, "weak: the same batch per worker", rows, "weak", path);
    return plot;
}

/* Adds a guide from the first layout, the reference, to the layout with the most workers. */
static void add_ideal(struct plot *plot, const struct rows *rows, bool speed_up)
{
    double most = 0, first = workers_of(rows->row[0]);
    int series = plot_series(plot, PLOT_GUIDE, "ideal");
    plot->series[series].widens = true;
    for (int i = 0; i < rows->n; i++)
        most = fmax(most, workers_of(rows->row[i]));
    plot_add(plot, series, speed_up ? 0 : first, speed_up ? 0 : 100);
    plot_add(plot, series, most, speed_up ? most / first : 100);
}

static bool is_layout(const struct json *row, const struct json *other)
{
    return row_number(row, "ranks") == row_number(other, "ranks") &&
           row_number(row, "threads") == row_number(other, "threads");
}

const struct json *page_fastest_layout(const struct rows *rows)
{
    struct rows others = {.n = 0};
    for (int i = 1; i < rows->n; i++)
        if (!is_layout(rows->row[i], rows->row[0]))
            others.row[others.n++] = rows->row[i];
    return rows_most(&others, "speed_up");
}

/* Writes "Speed-up of 1.78 on 2 ranks of 1 thread; reducing and waiting take at most 4.0 % of the
 * time". */
static void title_of_scaling(const struct rows *rows, char title[SENTENCE])
{
    const struct json *fastest = page_fastest_layout(rows);
    if (!fastest)
        sentence_append(title, "Speed on " LAYOUT, rows->row[0]);
    else if (row_number(fastest, "speed_up") > 1)
        sentence_append(title, "Speed-up of {speed_up} on " LAYOUT, fastest);
    else {
        sentence_append(title, "No layout is faster than " LAYOUT, rows->row[0]);
        sentence_append(title, ": speed-up of {speed_up} on " LAYOUT, fastest);
    }
    sentence_append(title, "; reducing and waiting take at most {communication} of the time",
        rows_most(rows, "communication"));
}

/* Returns a sentence about the verification; "" if there was none. */
static const char *verdict_of(const struct json *results, char text[SENTENCE])
{
    const struct json *verification = js_get(results, "verification");
    bool verified;
    if (!js_as_bool(js_get(verification, "verified"), &verified))
        return sentence_append(text, "", NULL);
    return sentence_append(text,
        verified ? "Verified: all strong layouts end with the same weights, bit for bit, after "
                   "{steps} steps. "
                 : "NOT VERIFIED: {why}. ",
        verification);
}

/* POP's factors, whose product is the global efficiency (study/scaling_rules.h). */
static const struct {
    const char *path, *name, *finding;
} factors[] = {
    {"load_balance", "load balance", "Load balance limits " LAYOUT ": {load_balance}"},
    {"communication_efficiency", "communication efficiency",
        "Communication limits " LAYOUT ": {communication_efficiency}"},
    {"computation_scaling", "computation scaling",
        "Computing limits " LAYOUT ": {computation_scaling}"},
};
enum { FACTORS = sizeof factors / sizeof *factors };

/* Names the lowest factor of the largest layout. */
static void title_of_factors(const struct rows *strong, char title[SENTENCE])
{
    const struct json *largest = strong->row[0];
    int lowest = 0;
    for (int i = 1; i < strong->n; i++)
        if (workers_of(strong->row[i]) > workers_of(largest))
            largest = strong->row[i];
    for (int f = 1; f < FACTORS; f++)
        if (row_number(largest, factors[f].path) < row_number(largest, factors[lowest].path))
            lowest = f;
    sentence_append(title, factors[lowest].finding, largest);
}

/* Draws POP's factors of the strong rows. */
static void scaling_factors(struct page *page, const struct rows *rows)
{
    struct rows strong = rows_with(rows, "kind", "strong");
    struct plot plot = workers_plot(&strong, "global_efficiency");
    char title[SENTENCE] = "";
    if (!isfinite(row_number(strong.row[0], "global_efficiency")))
        return;
    for (int f = 0; f < FACTORS; f++)
        scaling_series(&plot, factors[f].name, &strong, "strong", factors[f].path);
    scaling_series(&plot, "global efficiency", &strong, "strong", "global_efficiency");
    snprintf(plot.y.label, sizeof plot.y.label, "efficiency (%%)");
    title_of_factors(&strong, title);
    page_card(page, &(struct card){.name = "Strong scaling: what limits the efficiency",
                        .finding = title,
                        .plots = 1,
                        .plot = &plot,
                        .columns = "layout, batch, hosts, load_balance, communication_efficiency, "
                                   "parallel_efficiency, computation_scaling, global_efficiency, "
                                   "reduce_s, first_step_s",
                        .rows = &strong,
                        .note = "Global efficiency is the product of POP's three factors."});
}

static void bench_scaling(struct page *page, const struct rows *rows, const struct json *results)
{
    char title[SENTENCE] = "", note[SENTENCE] = "";
    verdict_of(results, note);
    text_append(note, sizeof note, "%s",
        "Strong: the same batch, so the same model. Weak: the same batch per worker, so another "
        "model: compare samples/s, not the runs.");
    if (!isfinite(row_number(rows->row[0], "speed_up"))) {
        page_card(page, &(struct card){.whole = true,
                            .name = SCALING_CARD,
                            .finding = "The layouts do not train the same weights",
                            .columns = "kind:  , layout, batch, hosts, weights_xxh3",
                            .rows = rows,
                            .note = note});
        return;
    }
    struct plot plot[] = {scaling_plot(rows, "speed_up"), scaling_plot(rows, "efficiency"),
        scaling_plot(rows, "communication")};
    add_ideal(&plot[0], rows, true);
    add_ideal(&plot[1], rows, false);
    title_of_scaling(rows, title);
    page_card(page, &(struct card){.whole = true,
                        .name = SCALING_CARD,
                        .finding = title,
                        .plots = 3,
                        .plot = plot,
                        .columns = "kind:  , batch, ranks, threads, hosts, samples_per_s, gflops, "
                                   "speed_up, efficiency, host_efficiency, communication, binding",
                        .rows = rows,
                        .note = note});
    scaling_factors(page, rows);
}

/* --- peak, kernel, reduce --------------------------------------------------------------------- */

/* Returns an axis of sizes in KiB. */
static struct plot_axis size_axis(const char *label)
{
    struct plot_axis axis = {.log = true, .form = NUMBER_SHORT, .unit = 1024};
    snprintf(axis.label, sizeof axis.label, "%s (KiB)", label);
    return axis;
}

static void bench_peak(struct page *page, const struct rows *rows, const struct json *results)
{
    (void)results;
    const char *work[ROWS_KINDS];
    struct plot plot = {
        .x = size_axis("size of the data"), .y = {.label = "bytes per second (GB/s)", .log = true}};
    int works = rows_kinds(rows, "work", work);
    for (int each = 0; each < 2; each++)
        for (int w = 0; w < works; w++) {
            struct rows some = rows_with(rows, "work", work[w]);
            char name[PLOT_NAME];
            if (!(row_number(some.row[0], "bytes") > 0))
                continue; /* multiply-adds in registers have no size */
            snprintf(name, sizeof name, "%.60s, %s", work[w], each ? "all workers" : "one core");
            page_series(&plot, name, &some, "bytes", each ? "all" : "one");
        }
    card(page, &plot, false, "The machine's peak",
        FILLED("{one} GFLOP/s on one core, {all} on all; bytes per second from caches and "
               "memory",
            rows->row[0]),
        "place, work, bytes, unit, one, all", rows);
}

/* Writes "The kernel skx reaches 72.1 % of one core's peak, at k = 64". */
static void title_of_kernels(const struct rows *rows, int depths, char title[SENTENCE])
{
    char path[48], sentence[200] = "Speed of the kernels on one core";
    const struct json *fastest = NULL;
    double most = -INFINITY;
    for (int d = 0; d < depths; d++) {
        snprintf(path, sizeof path, "tiles.%d.share_of_peak", d);
        const struct json *best = rows_most(rows, path);
        if (!(row_number(best, path) > most))
            continue;
        fastest = best;
        most = row_number(best, path);
        snprintf(sentence, sizeof sentence,
            "The kernel {kernel} reaches {%s} of one core's peak, at k" EQUALS "{tiles.%d.k}", path,
            d);
    }
    sentence_append(title, sentence, fastest);
}

static void bench_kernel(struct page *page, const struct rows *rows, const struct json *results)
{
    (void)results;
    char columns[BENCH_COLUMNS], title[SENTENCE] = "";
    struct plot plot = {
        .x = {.label = "depth k (terms of a sum)", .log = true, .form = NUMBER_COUNT},
        .y = {.label = "share of peak (%)", .from_zero = true, .unit = 0.01}};
    for (int i = 0; i < rows->n; i++) {
        const char *name = row_text(rows->row[i], "kernel");
        struct rows tiles = rows_of(js_get(rows->row[i], "tiles"));
        page_series(&plot, name ? name : "", &tiles, "k", "share_of_peak");
    }
    struct rows tiles = rows_of(js_get(rows->row[0], "tiles"));
    for (int d = 0; d < tiles.n && d < PLOT_TICKS_MAX; d++)
        plot.x.tick[plot.x.ticks++] = row_number(tiles.row[d], "k");
    bench_kernel_columns(rows, columns);
    title_of_kernels(rows, tiles.n, title);
    card(page, &plot, false, "Kernels on one core", title, columns, rows);
}

/* Returns a plot of the sums of 1 MiB on several numbers of ranks. */
static struct plot reduce_teams(const struct rows *rows)
{
    struct rows teams = rows_with(rows, "kind", "teams");
    struct plot plot = {.x = {.label = "ranks", .log = true, .form = NUMBER_COUNT},
        .y = page_axis("ordered_s", true, &teams)};
    for (int slices = 1; slices <= 4; slices++) {
        struct rows some = {.n = 0};
        char name[PLOT_NAME];
        for (int i = 0; i < teams.n; i++)
            if (row_number(teams.row[i], "slices") == slices)
                some.row[some.n++] = teams.row[i];
        snprintf(name, sizeof name, "ordered, %d slice%s each", slices, NUMBER_PLURAL(slices));
        if (some.n > 0)
            page_series(&plot, name, &some, "teams", "ordered_s");
        for (int i = 0; slices == 1 && i < some.n && i < PLOT_TICKS_MAX; i++)
            plot.x.tick[plot.x.ticks++] = row_number(some.row[i], "teams");
    }
    return plot;
}

static void bench_reduce(struct page *page, const struct rows *rows, const struct json *results)
{
    struct rows sizes = rows_with(rows, "kind", "size");
    struct plot plot[2] = {
        {.x = size_axis("size"), .y = {.label = "speed (GB/s)", .log = true}}, reduce_teams(rows)};
    char title[SENTENCE] = "";
    page_series(&plot[0], "a message to another rank", &sizes, "bytes", "message_gb_per_s");
    page_series(&plot[0], "the ordered sum", &sizes, "bytes", "ordered_gb_per_s");
    page_series(&plot[0], "MPI_Allreduce", &sizes, "bytes", "allreduce_gb_per_s");
    if (js_get(results, "message"))
        sentence_append(title,
            "A message takes {message.latency_s} or more and reaches {message.gb_per_s:3} GB/s",
            results);
    page_card(page, &(struct card){.name = "The sum over ranks: the ordered sum and MPI_Allreduce",
                        .finding = title,
                        .plots = 2,
                        .folded = 1,
                        .plot = plot,
                        .columns = "kind, teams, slices, bytes, message_s, ordered_s, allreduce_s, "
                                   "message_gb_per_s, ordered_gb_per_s, allreduce_gb_per_s, ratio",
                        .rows = rows,
                        .fold = "Other numbers of ranks, and the table"});
}

void page_benches(struct page *page)
{
    static const struct {
        const char *what, *rows;
        void (*draw)(struct page *page, const struct rows *rows, const struct json *results);
    } kind[] = {{"step", "rows", bench_step}, {"scaling", "rows", bench_scaling},
        {"peak", "rows", bench_peak}, {"kernel", "kernels", bench_kernel},
        {"reduce", "rows", bench_reduce}};
    if (page->input->benches == 0)
        return;
    page_section_begin(page, "Measurements", NULL);
    for (int b = 0; b < page->input->benches; b++)
        for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
            const struct json *json = page->input->bench[b].json;
            const struct json *results = js_get(json, "results");
            struct rows rows = rows_of(js_get(results, kind[i].rows));
            if (row_is(json, "bench", kind[i].what) && rows.n > 0)
                kind[i].draw(page, &rows, results);
        }
    page_section_end(page);
}
