#include <math.h>
#include <string.h>

#include "report/page/page_parts.h"

/* What the pictures of one card are of. */
struct batches {
    struct page *page;
    const struct json *sweep; /* NULL: these are runs */
    const struct json *const *row;
    int n;
    double least, most; /* of the batch sizes */
};

static double number(const struct batches *batches, int i, const char *key)
{
    return page_number(batches->row[i], key);
}

/* The row of the least, or of the greatest, batch size that has the figure. */
static int end_with(const struct batches *batches, const char *key, bool greatest)
{
    int found = -1;
    for (int i = 0; i < batches->n; i++) {
        double batch = number(batches, i, "batch");
        bool has = isfinite(number(batches, i, key)) && isfinite(batch);
        double other = found < 0 ? batch : number(batches, found, "batch");
        if (has && (found < 0 || (greatest ? batch > other : batch < other)))
            found = i;
    }
    return found;
}

/* "1,688 at B = 32, 7 at B = 8,192" */
enum { ENDS_TEXT = 4 * NUMBER_TEXT };
static const char *ends_text(
    const struct batches *batches, const char *key, enum number_form form, char out[ENDS_TEXT])
{
    char text[4][NUMBER_TEXT];
    int first = end_with(batches, key, false), last = end_with(batches, key, true);
    out[0] = '\0';
    if (first >= 0 && first == last)
        snprintf(out, ENDS_TEXT, "%s at B" EQUALS "%s",
            number_text(number(batches, first, key), form, text[0]),
            number_text(number(batches, first, "batch"), NUMBER_COUNT, text[1]));
    else if (first >= 0)
        snprintf(out, ENDS_TEXT, "%s at B" EQUALS "%s, %s at B" EQUALS "%s",
            number_text(number(batches, first, key), form, text[0]),
            number_text(number(batches, first, "batch"), NUMBER_COUNT, text[1]),
            number_text(number(batches, last, key), form, text[2]),
            number_text(number(batches, last, "batch"), NUMBER_COUNT, text[3]));
    return out;
}

/* The figure of every row, with its spread; markers alone where a batch size comes twice. */
static int add_figure(struct plot *plot, const struct batches *batches, const char *key,
    double unit, const char *name)
{
    enum plot_style style = PLOT_BOTH;
    for (int i = 1; i < batches->n; i++)
        if (number(batches, i, "batch") == number(batches, i - 1, "batch"))
            style = PLOT_POINTS;
    int series = plot_series(plot, style, "%s", name);
    for (int i = 0; i < batches->n; i++) {
        const struct json *value = page_value(batches->row[i], key);
        double least = html_number(js_get(value, "least")),
               most = html_number(js_get(value, "most"));
        bool stats = least < most;
        plot_add_between(plot, series, number(batches, i, "batch"), html_number(value) / unit,
            stats ? least / unit : (double)NAN, stats ? most / unit : (double)NAN);
    }
    return series;
}

/* Rows of a sweep that all of their runs' targets were reached of, or the others. */
static struct batches reached(
    const struct batches *batches, bool by_all, const struct json *row[PAGE_ROWS])
{
    struct batches some = *batches;
    some.row = row;
    some.n = 0;
    for (int i = 0; i < batches->n && some.n < PAGE_ROWS; i++)
        if (by_all != (number(batches, i, "reached") < number(batches, i, "runs")))
            row[some.n++] = batches->row[i];
    return some;
}

/* The same, of batch sizes that all runs reached the target with, if there are any: the means of
 * the others are of their lucky runs. */
static const char *reached_ends(
    const struct batches *batches, const char *key, enum number_form form, char out[ENDS_TEXT])
{
    const struct json *row[PAGE_ROWS];
    struct batches all = reached(batches, true, row);
    return ends_text(end_with(&all, key, false) < 0 ? batches : &all, key, form, out);
}

