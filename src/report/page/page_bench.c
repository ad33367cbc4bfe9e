#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page/page_parts.h"

/* One measurement's page. */
struct measured {
    struct page *page;
    const struct json *results;
    int n;
    const struct json *row[PAGE_ROWS];
};

static void spread_to(
    struct plot *plot, int series, double x, const struct json *value, double unit)
{
    plot_add_between(plot, series, x, unit * html_number(value),
        unit * html_number(js_get(value, "least")), unit * html_number(js_get(value, "most")));
}

/* The row whose figure is the greatest; NULL: none has it. */
static const struct json *best_row(const struct measured *measured, const char *key)
{
    const struct json *best = NULL;
    for (int i = 0; i < measured->n; i++)
        if (isfinite(page_number(measured->row[i], key)) &&
            (!best || page_number(measured->row[i], key) > page_number(best, key)))
            best = measured->row[i];
    return best;
}

static void card(const struct measured *measured, struct plot *plot, const char *title,
    const struct column *columns, int n)
{
    page_card_begin(measured->page, CARD_HALF, title);
    page_pictures(measured->page, plot, 1, title);
    page_table(measured->page, title, columns, n, measured->row, measured->n);
    page_card_end(measured->page);
}

/* --- step ------------------------------------------------------------------------------------- */

static void step_speed(const struct measured *measured)
{
    static const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"samples/s", "samples_per_s", NUMBER_COUNT}, {"time of a step", "step_s", NUMBER_TIME}};
    char title[PAGE_TITLE], text[2][NUMBER_TEXT];
    struct plot plot = {
        .y = {.label = "speed (samples/s)", .from_zero = true, .form = NUMBER_SHORT}};
    const struct json *best = best_row(measured, "samples_per_s");
    page_batch_axis(&plot.x, measured->row, measured->n);
    int series = plot_series(&plot, PLOT_BOTH, "training");
    for (int i = 0; i < measured->n; i++)
        spread_to(&plot, series, page_number(measured->row[i], "batch"),
            js_get(measured->row[i], "samples_per_s"), 1);
    snprintf(title, sizeof title, "Training goes up to %s samples/s, at B" EQUALS "%s",
        number_text(page_number(best, "samples_per_s"), NUMBER_COUNT, text[0]),
        number_text(page_number(best, "batch"), NUMBER_COUNT, text[1]));
    card(measured, &plot, title, COLUMNS(columns));
}

static void step_share(const struct measured *measured)
{
    static const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"GFLOP/s", "gflops", NUMBER_PLAIN}, {"peak (GFLOP/s)", "peak_gflops", NUMBER_PLAIN},
        {"share of peak", "share_of_peak", NUMBER_SHARE},
        {"share of the kernel", "share_of_kernel", NUMBER_SHARE}};
    char title[PAGE_TITLE], text[2][NUMBER_TEXT];
    struct plot plot = {.y = {.label = "share (%)", .from_zero = true, .form = NUMBER_PLAIN}};
    const struct json *best = best_row(measured, "share_of_peak");
    page_batch_axis(&plot.x, measured->row, measured->n);
    int peak = plot_series(&plot, PLOT_BOTH, "of the peak of multiply-adds");
    int kernel = plot_series(&plot, PLOT_BOTH, "of the kernel alone");
    for (int i = 0; i < measured->n; i++) {
        double batch = page_number(measured->row[i], "batch");
        spread_to(&plot, peak, batch, js_get(measured->row[i], "share_of_peak"), 100);
        spread_to(&plot, kernel, batch, js_get(measured->row[i], "share_of_kernel"), 100);
    }
    snprintf(title, sizeof title, "A step reaches %s of the peak, at B" EQUALS "%s",
        number_text(page_number(best, "share_of_peak"), NUMBER_SHARE, text[0]),
        number_text(page_number(best, "batch"), NUMBER_COUNT, text[1]));
    card(measured, &plot, title, COLUMNS(columns));
}

static void bench_step(const struct measured *measured)
{
    static const struct phase_paths paths = {"phase_s.", "", "batch", "batch size B (samples)"};
    step_speed(measured);
    step_share(measured);
    page_phases(measured->page, measured->row, measured->n, &paths);
}

/* --- scaling ---------------------------------------------------------------------------------- */

static double workers_of(const struct json *row)
{
    return page_number(row, "ranks") * page_number(row, "threads");
}

/* Markers of one kind: each layout of as many workers has its own. */
static int scaling_series(struct plot *plot, const struct measured *measured, const char *kind,
    const char *key, double unit)
{
    int series = plot_series(plot, PLOT_POINTS, "%s",
        strcmp(kind, "strong") == 0 ? "strong: the same batch" : "weak: the same batch per worker");
    for (int i = 0; i < measured->n; i++) {
        const char *own = js_as_text(js_get(measured->row[i], "kind"));
        if (own && strcmp(own, kind) == 0)
            plot_add(plot, series, workers_of(measured->row[i]),
                unit * page_number(measured->row[i], key));
    }
    return series;
}

