#include <math.h>
#include <string.h>

#include "report/page/page_parts.h"

/* The card being drawn. */
struct drawing {
    const struct json *sweep; /* NULL: the rows are runs */
    const struct rows *rows;
    double least, most; /* batch sizes */
    struct plot plot;
    char finding[SENTENCE], note[SENTENCE];
};

/* The pages that show a card unfolded. */
enum place { FOLDED, IN_SWEEPS = 1, IN_RUNS = 2, IN_BOTH = 3 };

/* A card for one figure. `add` adds lines to the picture, and may set the finding and a note. */
struct batch_card {
    const char *path, *name, *columns;
    bool whole, log, to_target;
    enum place shown;
    void (*add)(struct drawing *drawing);
};

/* --- findings --------------------------------------------------------------------------------- */

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

/* Returns the rows that a finding describes. If the card shows a figure up to the target, these are
 * the rows in which all runs reached the target, because a mean over only the runs that did would
 * be too favourable. If this excludes every row, all rows are returned. */
static struct rows described_rows(const struct rows *rows, const struct batch_card *card)
{
    struct rows some = reached(rows, true);
    some = rows_that_have(card->to_target ? &some : rows, card->path);
    return some.n > 0 ? some : rows_that_have(rows, card->path);
}

/* Writes how a figure depends on the batch size: "Falls from 1,688 at B = 32 to 7 at B = 8,192" if its
 * extremes are at the ends, or "Highest at B = 256: 0.883; lowest at B = 8,192: 0.861". */
