#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/page/page_parts.h"
#include "run/records.h"

static double phase_seconds(const struct json *row, enum phase phase)
{
    char path[64];
    snprintf(path, sizeof path, "phase_s.%s", phase_name(phase));
    return row_number(row, path);
}

static double all_phases(const struct json *row)
{
    double sum = 0;
    for (int p = 0; p < N_PHASES; p++)
        sum += fmax(0, phase_seconds(row, (enum phase)p)); /* NaN counts as 0 */
    return sum;
}

/* Adds the phases to the bars from the bottom up, in the order in which a step runs them. */
static void add_bars(struct plot *plot, const struct rows *rows)
{
    double below[PLOT_TICKS_MAX] = {0};
    for (int p = 0; p < N_PHASES; p++) {
        int series = plot_series(plot, PLOT_STACKED, "%s", phase_name((enum phase)p));
        for (int i = 0; i < rows->n; i++) {
            const struct json *row = rows->row[i];
            double share = 100 * phase_seconds(row, (enum phase)p) / all_phases(row);
            if (!(share >= 0))
                continue;
            plot_add_between(plot, series, i + 1, below[i] + share, below[i], below[i] + share);
            below[i] += share;
        }
    }
}

/* Names the longest phase of the first and of the last row. */
static void find_longest(const struct rows *rows, const char *by, char finding[SENTENCE])
{
    for (int i = 0; i<rows->n; i += rows->n> 1 ? rows->n - 1 : 1) {
        const struct json *row = rows->row[i];
        enum phase longest = (enum phase)0;
        for (int p = 0; p < N_PHASES; p++)
            if (phase_seconds(row, (enum phase)p) > phase_seconds(row, longest))
                longest = (enum phase)p;
        text_append(finding, SENTENCE, "%s%s: %s", i == 0 ? "Most time: " : ", ",
            phase_name(longest),
            NUMBER(phase_seconds(row, longest) / all_phases(row), NUMBER_SHARE));
        if (rows->n > 1 && strcmp(by, "batch") == 0)
            sentence_append(finding, " at B" EQUALS "{batch}", row);
    }
}

static void draw_bars(
    struct page *page, const struct rows *shown, struct plot_axis x, const char *by)
{
    struct plot plot = {
        .x = x, .y = {.label = "share of the time of a step (%)", .from_zero = true}};
    char columns[600], finding[SENTENCE] = "";
    snprintf(columns, sizeof columns, "%s, name", by);
    snprintf(plot.x.label, sizeof plot.x.label, "%s", figure_of(by).heading);
    add_bars(&plot, shown);
    for (int p = 0; p < N_PHASES; p++)
        text_append(columns, sizeof columns, ", phase_s.%s", phase_name((enum phase)p));
    find_longest(shown, by, finding);
    page_card(page,
        &(struct card){.whole = true,
            .name = "Where the time of a step goes",
            .finding = finding,
            .plots = 1,
            .plot = &plot,
            .columns = columns,
            .rows = shown,
            .note = "Time per step, means over all workers. wait: time at barriers; reduce: the "
                    "exchange between teams; update: the optimizer, except for weights "
                    "that are updated with their gradient, in the phase weights."});
}

/* Lists the phases of one row, with their time in a step, their share and a bar. */
static void list_phases(struct page *page, const struct json *row)
{
    static const char *const about[N_PHASES] = {"gather and scale rows", "forward pass and loss",
        "derivatives of the activations",
        "gradients of the weights; with one team, also their update", "exchange between teams",
        "the optimizer, where weights does not include it", "at barriers, for other workers"};
    struct rows rows = {.n = 1, .row = {row}};
    double all = all_phases(row), most = 0;
    char finding[SENTENCE] = "";
    find_longest(&rows, "", finding);
    text_append(finding, SENTENCE, " of %s per step", NUMBER(all, NUMBER_TIME));
    struct card card = {.whole = true,
        .name = "Where the time of a step goes",
        .finding = finding,
        .note = "Means over all workers."};
    for (int p = 0; p < N_PHASES; p++)
        most = fmax(most, phase_seconds(row, (enum phase)p));
    page_card_begin(page, &card);
    fputs("<div class=\"table\"><table class=\"bars\">\n<caption>Phases of a "
          "step</caption>\n<tbody>\n",
        page->file);
    for (int p = 0; p < N_PHASES; p++) {
        double seconds = fmax(0, phase_seconds(row, (enum phase)p));
        fprintf(page->file,
            "<tr><th scope=\"row\">%s<small>%s</small></th><td class=\"n\">%s</td><td "
            "class=\"n\">%s</td><td><i style=\"width:%.1f%%\"></i></td></tr>\n",
            phase_name((enum phase)p), about[p], NUMBER(seconds, NUMBER_TIME),
            NUMBER(seconds / all, NUMBER_SHARE), 100 * seconds / most);
    }
    fputs("</tbody></table></div>\n", page->file);
    page_card_end(page, &card);
}

void page_phases(struct page *page, const struct rows *rows, const char *by)
{
    struct plot_axis x = {.form = NUMBER_COUNT, .renamed = true};
    struct rows shown = {.n = 0}; /* rows with phases */
    for (int i = 0; i < rows->n && shown.n < PLOT_TICKS_MAX; i++) {
        if (!(all_phases(rows->row[i]) > 0))
            continue;
        x.shown[shown.n] = row_number(rows->row[i], by);
        shown.row[shown.n++] = rows->row[i];
        x.tick[x.ticks++] = shown.n;
    }
    if (shown.n == 1)
        list_phases(page, shown.row[0]);
    else if (shown.n > 1)
        draw_bars(page, &shown, x, by);
}