static struct plot scaling_plot(const struct measured *measured, const char *label)
{
    struct plot plot = {.small = true,
        .x = {.label = "workers (ranks \xc3\x97 threads)", .form = NUMBER_COUNT},
        .y = {.label = label, .from_zero = true, .form = NUMBER_PLAIN}};
    for (int i = 0; i < measured->n; i++) {
        bool known = false;
        for (int t = 0; t < plot.x.ticks; t++)
            known |= plot.x.tick[t] == workers_of(measured->row[i]);
        if (!known && plot.x.ticks < PLOT_TICKS_MAX)
            plot.x.tick[plot.x.ticks++] = workers_of(measured->row[i]);
    }
    return plot;
}

/* A picture of bench scaling. */
struct scaling_figure {
    const char *key, *label;
    double unit;
};
enum { SPEED_UP, EFFICIENCY, COMMUNICATION, N_SCALING };

/* The layout that the others are measured by has a speed-up of 1. */
static void add_ideal(struct plot *plot, const struct measured *measured, int figure)
{
    double most = 0, first = workers_of(measured->row[0]);
    if (figure == COMMUNICATION)
        return;
    int series = plot_series(plot, PLOT_GUIDE, "ideal");
    plot->series[series].widens = true;
    for (int i = 0; i < measured->n; i++)
        most = fmax(most, workers_of(measured->row[i]));
    plot_add(plot, series, figure == SPEED_UP ? 0 : first, figure == SPEED_UP ? 0 : 100);
    plot_add(plot, series, most, figure == SPEED_UP ? most / first : 100);
}

static bool is_layout(const struct json *row, const struct json *other)
{
    return page_number(row, "ranks") == page_number(other, "ranks") &&
           page_number(row, "threads") == page_number(other, "threads");
}

const struct json *page_fastest_layout(const struct json *const *rows, int n)
{
    const struct json *best = NULL;
    for (int i = 1; i < n; i++)
        if (!is_layout(rows[i], rows[0]) && isfinite(page_number(rows[i], "speed_up")) &&
            (!best || page_number(rows[i], "speed_up") > page_number(best, "speed_up")))
            best = rows[i];
    return best;
}

/* "2 ranks of 1 thread" */
enum { LAYOUT_TEXT = 90 };
static const char *layout_text(const struct json *row, char out[LAYOUT_TEXT])
{
    char text[2][NUMBER_TEXT];
    double ranks = page_number(row, "ranks"), threads = page_number(row, "threads");
    snprintf(out, LAYOUT_TEXT, "%.25s rank%s of %.25s thread%s",
        number_text(ranks, NUMBER_COUNT, text[0]), ranks == 1 ? "" : "s",
        number_text(threads, NUMBER_COUNT, text[1]), threads == 1 ? "" : "s");
    return out;
}

/* "Speed-up of 1.78 on 2 ranks of 1 thread; reducing and waiting take at most 4.0 % of the time" */
static void title_of_scaling(const struct measured *measured, char title[PAGE_TITLE])
{
    char speed[NUMBER_TEXT], share[NUMBER_TEXT], layout[2][LAYOUT_TEXT];
    const struct json *fastest = page_fastest_layout(measured->row, measured->n);
    const struct json *talks = best_row(measured, "communication");
    number_text(page_number(fastest, "speed_up"), NUMBER_PLAIN, speed);
    number_text(page_number(talks, "communication"), NUMBER_SHARE, share);
    layout_text(measured->row[0], layout[0]);
    layout_text(fastest ? fastest : measured->row[0], layout[1]);
    if (!fastest)
        snprintf(title, PAGE_TITLE, "Speed on %s; reducing and waiting take at most %s of the time",
            layout[0], share);
    else if (page_number(fastest, "speed_up") > 1)
        snprintf(title, PAGE_TITLE,
            "Speed-up of %s on %s; reducing and waiting take at most %s of the time", speed,
            layout[1], share);
    else
        snprintf(title, PAGE_TITLE,
            "No layout is faster than %s: speed-up of %.20s on %s; reducing and waiting take at "
            "most "
            "%.20s of the time",
            layout[0], speed, layout[1], share);
}

