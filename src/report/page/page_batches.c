#include <math.h>
#include <string.h>

#include "report/page/page_parts.h"

struct batches {
    const struct json *sweep; /* NULL: these are runs */
    const struct rows *rows;
    double least, most; /* batch sizes */
};

/* The card that is being drawn. */
struct drawing {
    struct batches batches;
    struct plot plot;
    char title[PAGE_TITLE], note[PAGE_TITLE];
};

/* A card about one figure. `add` adds lines to the picture, and may change the title and write a note. */
struct batch_card {
    const char *path, *title, *columns;
    bool whole, log, to_target;
    void (*add)(struct drawing *drawing);
};

/* --- titles ----------------------------------------------------------------------------------- */

static struct rows rows_that_have(const struct rows *rows, const char *path)
{
    struct rows some = {.n = 0};
    for (int i = 0; i < rows->n; i++)
        if (isfinite(row_number(rows->row[i], path)) && isfinite(row_number(rows->row[i], "batch")))
            some.row[some.n++] = rows->row[i];
    return some;
}

/* The batch sizes with which all runs reached the target, or the others. */
static struct rows reached(const struct rows *rows, bool by_all)
{
    struct rows some = {.n = 0};
    for (int i = 0; i < rows->n; i++)
        if (by_all != (row_number(rows->row[i], "reached") < row_number(rows->row[i], "runs")))
            some.row[some.n++] = rows->row[i];
    return some;
}

/* The rows that a title is about: for a figure to the target those whose runs all reached it, if there
 * are any, since the means of the others are those of lucky runs. */
static struct rows meant(const struct rows *rows, const struct batch_card *card)
{
    struct rows some = reached(rows, true);
    some = rows_that_have(card->to_target ? &some : rows, card->path);
    return some.n > 0 ? some : rows_that_have(rows, card->path);
}

/* "Steps per epoch: 1,688 at B = 32, 7 at B = 8,192": at the smallest and the largest batch. */
static void title_of(const struct rows *rows, const struct batch_card *card, char title[PAGE_TITLE])
{
    struct rows some = meant(rows, card);
    const struct json *end[] = {rows_least(&some, "batch"), rows_most(&some, "batch")};
    size_t used = (size_t)snprintf(title, PAGE_TITLE, "%s", card->title);
    for (int i = 0; i < (end[0] == end[1] ? 1 : 2); i++) {
        char figure[NUMBER_TEXT], batch[NUMBER_TEXT];
        used += (size_t)snprintf(title + used, PAGE_TITLE - used, "%s %s at B" EQUALS "%s",
            i == 0 ? ":" : ",",
            number_text(row_number(end[i], card->path), figure_of(card->path).form, figure),
            number_text(row_number(end[i], "batch"), NUMBER_COUNT, batch));
    }
}

/* --- additional lines ----------------------------------------------------------------------- */

/* A line numerator / B + addend over all batch sizes. Returns its number. */
static int add_guide(
    struct drawing *drawing, double numerator, double addend, int colour, const char *name)
{
    enum { POINTS = 80 };
    const struct batches *batches = &drawing->batches;
    struct plot *plot = &drawing->plot;
    int series = plot_series(plot, PLOT_GUIDE, "%s", name);
    plot->series[series].colour = colour;
    for (int i = 0; i <= POINTS; i++) {
        double batch = batches->least * pow(batches->most / batches->least, i / (double)POINTS);
        plot_add(plot, series, batch, numerator / batch + addend);
    }
    return series;
}

/* A vertical line at a batch size. */
static void add_mark(struct plot *plot, double batch, int colour, const char *name)
{
    if (!(batch > 0))
        return;
    int series = plot_series(plot, PLOT_GUIDE, "%s", name);
    plot->series[series].colour = colour;
    plot_add(plot, series, batch, 1e-300);
    plot_add(plot, series, batch, 1e300);
}

