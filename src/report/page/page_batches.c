#include <math.h>
#include <string.h>

#include "report/page/page_parts.h"

/* The card being drawn. */
struct drawing {
    const struct json *sweep; /* NULL: the rows are runs */
    const struct rows *rows;
    double least, most; /* batch sizes */
    struct plot plot;
    char title[SENTENCE], note[SENTENCE];
};

/* A card for one figure. `add` adds lines to the picture, and may set the title and a note. */
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

/* Returns the batch sizes at which all runs reached the target or, if by_all is false, the other
 * ones. */
static struct rows reached(const struct rows *rows, bool by_all)
{
    struct rows some = {.n = 0};
    for (int i = 0; i < rows->n; i++)
        if (by_all != (row_number(rows->row[i], "reached") < row_number(rows->row[i], "runs")))
            some.row[some.n++] = rows->row[i];
    return some;
}

/* Returns the rows that a title describes. If the card shows a figure up to the target, these are
 * the rows in which all runs reached the target, because a mean over only the runs that did would
 * be too favourable. If this excludes every row, all rows are returned. */
static struct rows titled_rows(const struct rows *rows, const struct batch_card *card)
{
    struct rows some = reached(rows, true);
    some = rows_that_have(card->to_target ? &some : rows, card->path);
    return some.n > 0 ? some : rows_that_have(rows, card->path);
}

/* Writes a title with the values at the smallest and the largest batch size: "Steps per epoch:
 * 1,688 at B = 32, 7 at B = 8,192". */
static void title_of(const struct rows *rows, const struct batch_card *card, char title[SENTENCE])
{
    struct rows some = titled_rows(rows, card);
    const struct json *least = rows_least(&some, "batch"), *most = rows_most(&some, "batch");
    char sentence[100];
    snprintf(title, SENTENCE, "%s", card->title);
    snprintf(sentence, sizeof sentence, ": {%s} at B" EQUALS "{batch}", card->path);
    sentence_append(title, sentence, least);
    sentence[0] = ',';
    if (least != most)
        sentence_append(title, sentence, most);
}

/* --- additional lines ----------------------------------------------------------------------- */

/* Adds the line numerator / B + addend over all batch sizes. */
static struct plot_series *add_guide(
    struct drawing *drawing, double numerator, double addend, const char *name)
{
    enum { POINTS = 80 };
    double ratio = drawing->most / drawing->least;
    int series = plot_series(&drawing->plot, PLOT_GUIDE, "%s", name);
    for (int i = 0; i <= POINTS; i++) {
        double batch = drawing->least * pow(ratio, i / (double)POINTS);
        plot_add(&drawing->plot, series, batch, numerator / batch + addend);
    }
    return &drawing->plot.series[series];
}

/* Adds a vertical line at a batch size. */
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
    const struct json *sweep = drawing->sweep;
    double steps = row_number(sweep, "fit.min_steps"),
           samples = row_number(sweep, "fit.min_samples"),
           critical = row_number(sweep, "fit.critical_batch");
    if (critical > 0)
        sentence_append(drawing->title,
            ". Near the critical batch, {fit.critical_batch}, doubling B no longer halves them",
            sweep);
    if (isfinite(steps) && isfinite(samples)) {
        add_guide(drawing, samples, steps, "fit: S_min + E_min/B");
        add_guide(drawing, samples, 0, "perfect scaling: E_min/B")->colour = 2;
        struct plot_series *floor =
            add_guide(drawing, 0, steps, "S_min, the fewest steps of any batch size");
        floor->colour = 3;
        floor->widens = true;
        sentence_append(drawing->note,
            "S_min = {fit.min_steps} steps, E_min = {fit.min_samples} samples.", sweep);
    }
    add_mark(&drawing->plot, critical, 1, "critical batch E_min/S_min");
    add_mark(&drawing->plot, row_number(sweep, "noise_critical_batch"), 4, "gradient noise scale");
}

static void add_fewest_samples(struct drawing *drawing)
{
    double samples = row_number(drawing->sweep, "fit.min_samples");
    if (isfinite(samples))
        add_guide(drawing, 0, samples, "E_min, the fewest samples of any batch size");
}

static void add_whole_epoch(struct drawing *drawing)
{
    const struct json *source = drawing->sweep ? drawing->sweep : drawing->rows->row[0];
    double samples = row_number(source, "train_samples");
    if (samples > 0)
        add_guide(drawing, samples, 0, "N/B, before rounding");
}