static void bench_scaling(const struct measured *measured)
{
    static const struct scaling_figure figure[N_SCALING] = {
        [SPEED_UP] = {"speed_up", "speed-up", 1},
        [EFFICIENCY] = {"efficiency", "efficiency (%)", 100},
        [COMMUNICATION] = {"communication", "reduce and wait (% of the time)", 100}};
    static const struct column columns[] = {{"", "kind", NUMBER_PLAIN},
        {"B (samples)", "batch", NUMBER_COUNT}, {"ranks", "ranks", NUMBER_COUNT},
        {"threads", "threads", NUMBER_COUNT}, {"samples/s", "samples_per_s", NUMBER_COUNT},
        {"GFLOP/s", "gflops", NUMBER_PLAIN}, {"speed-up", "speed_up", NUMBER_PLAIN},
        {"efficiency", "efficiency", NUMBER_SHARE},
        {"reduce and wait", "communication", NUMBER_SHARE},
        {"cores, rank by rank", "binding", NUMBER_PLAIN}};
    struct plot plot[N_SCALING];
    char title[PAGE_TITLE];
    for (int f = 0; f < N_SCALING; f++) {
        plot[f] = scaling_plot(measured, figure[f].label);
        scaling_series(&plot[f], measured, "strong", figure[f].key, figure[f].unit);
        scaling_series(&plot[f], measured, "weak", figure[f].key, figure[f].unit);
        add_ideal(&plot[f], measured, f);
    }
    title_of_scaling(measured, title);
    page_card_begin(measured->page, CARD_WHOLE, title);
    page_pictures(measured->page, plot, N_SCALING, title);
    page_table(measured->page, title, COLUMNS(columns), measured->row, measured->n);
    page_say(measured->page, "note",
        "Strong: the same batch, so the same model. Weak: the same batch per worker, which is "
        "another model; samples/s compare, runs do not.");
    page_card_end(measured->page);
}

/* --- peak, kernel, reduce --------------------------------------------------------------------- */

/* Figures against a size, a series for each text at `by`, or for each of two keys. */
static void peak_bytes(const struct measured *measured)
{
    static const struct column columns[] = {{"place", "place", NUMBER_PLAIN},
        {"work", "work", NUMBER_PLAIN}, {"size", "bytes", NUMBER_BYTES},
        {"unit", "unit", NUMBER_PLAIN}, {"one worker", "one", NUMBER_PLAIN},
        {"all workers", "all", NUMBER_PLAIN}};
    char title[PAGE_TITLE], text[2][NUMBER_TEXT];
    const struct json *first = measured->n > 0 ? measured->row[0] : NULL;
    struct plot plot = {.x = {.label = "size of the data (KiB)", .log = true, .form = NUMBER_SHORT},
        .y = {.label = "bytes a second (GB/s)", .log = true, .form = NUMBER_PLAIN}};
    for (int each = 0; each < 2; each++)
        for (int i = 0; i < measured->n; i++) {
            const char *work = js_as_text(js_get(measured->row[i], "work"));
            double bytes = page_number(measured->row[i], "bytes");
            char name[PLOT_NAME];
            int series = 0;
            if (!work || !(bytes > 0))
                continue;
            snprintf(name, sizeof name, "%.60s, %s", work, each ? "all workers" : "one worker");
            while (series < plot.n && strcmp(plot.series[series].name, name) != 0)
                series++;
            if (series == plot.n)
                series = plot_series(&plot, PLOT_BOTH, "%s", name);
            spread_to(
                &plot, series, bytes / 1024, js_get(measured->row[i], each ? "all" : "one"), 1);
        }
    snprintf(title, sizeof title,
        "Peak: %s GFLOP/s of one worker, %s of all; bytes a second by where the data lie",
        number_text(page_number(first, "one"), NUMBER_PLAIN, text[0]),
        number_text(page_number(first, "all"), NUMBER_PLAIN, text[1]));
    card(measured, &plot, title, COLUMNS(columns));
}

/* "The kernel skx reaches 72.1 % of one core's peak, at k = 64" */
static void title_of_kernels(const struct measured *measured, int depths, char title[PAGE_TITLE])
{
    const struct json *best = NULL;
    double most = -INFINITY, k = NAN;
    char share[NUMBER_TEXT], depth[NUMBER_TEXT], path[48];
    for (int d = 0; d < depths; d++) {
        snprintf(path, sizeof path, "tiles.%d.share_of_peak", d);
        const struct json *row = best_row(measured, path);
        if (!(page_number(row, path) > most))
            continue;
        best = row;
        most = page_number(row, path);
        snprintf(path, sizeof path, "tiles.%d.k", d);
        k = page_number(row, path);
    }
    const char *name = js_as_text(js_get(best, "kernel"));
    if (!best) {
        snprintf(title, PAGE_TITLE, "The speed of kernels on one core");
        return;
    }
    snprintf(title, PAGE_TITLE, "The kernel %.60s reaches %s of one core's peak, at k" EQUALS "%s",
        name ? name : "", number_text(most, NUMBER_SHARE, share),
        number_text(k, NUMBER_COUNT, depth));
}