/* What it took to reach the target; batch sizes that not all runs reached it with stand apart. */
static void add_reached(struct plot *plot, const struct batches *batches, const char *key)
{
    const struct json *row[PAGE_ROWS];
    struct batches some = reached(batches, true, row);
    add_figure(plot, &some, key, 1, "measured (mean, least and most)");
    some = reached(batches, false, row);
    if (end_with(&some, key, false) < 0)
        return;
    int series = add_figure(plot, &some, key, 1, "the same, where not all runs reached it");
    plot->series[series].style = PLOT_POINTS;
    plot->series[series].colour = 6;
}

/* A straight or curved line over all batch sizes: numerator / B + addend; its number. */
static int add_guide(struct plot *plot, const struct batches *batches, double numerator,
    double addend, int colour, const char *name)
{
    enum { POINTS = 80 };
    int series = plot_series(plot, PLOT_GUIDE, "%s", name);
    plot->series[series].colour = colour;
    for (int i = 0; i <= POINTS; i++) {
        double batch = batches->least * pow(batches->most / batches->least, i / (double)POINTS);
        plot_add(plot, series, batch, numerator / batch + addend);
    }
    return series;
}

/* Upright, at a batch size. */
static void add_mark(struct plot *plot, double batch, int colour, const char *name)
{
    if (!(batch > 0))
        return;
    int series = plot_series(plot, PLOT_GUIDE, "%s", name);
    plot->series[series].colour = colour;
    plot_add(plot, series, batch, 1e-300);
    plot_add(plot, series, batch, 1e300);
}

static bool has_figure(const struct batches *batches, const char *key)
{
    return end_with(batches, key, false) >= 0;
}

static struct plot start_plot(
    const struct batches *batches, const char *label, bool log, enum number_form form)
{
    struct plot plot = {.y = {.label = label, .log = log, .from_zero = !log, .form = form}};
    page_batch_axis(&plot.x, batches->row, batches->n);
    return plot;
}

static void finish_card(const struct batches *batches, enum card_width width, struct plot *plot,
    const char *title, const struct column *columns, int n_columns)
{
    page_card_begin(batches->page, width, title);
    page_pictures(batches->page, plot, 1, title);
    page_table(batches->page, title, columns, n_columns, batches->row, batches->n);
}

/* --- the cards -------------------------------------------------------------------------------- */

static void steps_per_epoch(const struct batches *batches)
{
    static const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"run", "name", NUMBER_PLAIN}, {"steps per epoch", "steps_per_epoch", NUMBER_COUNT},
        {"total steps", "total_steps", NUMBER_COUNT}, {"steps done", "steps_done", NUMBER_COUNT}};
    char title[PAGE_TITLE], ends[ENDS_TEXT];
    struct plot plot = start_plot(batches, "steps per epoch", true, NUMBER_SHORT);
    double samples = batches->sweep ? page_number(batches->sweep, "train_samples")
                                    : number(batches, 0, "train_samples");
    snprintf(title, sizeof title, "Steps per epoch: %s",
        ends_text(batches, "steps_per_epoch", NUMBER_COUNT, ends));
    add_figure(&plot, batches, "steps_per_epoch", 1, "steps per epoch");
    if (samples > 0)
        add_guide(&plot, batches, samples, 0, PLOT_INK, "N/B, before rounding");
    finish_card(batches, CARD_HALF, &plot, title, COLUMNS(columns));
    page_card_end(batches->page);
}

static void title_of_steps(const struct batches *batches, double critical, char title[PAGE_TITLE])
{
    char ends[ENDS_TEXT], text[NUMBER_TEXT];
    reached_ends(batches, "steps_to_target", NUMBER_COUNT, ends);
    if (critical > 0)
        snprintf(title, PAGE_TITLE,
            "Steps to target: %s. Near the critical batch, %s, doubling B no longer halves them",
            ends, number_text(critical, NUMBER_COUNT, text));
    else
        snprintf(title, PAGE_TITLE, "Steps to target: %s", ends);
}