static void title_with_shortest_time(struct drawing *drawing)
{
    static const struct batch_card card = {.path = "seconds_to_target", .to_target = true};
    struct rows some = titled_rows(drawing->rows, &card);
    drawing->title[0] = '\0';
    sentence_append(drawing->title,
        "Time to target: shortest at B" EQUALS "{batch}, {seconds_to_target}",
        rows_least(&some, card.path));
}

/* Adds every rate that was tried, with hollow markers to distinguish them from the best rates. */
static void add_tried_rates(struct drawing *drawing)
{
    struct rows runs = rows_of(js_get(drawing->sweep, "runs"));
    static const struct batch_card best = {.path = "lr", .title = "Best learning rate"};
    if (!row_is(drawing->sweep, "rates", "grid"))
        return;
    title_of(drawing->rows, &best, drawing->title);
    int series = page_series(&drawing->plot, "tried", &runs, "batch", "lr");
    drawing->plot.series[series].style = PLOT_POINTS;
    drawing->plot.series[series].colour = 6;
}

static void add_diagonal(struct drawing *drawing)
{
    int series = plot_series(
        &drawing->plot, PLOT_GUIDE, "noise scale = B: to the left, a larger batch saves steps");
    plot_add(&drawing->plot, series, drawing->least, drawing->least);
    plot_add(&drawing->plot, series, drawing->most, drawing->most);
}

static void add_target(struct drawing *drawing)
{
    const struct json *sweep = drawing->sweep;
    bool loss = strstr(drawing->plot.y.label, "loss");
    drawing->plot.y.from_zero = false;
    if (row_is(sweep, "target.metric", loss ? "val_loss" : "val_accuracy"))
        add_guide(drawing, 0, row_number(sweep, "target.value"), "target")->widens = true;
}

/* --- the cards -------------------------------------------------------------------------------- */

/* Adds the measurements. Batch sizes at which some runs did not reach the target have a different
 * marker. */
static void add_reached(struct plot *plot, const struct rows *rows, const char *path)
{
    struct rows all = reached(rows, true), some = reached(rows, false);
    page_series(plot, "measured (mean, minimum and maximum)", &all, "batch", path);
    some = rows_that_have(&some, path);
    if (some.n == 0)
        return;
    int series =
        page_series(plot, "measured, where not all runs reached the target", &some, "batch", path);
    plot->series[series].style = PLOT_POINTS;
    plot->series[series].colour = 6;
}

static void draw(struct page *page, const struct json *sweep, const struct rows *rows,
    const struct batch_card *card)
{
    struct drawing drawing = {.sweep = sweep,
        .rows = rows,
        .least = row_number(rows_least(rows, "batch"), "batch"),
        .most = row_number(rows_most(rows, "batch"), "batch"),
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

/* Draws the validation accuracy, or the validation loss if the accuracy is missing, on a separate
 * card for each loss function. */
static void draw_results(struct page *page, const struct json *sweep, const struct rows *all)
{
    const char *kinds[ROWS_KINDS], *metric = row_text(sweep, "target.metric");
    int n = rows_kinds(all, "loss_function", kinds);
    char columns[300], title[80];
    snprintf(columns, sizeof columns,
        "batch, name, metric: %.40s (target), val_accuracy, test_accuracy, train_loss, val_loss, "
        "gap",
        metric ? metric : "metric");
    for (int k = 0; k < n; k++) {
        struct rows rows = rows_with(all, "loss_function", kinds[k]);
        struct batch_card card = {.path = "val_accuracy",
            .title = "Validation accuracy",
            .columns = columns,
            .whole = true,
            .add = add_target};
        if (!rows_least(&rows, "val_accuracy")) {
            card.path = "val_loss";
            card.title = title;
            snprintf(title, sizeof title, n > 1 ? "Validation loss (%.20s)" : "Validation loss",
                *kinds[k] ? kinds[k] : "unknown loss");
        }
        if (rows_least(&rows, "val_loss"))
            draw(page, sweep, &rows, &card);
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
            false, true, true, title_with_shortest_time},
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
            true, false, add_diagonal}};
    double least = row_number(rows_least(rows, "batch"), "batch"),
           most = row_number(rows_most(rows, "batch"), "batch");
    if (!(least > 0) || (!sweep && least == most))
        return;
    for (size_t i = 0; i < sizeof card / sizeof *card; i++) {
        struct rows some = rows_that_have(rows, card[i].path);
        if (some.n > 0 && card[i].title)
            draw(page, sweep, rows, &card[i]);
        else if (some.n > 0)
            draw_results(page, sweep, rows);
    }
}