static void bench_kernel(const struct measured *measured)
{
    enum { DEPTHS = 3 };
    struct column columns[1 + 2 * DEPTHS] = {{"kernel", "kernel", NUMBER_PLAIN}};
    char titles[2 * DEPTHS][80], paths[2 * DEPTHS][64], title[PAGE_TITLE], text[NUMBER_TEXT];
    struct plot plot = {.x = {.label = "depth k (terms of a sum)", .form = NUMBER_COUNT},
        .y = {.label = "share of peak (%)", .from_zero = true, .form = NUMBER_PLAIN}};
    plot.x.log = true;
    for (int d = 0; d < DEPTHS; d++) {
        char path[32];
        snprintf(path, sizeof path, "tiles.%d.k", d);
        plot.x.tick[plot.x.ticks++] = page_number(measured->row[0], path);
        number_text(plot.x.tick[d], NUMBER_COUNT, text);
        snprintf(titles[d], 80, "k" EQUALS "%s (GFLOP/s)", text);
        snprintf(paths[d], 64, "tiles.%d.gflops", d);
        snprintf(titles[DEPTHS + d], 80, "k" EQUALS "%s: share of peak", text);
        snprintf(paths[DEPTHS + d], 64, "tiles.%d.share_of_peak", d);
        columns[1 + d] = (struct column){titles[d], paths[d], NUMBER_PLAIN};
        columns[1 + DEPTHS + d] =
            (struct column){titles[DEPTHS + d], paths[DEPTHS + d], NUMBER_SHARE};
    }
    for (int i = 0; i < measured->n; i++) {
        const char *name = js_as_text(js_get(measured->row[i], "kernel"));
        int series = plot_series(&plot, PLOT_BOTH, "%.60s", name ? name : "");
        for (int d = 0; d < DEPTHS; d++)
            plot_add(&plot, series, plot.x.tick[d],
                100 * page_number(measured->row[i], paths[DEPTHS + d]));
    }
    title_of_kernels(measured, DEPTHS, title);
    page_card_begin(measured->page, CARD_WHOLE, title);
    page_pictures(measured->page, &plot, 1, title);
    page_table(measured->page, title, COLUMNS(columns), measured->row, measured->n);
    page_card_end(measured->page);
}

static void bench_reduce(const struct measured *measured)
{
    static const struct column columns[] = {{"size", "bytes", NUMBER_BYTES},
        {"ordered", "ordered_s", NUMBER_TIME}, {"MPI_Allreduce", "allreduce_s", NUMBER_TIME},
        {"ordered (GB/s)", "ordered_gb_per_s", NUMBER_PLAIN},
        {"MPI_Allreduce (GB/s)", "allreduce_gb_per_s", NUMBER_PLAIN},
        {"ratio", "ratio", NUMBER_PLAIN}};
    struct plot plot = {.x = {.label = "size (KiB)", .log = true, .form = NUMBER_SHORT},
        .y = {.label = "speed (GB/s)", .log = true, .form = NUMBER_PLAIN}};
    int ordered = plot_series(&plot, PLOT_BOTH, "the ordered sum");
    int plain = plot_series(&plot, PLOT_BOTH, "MPI_Allreduce");
    for (int i = 0; i < measured->n; i++) {
        double size = page_number(measured->row[i], "bytes") / 1024;
        plot_add(&plot, ordered, size, page_number(measured->row[i], "ordered_gb_per_s"));
        plot_add(&plot, plain, size, page_number(measured->row[i], "allreduce_gb_per_s"));
    }
    card(measured, &plot, "The ordered sum beside MPI_Allreduce", COLUMNS(columns));
}

void page_bench(struct page *page, const struct bench_file *bench)
{
    static const struct {
        const char *what, *title, *rows;
        void (*draw)(const struct measured *measured);
    } kind[] = {{"step", "Training, measured", "rows", bench_step},
        {"scaling", "Ranks and threads, measured", "rows", bench_scaling},
        {"peak", "The machine's peak", "rows", peak_bytes},
        {"kernel", "Kernels on one core", "kernels", bench_kernel},
        {"reduce", "The sum over ranks", "rows", bench_reduce}};
    const char *what = js_as_text(js_get(bench->json, "bench"));
    struct measured measured = {.page = page, .results = js_get(bench->json, "results")};
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        if (!what || strcmp(what, kind[i].what) != 0)
            continue;
        measured.n = page_rows(js_get(measured.results, kind[i].rows), measured.row);
        page_section_begin(page, kind[i].title, js_as_text(js_get(bench->json, "command")));
        if (measured.n > 0)
            kind[i].draw(&measured);
        page_section_end(page);
    }
}