static void steps_to_target(const struct batches *batches)
{
    static const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"steps to target", "steps_to_target", NUMBER_COUNT},
        {"epochs to target", "epochs_to_target", NUMBER_MEASURED}, {"runs", "runs", NUMBER_COUNT},
        {"reached", "reached", NUMBER_COUNT}, {"regime", "regime", NUMBER_PLAIN}};
    char title[PAGE_TITLE], one[NUMBER_TEXT], other[NUMBER_TEXT];
    const struct json *fit = js_get(batches->sweep, "fit");
    double steps = page_number(fit, "min_steps"), samples = page_number(fit, "min_samples");
    double critical = page_number(fit, "critical_batch");
    struct plot plot = start_plot(batches, "steps to target", true, NUMBER_SHORT);
    title_of_steps(batches, critical, title);
    add_reached(&plot, batches, "steps_to_target");
    if (isfinite(steps) && isfinite(samples)) {
        add_guide(&plot, batches, samples, steps, PLOT_INK, "fit: S_min + E_min/B");
        add_guide(&plot, batches, samples, 0, 2, "perfect scaling: E_min/B");
        int floor =
            add_guide(&plot, batches, 0, steps, 3, "S_min, the fewest steps of any batch size");
        plot.series[floor].widens = true;
    }
    add_mark(&plot, critical, 1, "critical batch E_min/S_min");
    add_mark(&plot, page_number(batches->sweep, "noise_critical_batch"), 4,
        "critical batch by gradient noise");
    finish_card(batches, CARD_WHOLE, &plot, title, COLUMNS(columns));
    if (isfinite(steps) && isfinite(samples))
        page_say(batches->page, "note", "S_min = %s steps, E_min = %s samples.",
            number_text(steps, NUMBER_COUNT, one), number_text(samples, NUMBER_COUNT, other));
    page_card_end(batches->page);
}

static void samples_to_target(const struct batches *batches)
{
    static const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"samples to target", "samples_to_target", NUMBER_COUNT},
        {"epochs to target", "epochs_to_target", NUMBER_MEASURED}};
    char title[PAGE_TITLE], ends[ENDS_TEXT];
    const struct json *fit = js_get(batches->sweep, "fit");
    double samples = page_number(fit, "min_samples");
    struct plot plot = start_plot(batches, "samples to target", true, NUMBER_SHORT);
    snprintf(title, sizeof title, "Samples to target, the cost: %s",
        reached_ends(batches, "samples_to_target", NUMBER_COUNT, ends));
    add_reached(&plot, batches, "samples_to_target");
    if (isfinite(samples))
        add_guide(
            &plot, batches, 0, samples, PLOT_INK, "E_min, the fewest samples of any batch size");
    finish_card(batches, CARD_HALF, &plot, title, COLUMNS(columns));
    page_card_end(batches->page);
}

static void title_of_time(const struct batches *batches, char title[PAGE_TITLE])
{
    char batch[NUMBER_TEXT], time[NUMBER_TEXT];
    const struct json *row[PAGE_ROWS];
    struct batches all = reached(batches, true, row);
    if (has_figure(&all, "seconds_to_target"))
        batches = &all;
    int least = end_with(batches, "seconds_to_target", false);
    for (int i = 0; i < batches->n; i++)
        if (number(batches, i, "seconds_to_target") < number(batches, least, "seconds_to_target"))
            least = i;
    snprintf(title, PAGE_TITLE, "Time to target: shortest at B" EQUALS "%s, %s",
        number_text(number(batches, least, "batch"), NUMBER_COUNT, batch),
        number_duration(number(batches, least, "seconds_to_target"), time));
}

static void time_to_target(const struct batches *batches)
{
    static const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"time to target (s)", "seconds_to_target", NUMBER_MEASURED},
        {"time an epoch (s)", "seconds_per_epoch", NUMBER_MEASURED}};
    char title[PAGE_TITLE];
    struct plot plot = start_plot(batches, "time to target (s)", true, NUMBER_SHORT);
    title_of_time(batches, title);
    add_reached(&plot, batches, "seconds_to_target");
    finish_card(batches, CARD_HALF, &plot, title, COLUMNS(columns));
    page_card_end(batches->page);
}

