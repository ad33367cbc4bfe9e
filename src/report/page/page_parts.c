#include "report/page/page_parts.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void page_section_begin(struct page *page, const char *title, const char *about)
{
    fputs("<section>\n<h2>", page->file);
    html_text(page->file, title);
    fputs("</h2>\n", page->file);
    if (about) {
        fputs("<p class=\"about\">", page->file);
        html_text(page->file, about);
        fputs("</p>\n", page->file);
    }
    fputs("<div class=\"cards\">\n", page->file);
}

void page_section_end(struct page *page)
{
    fputs("</div>\n</section>\n", page->file);
}

void page_card_begin(struct page *page, enum card_width width, const char *title)
{
    fprintf(page->file, "<article class=\"card%s\">\n<h3>", width == CARD_WHOLE ? " whole" : "");
    html_text(page->file, title);
    fputs("</h3>\n", page->file);
}

void page_card_end(struct page *page)
{
    fputs("</article>\n", page->file);
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

/* --- pictures -------------------------------------------------------------------------------- */

void page_pictures(struct page *page, struct plot *plots, int n, const char *title)
{
    bool drawn = false;
    fprintf(page->file, "<figure class=\"of%d\">\n", n);
    for (int i = 0; i < n; i++) {
        char id[32];
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

/* --- tables ---------------------------------------------------------------------------------- */

const struct json *page_value(const struct json *row, const char *path)
{
    char part[64];
    while (row && *path) {
        size_t length = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)length, path);
        row = isdigit((unsigned char)*part) ? js_item(row, strtoul(part, NULL, 10))
                                            : js_get(row, part);
        path += length + (path[length] == '.');
    }
    return row;
}

double page_number(const struct json *row, const char *path)
{
    return html_number(page_value(row, path));
}

int page_rows(const struct json *array, const struct json *rows[PAGE_ROWS])
{
    int n = 0;
    for (size_t i = 0; i < js_size(array) && n < PAGE_ROWS; i++)
        if (js_item(array, i))
            rows[n++] = js_item(array, i);
    return n;
}

static bool has_value(const struct json *value)
{
    bool truth;
    return js_as_text(value) || js_as_bool(value, &truth) || isfinite(html_number(value));
}

static bool is_filled(const struct column *column, const struct json *const *rows, int n)
{
    for (int i = 0; i < n; i++)
        if (has_value(page_value(rows[i], column->key)))
            return true;
    return false;
}

static bool is_text(const struct column *column, const struct json *const *rows, int n)
{
    bool truth;
    for (int i = 0; i < n; i++)
        if (js_as_text(page_value(rows[i], column->key)) ||
            js_as_bool(page_value(rows[i], column->key), &truth))
            return true;
    return false;
}

void page_table(struct page *page, const char *caption, const struct column *columns, int n_columns,
    const struct json *const *rows, int n_rows)
{
    bool shown[32] = {false};
    fputs("<div class=\"table\"><table>\n<caption>", page->file);
    html_text(page->file, caption);
    fputs("</caption>\n<thead><tr>", page->file);
    for (int c = 0; c < n_columns && c < 32; c++) {
        shown[c] = c == 0 || is_filled(&columns[c], rows, n_rows);
        if (!shown[c])
            continue;
        fprintf(page->file, "<th scope=\"col\" class=\"%s\">",
            is_text(&columns[c], rows, n_rows) ? "t" : "n");
        html_text(page->file, columns[c].title);
        fputs("</th>", page->file);
    }
    fputs("</tr></thead>\n<tbody>\n", page->file);
    for (int r = 0; r < n_rows; r++) {
        fputs("<tr>", page->file);
        for (int c = 0; c < n_columns && c < 32; c++)
            if (shown[c])
                html_cell(page->file, c == 0 ? "th" : "td", page_value(rows[r], columns[c].key),
                    columns[c].form);
        fputs("</tr>\n", page->file);
    }
    fputs("</tbody></table></div>\n", page->file);
}

/* --- kinds ----------------------------------------------------------------------------------- */

static const char *kind_of(const struct json *row, const char *key)
{
    const char *text = js_as_text(page_value(row, key));
    return text ? text : "";
}

bool page_is_of_kind(const struct json *row, const char *key, const char *kind)
{
    return strcmp(kind_of(row, key), kind) == 0;
}

int page_kinds(
    const struct json *const *rows, int n, const char *key, const char *kinds[PAGE_KINDS])
{
    int found = 0;
    for (int i = 0; i < n && found < PAGE_KINDS; i++) {
        int same = 0;
        while (same < found && !page_is_of_kind(rows[i], key, kinds[same]))
            same++;
        if (same == found)
            kinds[found++] = kind_of(rows[i], key);
    }
    return found;
}

/* --- batch sizes ----------------------------------------------------------------------------- */

enum { BATCH_TICKS = 10 };

static int compare_numbers(const void *left, const void *right)
{
    double one = *(const double *)left, other = *(const double *)right;
    return (one > other) - (one < other);
}

bool page_batch_axis(struct plot_axis *axis, const struct json *const *rows, int n)
{
    double batch[PAGE_ROWS];
    int all = 0, different = 0;
    *axis =
        (struct plot_axis){.label = "batch size B (samples)", .log = true, .form = NUMBER_COUNT};
    for (int i = 0; i < n && i < PAGE_ROWS; i++)
        if (page_number(rows[i], "batch") > 0)
            batch[all++] = page_number(rows[i], "batch");
    if (all == 0)
        return false;
    qsort(batch, (size_t)all, sizeof *batch, compare_numbers);
    for (int i = 0; i < all; i++)
        if (i == 0 || batch[i] != batch[different - 1])
            batch[different++] = batch[i];
    int every = (different + BATCH_TICKS - 1) / BATCH_TICKS;
    for (int i = 0; i < different; i += every)
        axis->tick[axis->ticks++] = batch[i];
    return different > 1;
}
