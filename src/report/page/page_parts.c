#include "report/page/page_parts.h"

#include <math.h>
#include <stdarg.h>

#include "study/repetitions.h"

void page_section_begin(struct page *page, const char *title, const char *about)
{
    fputs("<section>\n", page->file);
    html_element(page->file, "h2", title);
    if (about)
        page_say(page, "about", "%s", about);
    fputs("<div class=\"cards\">\n", page->file);
}

void page_section_end(struct page *page)
{
    fputs("</div>\n</section>\n", page->file);
}

void page_say(struct page *page, const char *how, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(page->file, "<p class=\"%s\">", how);
    html_vprint(page->file, format, arguments);
    fputs("</p>\n", page->file);
    va_end(arguments);
}

static void print_pictures(struct page *page, const struct card *card, const char *title)
{
    bool drawn = false;
    int n = card->plots;
    struct plot *plots = card->plot;
    fprintf(page->file, "<figure class=\"of%d\">\n", n);
    for (int i = 0; i < n; i++) {
        char id[32];
        plots[i].size = n > 1 ? PLOT_SMALL : card->whole ? PLOT_WIDE : PLOT_HALF;
        snprintf(id, sizeof id, "p%d", page->pictures + 1);
        if (plot_draw(page->file, &plots[i], id, title)) {
            page->pictures++;
            drawn = true;
        }
    }
    if (drawn && plots[0].n > 1)
        plot_legend(page->file, &plots[0]);
    fputs("</figure>\n", page->file);
    for (int i = 0; i < n; i++)
        plot_clear(&plots[i]);
}

void page_card(struct page *page, const struct card *card)
{
    fprintf(page->file, "<article class=\"card%s\">\n", card->whole ? " whole" : "");
    html_element(page->file, "h3", card->title);
    if (card->plots > 0)
        print_pictures(page, card, card->title);
    if (card->columns)
        table_html(
            page->file, card->caption ? card->caption : card->title, card->columns, card->rows);
    if (card->note)
        page_say(page, "note", "%s", card->note);
    fputs("</article>\n", page->file);
}

/* --- axes and series -------------------------------------------------------------------------- */

struct plot_axis page_axis(const char *path, bool log)
{
    struct figure figure = figure_of(path);
    struct plot_axis axis = {.log = log, .from_zero = !log, .form = NUMBER_PLAIN, .unit = 1};
    const char *unit = "";
    if (figure.form == NUMBER_COUNT || figure.form == NUMBER_TIME)
        axis.form = NUMBER_SHORT;
    if (figure.form == NUMBER_TIME)
        unit = " (s)";
    if (figure.form == NUMBER_SHARE) {
        unit = " (%)";
        axis.unit = 0.01;
    }
    if (figure.form == NUMBER_BYTES) {
        unit = " (MiB)";
        axis.unit = 1 << 20;
    }
    snprintf(axis.label, sizeof axis.label, "%s%s", figure.heading, unit);
    return axis;
}

struct plot_axis page_batch_axis(const struct rows *rows)
{
    enum { TICKS = 10 };
    double batch[ROWS_MAX] = {0};
    int all = 0, different = 0;
    struct plot_axis axis = {.label = "batch size B (samples)", .log = true, .form = NUMBER_COUNT};
    for (int i = 0; i < rows->n; i++)
        if (row_number(rows->row[i], "batch") > 0)
            batch[all++] = row_number(rows->row[i], "batch");
    sort_reals(batch, all);
    for (int i = 0; i < all; i++)
        if (i == 0 || batch[i] != batch[different - 1])
            batch[different++] = batch[i];
    int every = (different + TICKS - 1) / TICKS;
    for (int i = 0; i < different; i += every)
        axis.tick[axis.ticks++] = batch[i];
    return axis;
}

int page_series(struct plot *plot, const char *name, const struct rows *rows, const char *x_path,
    const char *y_path)
{
    double x_unit = plot->x.unit > 0 ? plot->x.unit : 1,
           y_unit = plot->y.unit > 0 ? plot->y.unit : 1;
    int series = plot_series(plot, PLOT_BOTH, "%s", name);
    for (int i = 0; i < rows->n; i++) {
        const struct json *value = row_value(rows->row[i], y_path);
        double x = row_number(rows->row[i], x_path);
        double least = value_number(js_get(value, "least")),
               most = value_number(js_get(value, "most"));
        bool bar = least < most;
        plot_add_between(plot, series, x / x_unit, value_number(value) / y_unit,
            bar ? least / y_unit : (double)NAN, bar ? most / y_unit : (double)NAN);
        if (i > 0 && x == row_number(rows->row[i - 1], x_path))
            plot->series[series].style = PLOT_POINTS;
    }
    return series;
}
