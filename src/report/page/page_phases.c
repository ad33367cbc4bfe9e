#include <math.h>

#include "base/text.h"
#include "report/page/page_parts.h"
#include "run/records.h"

static double phase_seconds(
    const struct json *row, const struct phase_paths *paths, enum phase phase)
{
    char path[64];
    snprintf(path, sizeof path, "%s%s%s", paths->before, phase_name(phase), paths->after);
    return row_number(row, path);
}

static double all_phases(const struct json *row, const struct phase_paths *paths)
{
    double sum = 0;
    for (int p = 0; p < N_PHASES; p++)
        sum += fmax(0, phase_seconds(row, paths, (enum phase)p)); /* NaN counts as 0 */
    return sum;
}

/* Adds the phases to the bars from the bottom up, in the order in which a step runs them. */
static void add_bars(struct plot *plot, const struct rows *rows, const struct phase_paths *paths)
{
    double below[PLOT_TICKS_MAX] = {0};
    for (int p = 0; p < N_PHASES; p++) {
        int series = plot_series(plot, PLOT_STACKED, "%s", phase_name((enum phase)p));
        for (int i = 0; i < rows->n; i++) {
            const struct json *row = rows->row[i];
            double share = 100 * phase_seconds(row, paths, (enum phase)p) / all_phases(row, paths);
            if (!(share >= 0))
                continue;
            plot_add_between(plot, series, i + 1, below[i] + share, below[i], below[i] + share);
            below[i] += share;
        }
    }
}

void page_phases(struct page *page, const struct rows *rows, const struct phase_paths *paths)
{
    struct plot plot = {.x = {.form = NUMBER_COUNT, .renamed = true},
        .y = {.label = "share of time (%)", .from_zero = true}};
    struct rows shown = {.n = 0}; /* rows with phases */
    char columns[600];
    snprintf(columns, sizeof columns, "%s, name", paths->by);
    snprintf(plot.x.label, sizeof plot.x.label, "%s", figure_of(paths->by).heading);
    for (int i = 0; i < rows->n && shown.n < PLOT_TICKS_MAX; i++) {
        if (!(all_phases(rows->row[i], paths) > 0))
            continue;
        plot.x.shown[shown.n] = row_number(rows->row[i], paths->by);
        shown.row[shown.n++] = rows->row[i];
        plot.x.tick[plot.x.ticks++] = shown.n;
    }
    if (shown.n == 0)
        return;
    add_bars(&plot, &shown, paths);
    for (int p = 0; p < N_PHASES; p++)
        text_append(columns, sizeof columns, ", %s%s%s", paths->before, phase_name((enum phase)p),
            paths->after);
    page_card(page, &(struct card){.whole = true,
                        .title = "Where the time in a step goes",
                        .plots = 1,
                        .plot = &plot,
                        .columns = columns,
                        .caption = "Time in each phase, means over workers",
                        .rows = &shown,
                        .note = "Means over all workers. wait: time at barriers; reduce: the "
                                "exchange between teams."});
}