static void add_fit(struct drawing *drawing)
{
    const struct json *fit = js_get(drawing->batches.sweep, "fit");
    double steps = row_number(fit, "min_steps"), samples = row_number(fit, "min_samples");
    double critical = row_number(fit, "critical_batch");
    char text[2][NUMBER_TEXT];
    size_t used = strlen(drawing->title);
    if (critical > 0)
        snprintf(drawing->title + used, PAGE_TITLE - used,
            ". Near the critical batch, %s, doubling B no longer halves them",
            number_text(critical, NUMBER_COUNT, text[0]));
    if (isfinite(steps) && isfinite(samples)) {
        add_guide(drawing, samples, steps, PLOT_INK, "fit: S_min + E_min/B");
        add_guide(drawing, samples, 0, 2, "perfect scaling: E_min/B");
        int floor = add_guide(drawing, 0, steps, 3, "S_min, the fewest steps of any batch size");
        drawing->plot.series[floor].widens = true;
        snprintf(drawing->note, PAGE_TITLE, "S_min = %s steps, E_min = %s samples.",
            number_text(steps, NUMBER_COUNT, text[0]), number_text(samples, NUMBER_COUNT, text[1]));
    }
    add_mark(&drawing->plot, critical, 1, "critical batch E_min/S_min");
    add_mark(&drawing->plot, row_number(drawing->batches.sweep, "noise_critical_batch"), 4,
        "critical batch by gradient noise");
}

static void add_fewest_samples(struct drawing *drawing)
{
    double samples = row_number(drawing->batches.sweep, "fit.min_samples");
    if (isfinite(samples))
        add_guide(drawing, 0, samples, PLOT_INK, "E_min, the fewest samples of any batch size");
}

static void add_whole_epoch(struct drawing *drawing)
{
    double samples = drawing->batches.sweep
                         ? row_number(drawing->batches.sweep, "train_samples")
                         : row_number(drawing->batches.rows->row[0], "train_samples");
    if (samples > 0)
        add_guide(drawing, samples, 0, PLOT_INK, "N/B, before rounding");
}

static void name_shortest(struct drawing *drawing)
{
    static const struct batch_card card = {.path = "seconds_to_target", .to_target = true};
    char batch[NUMBER_TEXT], time[NUMBER_TEXT];
    struct rows some = meant(drawing->batches.rows, &card);
    const struct json *shortest = rows_least(&some, card.path);
    snprintf(drawing->title, PAGE_TITLE, "Time to target: shortest at B" EQUALS "%s, %s",
        number_text(row_number(shortest, "batch"), NUMBER_COUNT, batch),
        number_text(row_number(shortest, card.path), NUMBER_TIME, time));
}

/* Every rate that was tried, hollow beside the best. */
static void add_tried_rates(struct drawing *drawing)
{
    const char *rates = row_text(drawing->batches.sweep, "rates");
    struct rows runs = rows_of(js_get(drawing->batches.sweep, "runs"));
    static const struct batch_card best = {.path = "lr", .title = "Best learning rate"};
    if (!rates || strcmp(rates, "grid") != 0)
        return;
    title_of(drawing->batches.rows, &best, drawing->title);
    int series = page_series(&drawing->plot, "tried", &runs, "batch", "lr");
    drawing->plot.series[series].style = PLOT_POINTS;
    drawing->plot.series[series].colour = 6;
}

static void add_batch_itself(struct drawing *drawing)
{
    int series =
        plot_series(&drawing->plot, PLOT_GUIDE, "B itself: left of it a larger batch saves steps");
    plot_add(&drawing->plot, series, drawing->batches.least, drawing->batches.least);
    plot_add(&drawing->plot, series, drawing->batches.most, drawing->batches.most);
}

static void add_target(struct drawing *drawing)
{
    const char *metric = row_text(drawing->batches.sweep, "target.metric");
    const char *shown = strstr(drawing->plot.y.label, "loss") ? "val_loss" : "val_accuracy";
    drawing->plot.y.from_zero = false;
    if (metric && strcmp(metric, shown) == 0) {
        double target = row_number(drawing->batches.sweep, "target.value");
        drawing->plot.series[add_guide(drawing, 0, target, PLOT_INK, "target")].widens = true;
    }
}

/* --- the cards -------------------------------------------------------------------------------- */

/* Batch sizes with which not all runs reached the target have separate markers. */
static void add_reached(struct plot *plot, const struct rows *rows, const char *path)
{
    struct rows all = reached(rows, true), some = reached(rows, false);
    page_series(plot, "measured (mean, least and most)", &all, "batch", path);
    some = rows_that_have(&some, path);
    if (some.n == 0)
        return;
    int series = page_series(plot, "the same, where not all runs reached it", &some, "batch", path);
    plot->series[series].style = PLOT_POINTS;
    plot->series[series].colour = 6;
}