static void speed(const struct batches *batches)
{
    static const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"run", "name", NUMBER_PLAIN}, {"samples/s", "samples_per_second", NUMBER_COUNT},
        {"GFLOP/s", "gflops", NUMBER_PLAIN}, {"time (s)", "seconds", NUMBER_MEASURED},
        {"time an epoch (s)", "seconds_per_epoch", NUMBER_MEASURED},
        {"communication", "communication_share", NUMBER_SHARE},
        {"workers", "workers", NUMBER_COUNT}, {"with work", "workers_busy", NUMBER_COUNT}};
    char title[PAGE_TITLE], ends[ENDS_TEXT];
    struct plot plot = start_plot(batches, "speed (samples/s)", false, NUMBER_SHORT);
    snprintf(title, sizeof title, "Samples a second: %s",
        ends_text(batches, "samples_per_second", NUMBER_COUNT, ends));
    add_figure(&plot, batches, "samples_per_second", 1, "samples/s");
    finish_card(batches, CARD_WHOLE, &plot, title, COLUMNS(columns));
    page_card_end(batches->page);
}

/* Every rate that was tried, hollow beside the best. */
static void add_tried_rates(struct plot *plot, const struct batches *batches)
{
    const struct json *runs = js_get(batches->sweep, "runs");
    int series = plot_series(plot, PLOT_POINTS, "tried");
    plot->series[series].colour = 6;
    for (size_t i = 0; i < js_size(runs); i++)
        plot_add(plot, series, page_number(js_item(runs, i), "batch"),
            page_number(js_item(runs, i), "lr"));
}

static void learning_rate(const struct batches *batches)
{
    static const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"run", "name", NUMBER_PLAIN}, {"learning rate", "lr", NUMBER_PLAIN},
        {"on the grid's border", "lr_on_border", NUMBER_PLAIN}};
    char title[PAGE_TITLE], ends[ENDS_TEXT];
    const char *rates = js_as_text(js_get(batches->sweep, "rates"));
    bool tuned = rates && strcmp(rates, "grid") == 0;
    struct plot plot = start_plot(batches, "learning rate", true, NUMBER_PLAIN);
    snprintf(title, sizeof title, "%s: %s", tuned ? "Best learning rate" : "Learning rate",
        ends_text(batches, "lr", NUMBER_PLAIN, ends));
    add_figure(&plot, batches, "lr", 1, tuned ? "best" : "rate");
    if (tuned)
        add_tried_rates(&plot, batches);
    finish_card(batches, CARD_HALF, &plot, title, COLUMNS(columns));
    page_card_end(batches->page);
}

static void memory(const struct batches *batches)
{
    static const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"run", "name", NUMBER_PLAIN}, {"peak memory of a rank", "peak_rss_bytes", NUMBER_BYTES}};
    char title[PAGE_TITLE], ends[ENDS_TEXT];
    struct plot plot = start_plot(batches, "peak memory of a rank (MiB)", false, NUMBER_PLAIN);
    snprintf(title, sizeof title, "Memory: %s",
        ends_text(batches, "peak_rss_bytes", NUMBER_BYTES, ends));
    add_figure(&plot, batches, "peak_rss_bytes", 1 << 20, "peak memory of the largest rank");
    finish_card(batches, CARD_HALF, &plot, title, COLUMNS(columns));
    page_card_end(batches->page);
}

