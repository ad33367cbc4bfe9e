#include "report/page/page_parts.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "study/repetitions.h"

#define NEW_PARAGRAPH "</p>\n<p>"

/* Adds a link to a place of the page and returns the number of the place. */
static int place_of(struct page *page, const char *before, const char *title)
{
    fprintf(page->contents, "%s<a href=\"#at%d\">", before, ++page->places);
    html_text(page->contents, title);
    fputs("</a>\n", page->contents);
    return page->places;
}

void page_section_begin(struct page *page, const char *title, const char *about)
{
    fprintf(page->file, "<section id=\"at%d\">\n", place_of(page, NEW_PARAGRAPH, title));
    html_element(page->file, "h2", title);
    if (about)
        page_say(page, "about", "%s", about);
    fputs("<div class=\"cards\">\n", page->file);
}

static void fold(struct page *page, const char *title)
{
    fputs("<details class=\"more\">", page->file);
    html_element(page->file, "summary", title);
    fputs("<div class=\"cards\">\n", page->file);
    page->folds = true;
}

void page_section_begin_folded(struct page *page, const char *title)
{
    fprintf(page->file, "<section id=\"at%d\">\n", place_of(page, NEW_PARAGRAPH, title));
    fold(page, title);
}

void page_section_fold(struct page *page, const char *title)
{
    fputs("</div>\n", page->file);
    fold(page, title);
}

void page_section_end(struct page *page)
{
    fprintf(page->file, "</div>\n%s</section>\n", page->folds ? "</details>\n" : "");
    page->folds = false;
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

/* Draws n pictures of a card, beginning with `first`. */
static void print_pictures(struct page *page, const struct card *card, int first, int n)
{
    bool drawn = false;
    char title[PAGE_TITLE];
    const char *finding = card->finding ? card->finding : "";
    snprintf(title, sizeof title, "%.200s%s%.700s", card->name, *finding ? ": " : "", finding);
    fprintf(page->file, "<figure class=\"of%d\">\n", n);
    for (int i = first; i < first + n; i++) {
        char id[32];
        card->plot[i].size = n > 1 ? PLOT_SMALL : card->whole ? PLOT_WIDE : PLOT_HALF;
        snprintf(id, sizeof id, "p%d", page->pictures + 1);
        if (plot_draw(page->file, &card->plot[i], id, title)) {
            page->pictures++;
            drawn = true;
        }
    }
    if (drawn && card->plot[first].n > 1)
        plot_legend(page->file, &card->plot[first]);
    fputs("</figure>\n", page->file);
    for (int i = first; i < first + n; i++)
        plot_clear(&card->plot[i]);
}

void page_card_begin(struct page *page, const struct card *card)
{
    FILE *file = page->file;
    const char *finding = card->finding ? card->finding : "";
    fprintf(file, "<article class=\"card%s\" id=\"at%d\">\n<h3>", card->whole ? " whole" : "",
        place_of(page, "", card->name));
    if (*finding)
        html_element(file, "span", card->name);
    html_text(file, *finding ? finding : card->name);
    fputs("</h3>\n", file);
}

void page_card_end(struct page *page, const struct card *card)
{
    if (card->columns || card->folded > 0) {
        fputs("<details>", page->file);
        html_element(page->file, "summary", card->fold ? card->fold : "Table");
        fputc('\n', page->file);
        if (card->folded > 0)
            print_pictures(page, card, card->plots - card->folded, card->folded);
        if (card->columns)
            table_html(page->file, card->name, card->columns, card->rows);
        fputs("</details>\n", page->file);
    }
    if (card->note)
        page_say(page, "note", "%s", card->note);
    fputs("</article>\n", page->file);
}

void page_card(struct page *page, const struct card *card)
{
    page_card_begin(page, card);
    if (card->plots > card->folded)
        print_pictures(page, card, 0, card->plots - card->folded);
    page_card_end(page, card);
}

/* --- axes and series -------------------------------------------------------------------------- */

void page_axis_unit(struct plot_axis *axis, enum number_form form, double typical)
{
    static const struct {
        enum number_form form;
        double size;
        const char *name;
    } unit[] = {{NUMBER_TIME, 3600, "h"}, {NUMBER_TIME, 60, "min"}, {NUMBER_TIME, 1, "s"},
        {NUMBER_TIME, 1e-3, "ms"}, {NUMBER_TIME, 1e-6, "\xc2\xb5s"}, {NUMBER_BYTES, 1 << 30, "GiB"},
        {NUMBER_BYTES, 1 << 20, "MiB"}, {NUMBER_BYTES, 1 << 10, "KiB"}, {NUMBER_SHARE, 0.01, "%"}};
    int found = -1;
    for (int i = 0; i < (int)(sizeof unit / sizeof *unit); i++)
        if (unit[i].form == form && (found < 0 || unit[found].size > typical))
            found = i;
    axis->unit = found < 0 ? 1 : unit[found].size;
    if (found >= 0)
        text_append(axis->label, sizeof axis->label, " (%s)", unit[found].name);
}

struct plot_axis page_axis(const char *path, bool log, const struct rows *rows)
{
    struct figure figure = figure_of(path);
    double least = row_number(rows_least(rows, path), path),
           most = row_number(rows_most(rows, path), path);
    struct plot_axis axis = {.log = log, .from_zero = !log, .form = NUMBER_PLAIN};
    if (figure.form == NUMBER_COUNT || figure.form == NUMBER_TIME)
        axis.form = NUMBER_SHORT;
    snprintf(axis.label, sizeof axis.label, "%s", figure.heading);
    page_axis_unit(&axis, figure.form, log ? sqrt(fmax(0, least) * most) : most);
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

const char *page_interval(const char *path)
{
    return strcmp(path, "steps_to_target") == 0     ? "steps_interval"
           : strcmp(path, "seconds_to_target") == 0 ? "seconds_interval"
                                                    : "";
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
        const struct json *interval = js_get(rows->row[i], page_interval(y_path));
        const struct json *spread = interval ? interval : value;
        double least = value_number(js_get(spread, "least")),
               most = value_number(js_get(spread, "most"));
        bool bar = least < most;
        plot_add_between(plot, series, x / x_unit, row_number(rows->row[i], y_path) / y_unit,
            bar ? least / y_unit : (double)NAN, bar ? most / y_unit : (double)NAN);
        if (i > 0 && x == row_number(rows->row[i - 1], x_path))
            plot->series[series].style = PLOT_POINTS;
    }
    return series;
}
