#include <math.h>

#include "report/page/page_parts.h"
#include "run/records.h"

static double phase_seconds(
    const struct json *row, const struct phase_paths *paths, enum phase phase)
{
    char path[64];
    snprintf(path, sizeof path, "%s%s%s", paths->before, phase_name(phase), paths->after);
    return page_number(row, path);
}

static double all_phases(const struct json *row, const struct phase_paths *paths)
{
    double sum = 0;
    for (int p = 0; p < N_PHASES; p++) {
        double seconds = phase_seconds(row, paths, (enum phase)p);
        sum += seconds > 0 ? seconds : 0;
    }
    return sum;
}

/* Bars from the bottom up in the order of a step; rows without phases have no bar. */
static void add_bars(
    struct plot *plot, const struct json *const *rows, int n, const struct phase_paths *paths)
{
    double below[PLOT_TICKS_MAX] = {0};
    for (int p = 0; p < N_PHASES; p++) {
        int series = plot_series(plot, PLOT_STACKED, "%s", phase_name((enum phase)p));
        for (int i = 0; i < n; i++) {
            double share =
                100 * phase_seconds(rows[i], paths, (enum phase)p) / all_phases(rows[i], paths);
            if (!(share >= 0))
                continue;
            plot_add_between(plot, series, i + 1, below[i] + share, below[i], below[i] + share);
            below[i] += share;
        }
    }
}

static void table(
    struct page *page, const struct json *const *rows, int n, const struct phase_paths *paths)
{
    struct column columns[2 + N_PHASES] = {
        {paths->label, paths->by, NUMBER_COUNT}, {"run", "name", NUMBER_PLAIN}};
    char path[N_PHASES][64], title[N_PHASES][64];
    for (int p = 0; p < N_PHASES; p++) {
        snprintf(path[p], sizeof path[p], "%s%s%s", paths->before, phase_name((enum phase)p),
            paths->after);
        snprintf(title[p], sizeof title[p], "%s", phase_name((enum phase)p));
        columns[2 + p] = (struct column){title[p], path[p], NUMBER_TIME};
    }
    page_table(page, "Time in each phase, means over workers", columns, 2 + N_PHASES, rows, n);
}

void page_phases(
    struct page *page, const struct json *const *rows, int n, const struct phase_paths *paths)
{
    static const char title[] = "Where the time of a step goes";
    struct plot plot = {.x = {.label = paths->label, .form = NUMBER_COUNT, .renamed = true},
        .y = {.label = "share of the time (%)", .from_zero = true, .form = NUMBER_PLAIN}};
    const struct json *shown[PLOT_TICKS_MAX];
    int bars = 0;
    for (int i = 0; i < n && bars < PLOT_TICKS_MAX; i++)
        if (all_phases(rows[i], paths) > 0)
            shown[bars++] = rows[i];
    if (bars == 0)
        return;
    add_bars(&plot, shown, bars, paths);
    for (int i = 0; i < bars; i++) {
        plot.x.tick[i] = i + 1;
        plot.x.shown[i] = page_number(shown[i], paths->by);
    }
    plot.x.ticks = bars;
    page_card_begin(page, CARD_WHOLE, title);
    page_pictures(page, &plot, 1, title);
    table(page, shown, bars, paths);
    page_say(page, "note",
        "Means over all workers; wait is at barriers, reduce the exchange between teams.");
    page_card_end(page);
}