/* Of rows whose losses are of one kind; it is told where there are others. */
static void result_of(const struct batches *batches, const char *kind)
{
    char told[60];
    const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"run", "name", NUMBER_PLAIN}, {told, "metric", NUMBER_FRACTION},
        {"validation accuracy", "val_accuracy", NUMBER_FRACTION},
        {"test accuracy", "test_accuracy", NUMBER_FRACTION},
        {"training loss", "train_loss", NUMBER_FRACTION},
        {"validation loss", "val_loss", NUMBER_FRACTION}, {"gap", "gap", NUMBER_FRACTION}};
    char title[PAGE_TITLE], ends[ENDS_TEXT];
    bool accuracy = has_figure(batches, "val_accuracy");
    const char *metric = js_as_text(page_value(batches->sweep, "target.metric"));
    const char *key = accuracy ? "val_accuracy" : "val_loss";
    snprintf(told, sizeof told, "%.40s (target)", metric ? metric : "metric");
    struct plot plot = start_plot(
        batches, accuracy ? "validation accuracy" : "validation loss", false, NUMBER_PLAIN);
    plot.y.from_zero = false;
    snprintf(title, sizeof title, "Validation %s%s: %s", accuracy ? "accuracy" : "loss",
        accuracy ? "" : kind, ends_text(batches, key, NUMBER_FRACTION, ends));
    add_figure(&plot, batches, key, 1, accuracy ? "validation accuracy" : "validation loss");
    if (metric && strcmp(metric, key) == 0) {
        double target = page_number(batches->sweep, "target.value");
        plot.series[add_guide(&plot, batches, 0, target, PLOT_INK, "target")].widens = true;
    }
    finish_card(batches, CARD_WHOLE, &plot, title, COLUMNS(columns));
    page_card_end(batches->page);
}

static void result(const struct batches *batches)
{
    const char *kinds[PAGE_KINDS];
    int n = page_kinds(batches->row, batches->n, "loss_function", kinds);
    for (int k = 0; k < n; k++) {
        const struct json *row[PAGE_ROWS];
        struct batches some = *batches;
        char told[40] = "";
        some.row = row;
        some.n = 0;
        for (int i = 0; i < batches->n && some.n < PAGE_ROWS; i++)
            if (page_is_of_kind(batches->row[i], "loss_function", kinds[k]))
                row[some.n++] = batches->row[i];
        if (n > 1)
            snprintf(told, sizeof told, " (%.20s)", *kinds[k] ? kinds[k] : "unknown loss");
        if (has_figure(&some, "val_loss"))
            result_of(&some, told);
    }
}

static void noise(const struct batches *batches)
{
    static const struct column columns[] = {{"B (samples)", "batch", NUMBER_COUNT},
        {"run", "name", NUMBER_PLAIN}, {"noise scale (samples)", "noise_scale", NUMBER_COUNT},
        {"standard error", "noise_error", NUMBER_COUNT}};
    char title[PAGE_TITLE], ends[ENDS_TEXT];
    struct plot plot = start_plot(batches, "noise scale (samples)", true, NUMBER_SHORT);
    snprintf(title, sizeof title, "Noise scale at the end: %s",
        ends_text(batches, "noise_scale", NUMBER_COUNT, ends));
    add_figure(&plot, batches, "noise_scale", 1, "noise scale (mean, least and most)");
    int series = plot_series(&plot, PLOT_GUIDE, "B itself: left of it a larger batch pays");
    plot_add(&plot, series, batches->least, batches->least);
    plot_add(&plot, series, batches->most, batches->most);
    finish_card(batches, CARD_HALF, &plot, title, COLUMNS(columns));
    page_card_end(batches->page);
}

void page_batches(
    struct page *page, const struct json *sweep, const struct json *const *rows, int n)
{
    static const struct {
        const char *key;
        void (*draw)(const struct batches *batches);
    } card[] = {{"steps_to_target", steps_to_target}, {"steps_per_epoch", steps_per_epoch},
        {"seconds_to_target", time_to_target}, {"samples_to_target", samples_to_target},
        {"lr", learning_rate}, {"samples_per_second", speed}, {"val_loss", result},
        {"peak_rss_bytes", memory}, {"noise_scale", noise}};
    struct batches batches = {page, sweep, rows, n, INFINITY, -INFINITY};
    for (int i = 0; i < n; i++)
        if (number(&batches, i, "batch") > 0) {
            batches.least = fmin(batches.least, number(&batches, i, "batch"));
            batches.most = fmax(batches.most, number(&batches, i, "batch"));
        }
    if (!(batches.least <= batches.most))
        return;
    for (size_t i = 0; i < sizeof card / sizeof *card; i++)
        if ((sweep || batches.least < batches.most) && has_figure(&batches, card[i].key))
            card[i].draw(&batches);
}