static void draw(struct page *page, const struct batches *batches, const struct batch_card *card)
{
    const struct rows *rows = batches->rows;
    struct drawing drawing = {.batches = *batches,
        .plot = {.x = page_batch_axis(rows), .y = page_axis(card->path, card->log)}};
    title_of(rows, card, drawing.title);
    if (card->to_target)
        add_reached(&drawing.plot, rows, card->path);
    else
        page_series(&drawing.plot, figure_of(card->path).heading, rows, "batch", card->path);
    if (card->add)
        card->add(&drawing);
    page_card(page, &(struct card){.whole = card->whole,
                        .title = drawing.title,
                        .plots = 1,
                        .plot = &drawing.plot,
                        .columns = card->columns,
                        .rows = rows,
                        .note = *drawing.note ? drawing.note : NULL});
}

/* The accuracy, or the loss; each loss function has its own card. */
static void draw_results(struct page *page, const struct batches *batches)
{
    const char *kinds[ROWS_KINDS], *metric = row_text(batches->sweep, "target.metric");
    int n = rows_kinds(batches->rows, "loss_function", kinds);
    for (int k = 0; k < n; k++) {
        struct rows rows = rows_with(batches->rows, "loss_function", kinds[k]);
        struct batches some = *batches;
        char columns[300], title[80];
        bool accuracy = rows_least(&rows, "val_accuracy");
        some.rows = &rows;
        if (!rows_least(&rows, "val_loss"))
            continue;
        snprintf(columns, sizeof columns,
            "batch, name, metric: %.40s (target), val_accuracy, test_accuracy, train_loss, "
            "val_loss, gap",
            metric ? metric : "metric");
        snprintf(title, sizeof title, "Validation %s%s%.20s%s", accuracy ? "accuracy" : "loss",
            accuracy || n == 1 ? "" : " (",
            accuracy || n == 1 ? ""
            : *kinds[k]        ? kinds[k]
                               : "unknown loss",
            accuracy || n == 1 ? "" : ")");
        draw(page, &some,
            &(struct batch_card){accuracy ? "val_accuracy" : "val_loss", title, columns, true,
                false, false, add_target});
    }
}

void page_batches(struct page *page, const struct json *sweep, const struct rows *rows)
{
    static const struct batch_card card[] = {
        {"steps_to_target", "Steps to target",
            "batch, steps_to_target, epochs_to_target, runs, reached, regime", true, true, true,
            add_fit},
        {"steps_per_epoch", "Steps per epoch",
            "batch, name, steps_per_epoch, total_steps, steps_done", false, true, false,
            add_whole_epoch},
        {"seconds_to_target", "Time to target", "batch, seconds_to_target, seconds_per_epoch",
            false, true, true, name_shortest},
        {"samples_to_target", "Samples to target, the cost",
            "batch, samples_to_target, epochs_to_target", false, true, true, add_fewest_samples},
        {"lr", "Learning rate", "batch, name, lr, lr_on_border", false, true, false,
            add_tried_rates},
        {"samples_per_second", "Samples per second",
            "batch, name, samples_per_second, gflops, seconds, seconds_per_epoch, "
            "communication_share, workers, workers_busy",
            true, false, false, NULL},
        {"val_loss", NULL, NULL, false, false, false, NULL}, /* draw_results() */
        {"peak_rss_bytes", "Memory", "batch, name, peak_rss_bytes", false, false, false, NULL},
        {"noise_scale", "Noise scale at the end", "batch, name, noise_scale, noise_error", false,
            true, false, add_batch_itself}};
    double least = row_number(rows_least(rows, "batch"), "batch"),
           most = row_number(rows_most(rows, "batch"), "batch");
    struct batches batches = {sweep, rows, least, most};
    if (!(least > 0) || (!sweep && least == most))
        return;
    for (size_t i = 0; i < sizeof card / sizeof *card; i++) {
        struct rows some = rows_that_have(rows, card[i].path);
        if (some.n > 0 && card[i].title)
            draw(page, &batches, &card[i]);
        else if (some.n > 0)
            draw_results(page, &batches);
    }
}