static void find_trend(
    const struct rows *rows, const struct batch_card *card, char finding[SENTENCE])
{
    struct rows some = described_rows(rows, card);
    const struct json *first = rows_least(&some, "batch"), *last = rows_most(&some, "batch"),
                      *least = rows_least(&some, card->path), *most = rows_most(&some, card->path);
    double at_first = row_number(first, card->path), at_last = row_number(last, card->path),
           lowest = row_number(least, card->path), highest = row_number(most, card->path);
    bool falls = highest == at_first && lowest == at_last;
    bool rises = lowest == at_first && highest == at_last;
    char sentence[2][100];
    const char *form[] = {falls   ? "Falls from {%s} at B" EQUALS "{batch}"
                          : rises ? "Rises from {%s} at B" EQUALS "{batch}"
                                  : "Highest at B" EQUALS "{batch}: {%s}",
        falls || rises ? " to {%s} at B" EQUALS "{batch}" : "; lowest at B" EQUALS "{batch}: {%s}"};
    *finding = '\0';
    if (lowest == highest) {
        form[0] = first == last ? "{%s} at B" EQUALS "{batch}" : "{%s} at every batch size";
        form[1] = "";
    }
    for (int i = 0; i < 2; i++)
        snprintf(sentence[i], sizeof sentence[i], form[i], card->path);
    sentence_append(finding, sentence[0], falls || rises ? first : most);
    sentence_append(finding, sentence[1], falls || rises ? last : least);
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

/* Tints an interval of batch sizes. */
static void add_interval(struct plot *plot, double low, double high, int colour, const char *name)
{
    if (!(low > 0 && high > low))
        return;
    int series = plot_series(plot, PLOT_BAND, "%s", name);
    plot->series[series].colour = colour;
    plot_add_between(plot, series, low, 1, 1e-300, 1e300);
    plot_add_between(plot, series, high, 1, 1e-300, 1e300);
}

/* Adds the steps of each seed that reports, unless there are more than can be told apart. Older sweeps do not list them. */
static void add_seeds(struct drawing *drawing)
{
    enum { MOST = 12 };
    int series = plot_series(&drawing->plot, PLOT_POINTS, "one seed");
    drawing->plot.series[series].colour = 5;
    for (int b = 0; b < drawing->rows->n; b++) {
        const struct json *batch = drawing->rows->row[b];
        struct rows rates = rows_of(js_get(batch, "rates"));
        for (int r = 0; r < rates.n; r++) {
            struct rows seeds = rows_of(js_get(rates.row[r], "seeds"));
            bool chosen = row_number(rates.row[r], "lr") == row_number(batch, "lr");
            for (int i = 0; chosen && seeds.n > 1 && seeds.n <= MOST && i < seeds.n; i++)
                if (row_true(seeds.row[i], "reports") && !row_true(seeds.row[i], "coarse"))
                    plot_add(&drawing->plot, series, row_number(batch, "batch"),
                        row_number(seeds.row[i], "steps"));
        }
    }
}

static void add_fit(struct drawing *drawing)
{
    add_seeds(drawing);
    const struct json *sweep = drawing->sweep;
    double steps = row_number(sweep, "fit.min_steps"),
           samples = row_number(sweep, "fit.min_samples"),
           critical = row_number(sweep, "fit.critical_batch");
    if (critical > 0)
        sentence_append(drawing->finding,
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
    add_interval(&drawing->plot, row_number(sweep, "fit.critical_batch_low"),
        row_number(sweep, "fit.critical_batch_high"), 1, "its 95 % interval");
    add_mark(&drawing->plot, row_number(sweep, "frozen_noise_scale"), 4, "gradient noise scale");
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

static void find_soonest(struct drawing *drawing)
{
    const struct json *sweep = drawing->sweep;
    if (!(row_number(sweep, "recommendation.soonest.batch") > 0))
        return;
    *drawing->finding = '\0';
    sentence_append(drawing->finding,
        "B" EQUALS "{recommendation.soonest.batch} reaches {target.metric} {target.value} soonest, "
        "in {recommendation.soonest.seconds}",
        sweep);
    if (row_text(sweep, "recommendation.soonest.tied"))
        sentence_append(drawing->finding, "; {recommendation.soonest.tied}", sweep);
}

static void add_diagonal(struct drawing *drawing)
{
    int series = plot_series(&drawing->plot, PLOT_GUIDE, "noise scale = B");
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
    const char *measured = js_get(rows->row[0], page_interval(path))
                               ? "measured (geometric mean, 95 % interval)"
                               : "measured (mean, minimum and maximum)";
    page_series(plot, measured, &all, "batch", path);
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
        .plot = {.x = page_batch_axis(rows), .y = page_axis(card->path, card->log, rows)}};
    find_trend(rows, card, drawing.finding);
    if (card->to_target)
        add_reached(&drawing.plot, rows, card->path);
    else
        page_series(&drawing.plot, figure_of(card->path).heading, rows, "batch", card->path);
    if (card->add)
        card->add(&drawing);
    page_card(page, &(struct card){.whole = card->whole,
                        .name = card->name,
                        .finding = drawing.finding,
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
    char columns[300], name[80];
    snprintf(columns, sizeof columns,
        "batch, name, metric: %.40s (target), val_accuracy, test_accuracy, train_loss, val_loss",
        metric ? metric : "metric");
    for (int k = 0; k < n; k++) {
        struct rows rows = rows_with(all, "loss_function", kinds[k]);
        struct batch_card card = {.path = "val_accuracy",
            .name = "Validation accuracy",
            .columns = columns,
            .add = add_target};
        if (!rows_least(&rows, "val_accuracy")) {
            card.path = "val_loss";
            card.name = name;
            snprintf(name, sizeof name, n > 1 ? "Validation loss (%.20s)" : "Validation loss",
                *kinds[k] ? kinds[k] : "unknown loss");
        }
        if (rows_least(&rows, "val_loss"))
            draw(page, sweep, &rows, &card);
    }
}

static const struct batch_card cards[] = {
    {"steps_to_target", "Steps to target",
        "batch, steps_to_target, steps_interval: 95 % interval, points: of each seed, "
        "epochs_to_target, runs, reached, regime",
        true, true, true, IN_SWEEPS, add_fit},
    {"lr", NULL, NULL, false, true, false, IN_SWEEPS, NULL}, /* page_rates() */
    {"seconds_to_target", "Time to target", "batch, seconds_to_target, seconds_per_epoch", false,
        true, true, IN_SWEEPS, find_soonest},
    {"samples_to_target", "Samples to target, the cost",
        "batch, samples_to_target, epochs_to_target", false, true, true, IN_SWEEPS,
        add_fewest_samples},
    {"val_loss", NULL, NULL, false, false, false, IN_BOTH, NULL}, /* draw_results() */
    {"samples_per_second", "Samples per second",
        "batch, name, samples_per_second, gflops, seconds, seconds_per_epoch, "
        "communication_share, workers, workers_busy",
        false, false, false, IN_RUNS, NULL},
    {"steps_per_epoch", "Steps per epoch", "batch, name, steps_per_epoch, total_steps, steps_done",
        false, true, false, FOLDED, add_whole_epoch},
    {"lr", "Learning rate", "batch, name, lr, lr_on_border", false, true, false, FOLDED, NULL},
    {"peak_rss_bytes", "Memory", "batch, name, peak_rss_bytes", false, false, false, FOLDED, NULL},
    {"frozen_noise_scale", "Noise scale at the end",
        "batch, name, frozen_noise_scale, frozen_noise_low, frozen_noise_high", false, true, false,
        FOLDED, add_diagonal}};

/* Draws the card with the number c if the rows have its figure. */
static void draw_card(
    struct page *page, const struct json *sweep, const struct rows *rows, size_t c)
{
    struct rows some = rows_that_have(rows, cards[c].path);
    bool rates = strcmp(cards[c].path, "lr") == 0, map = row_is(sweep, "rates", "grid") &&
                                                         rows_least(rows, "steps_to_target") &&
                                                         js_get(rows->row[0], "rates");
    if (some.n == 0 || (rates && map != !cards[c].name))
        return;
    if (rates && map) {
        char finding[SENTENCE];
        find_trend(rows, &cards[c], finding);
        page_rates(page, rows, finding);
    } else if (cards[c].name)
        draw(page, sweep, rows, &cards[c]);
    else
        draw_results(page, sweep, rows);
}

void page_batches(struct page *page, const struct json *sweep, const struct rows *rows)
{
    enum { CARDS = sizeof cards / sizeof *cards };
    double least = row_number(rows_least(rows, "batch"), "batch"),
           most = row_number(rows_most(rows, "batch"), "batch");
    if (!(least > 0) || (!sweep && least == most))
        return;
    for (int fold = 0; fold < 2; fold++) {
        if (fold)
            page_section_fold(page, "More about the batch size");
        for (size_t c = 0; c < CARDS; c++)
            if (fold == !(cards[c].shown & (sweep ? IN_SWEEPS : IN_RUNS)))
                draw_card(page, sweep, rows, c);
    }
}
