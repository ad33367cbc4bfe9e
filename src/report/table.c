#include "report/table.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/figure.h"
#include "report/html.h"
#include "report/shown_streams.h"

enum { COLUMNS_MAX = 32, PATH = 64, HEADING = 80 };

struct column {
    char path[PATH], heading[HEADING];
    enum number_form form;
    bool shown, text, folded; /* folded: printed below the table */
    bool here;                /* printed in the present part of the table */
};

struct table {
    const struct rows *rows;
    int n;
    struct column column[COLUMNS_MAX];
};

static const struct json *value_at(const struct table *table, int row, int c)
{
    return row_value(table->rows->row[row], table->column[c].path);
}

static bool is_text(const struct json *value)
{
    bool truth;
    return js_as_text(value) || js_as_bool(value, &truth);
}

static const char *first_letter(const struct json *value)
{
    return js_as_text(value) ? js_as_text(value) : "";
}

static bool has_value(const struct json *value)
{
    return is_text(value) || isfinite(value_number(value)) ||
           isfinite(value_number(js_get(value, "most")));
}

/* Parses "path" or "path: heading". */
static struct column column_of(const char *text, size_t length)
{
    struct column column = {.shown = false};
    const char *colon = memchr(text, ':', length), *end = text + length;
    snprintf(column.path, PATH, "%.*s", (int)((colon ? colon : end) - text), text);
    struct figure figure = figure_of(column.path);
    column.form = figure.form;
    snprintf(column.heading, HEADING, "%s", figure.heading);
    if (colon) {
        const char *heading = colon + 1;
        while (heading < end && *heading == ' ')
            heading++;
        snprintf(column.heading, HEADING, "%.*s", (int)(end - heading), heading);
    }
    return column;
}

static struct table table_of(const char *columns, const struct rows *rows)
{
    struct table table = {.rows = rows};
    for (const char *at = columns; *at && table.n < COLUMNS_MAX;) {
        size_t length = strcspn(at, ",");
        struct column *column = &table.column[table.n];
        *column = column_of(at, length);
        at += length + strspn(at + length, ", ");
        column->shown = table.n++ == 0;
        for (int r = rows->n - 1; r >= 0; r--) {
            const struct json *value = value_at(&table, r, table.n - 1);
            column->shown |= has_value(value);
            if (has_value(value)) /* the first value decides; "32" is aligned like a number */
                column->text = is_text(value) && !isdigit((unsigned char)*first_letter(value));
        }
    }
    return table;
}

/* --- text ------------------------------------------------------------------------------------- */

/* Counts the characters of a UTF-8 text: all bytes except continuation bytes. */
static int characters(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static const char *cell_text(const struct table *table, int row, int c, char out[FIGURE_TEXT])
{
    const struct json *value = value_at(table, row, c);
    figure_text(value, table->column[c].form, out);
    return *out || js_as_text(value) ? out : "-";
}

/* Breaks a heading that is wider than its cells into two lines of similar length. Returns the
 * position at which the second line begins; 0: there is only one line. */
static size_t break_of(const char *heading, int cells)
{
    size_t length = strlen(heading), best = 0;
    if ((int)length <= cells)
        return 0;
    for (size_t i = 1; i < length; i++) {
        size_t wide = i > length - i ? i : length - i;
        size_t least = best > length - best ? best : length - best;
        if (heading[i - 1] == ' ' && (best == 0 || wide < least))
            best = i;
    }
    return best;
}

/* The width of a column, and the position at which the second line of its heading begins. */
struct layout {
    int width;
    size_t second;
};

static struct layout layout_of(const struct table *table, int c)
{
    struct layout layout = {.width = 0};
    char text[FIGURE_TEXT];
    for (int r = 0; r < table->rows->n; r++) {
        int width = characters(cell_text(table, r, c, text));
        layout.width = width > layout.width ? width : layout.width;
    }
    const char *heading = table->column[c].heading;
    layout.second = break_of(heading, layout.width);
    int first = layout.second > 0 ? (int)layout.second - 1 : 0;
    int last = (int)strlen(heading) - (int)layout.second;
    layout.width = first > layout.width ? first : layout.width;
    layout.width = last > layout.width ? last : layout.width;
    return layout;
}

static bool is_same(const struct table *table, int c)
{
    char first[FIGURE_TEXT], text[FIGURE_TEXT];
    cell_text(table, 0, c, first);
    for (int r = 1; r < table->rows->n; r++)
        if (strcmp(cell_text(table, r, c, text), first) != 0)
            return false;
    return true;
}

/* Moves columns with the same value in all rows below the table, starting with the last, until the
 * table fits. */
static void fold(struct table *table, const struct layout *layout, int most)
{
    int width = -2;
    for (int c = 0; c < table->n; c++)
        width += table->column[c].shown ? layout[c].width + 2 : 0;
    for (int c = table->n - 1; c > 0 && width > most; c--)
        if (table->column[c].shown && is_same(table, c)) {
            table->column[c].folded = true;
            width -= layout[c].width + 2;
        }
}

/* Returns the text of a cell; rows -2 and -1 are the two lines of the headings. */
static const char *line_text(
    const struct table *table, const struct layout *layout, int row, int c, char out[FIGURE_TEXT])
{
    const char *heading = table->column[c].heading;
    size_t second = layout[c].second;
    if (row >= 0)
        return cell_text(table, row, c, out);
    snprintf(out, FIGURE_TEXT, "%.*s", row == -2 ? (int)second - (second > 0) : HEADING,
        row == -2 ? heading : heading + second);
    return out;
}

/* Prints a line. Blanks are printed only when text follows them, so that no line ends in blanks. */
static void print_line(FILE *file, const struct table *table, const struct layout *layout, int row)
{
    int blanks = 0;
    char out[FIGURE_TEXT];
    for (int c = 0; c < table->n; c++) {
        const struct column *column = &table->column[c];
        if (!column->here)
            continue;
        const char *text = line_text(table, layout, row, c, out);
        int room = layout[c].width - characters(text);
        blanks += (c > 0 ? 2 : 0) + (column->text ? 0 : room);
        if (*text) {
            fprintf(file, "%*s%s", blanks, "", text);
            blanks = 0;
        }
        blanks += column->text ? room : 0;
    }
    fputc('\n', file);
}

/* Selects the first column, and from column `from` on those that fit into `most` characters, at
 * least one. Returns the column at which the next part begins. */
static int select_part(struct table *table, const struct layout *layout, int from, int most)
{
    int width = layout[0].width, c = from, selected = 0;
    for (int i = 0; i < table->n; i++)
        table->column[i].here = i == 0;
    for (; c < table->n; c++) {
        struct column *column = &table->column[c];
        if (!column->shown || column->folded)
            continue;
        width += layout[c].width + 2;
        if (selected++ > 0 && width > most)
            break;
        column->here = true;
    }
    return c;
}

static void print_part(FILE *file, const struct table *table, const struct layout *layout)
{
    bool two_lines = false;
    for (int c = 0; c < table->n; c++)
        two_lines |= table->column[c].here && layout[c].second > 0;
    for (int row = two_lines ? -2 : -1; row < table->rows->n; row++)
        print_line(file, table, layout, row);
}

static void print_folded(FILE *file, const struct table *table, int most)
{
    int at = 0;
    for (int c = 0; c < table->n; c++) {
        char value[FIGURE_TEXT], text[FIGURE_TEXT + HEADING];
        if (!table->column[c].folded)
            continue;
        int length = snprintf(
            text, sizeof text, "%s %s", table->column[c].heading, cell_text(table, 0, c, value));
        bool wraps = at > 0 && at + length + 2 > most;
        const char *before = at > 0                ? wraps ? ",\n  " : ", "
                             : table->rows->n == 1 ? "also: "
                                                   : "the same for all: ";
        at = (wraps ? 0 : at) + fprintf(file, "%s%s", before, text);
    }
    if (at > 0)
        fputc('\n', file);
}

void table_print(FILE *file, const char *columns, const struct rows *rows, int most)
{
    struct table table = table_of(columns, rows);
    struct layout layout[COLUMNS_MAX];
    int terminal = file == stdout ? shown_streams_columns() : 0, from = 1;
    for (int c = 0; c < table.n; c++)
        layout[c] = layout_of(&table, c);
    fold(&table, layout, terminal > 0 ? (int)least(most, terminal) : most);
    do {
        fputs(from > 1 ? "\n" : "", file);
        from = select_part(&table, layout, from, terminal > 0 ? terminal : INT_MAX);
        print_part(file, &table, layout);
    } while (from < table.n);
    print_folded(file, &table, terminal > 0 ? (int)least(TABLE_LINE, terminal) : TABLE_LINE);
}

void table_print_array(FILE *file, const char *columns, const struct json *array, int most)
{
    struct rows rows = rows_of(array);
    table_print(file, columns, &rows, most);
}

/* --- HTML ------------------------------------------------------------------------------------- */

/* Prints the exact value of a number. False: the value is not a number. */
static bool print_exact(FILE *file, const struct json *value)
{
    char text[32];
    int64_t whole;
    double real;
    if (js_as_int(value, &whole))
        fprintf(file, "%" PRId64, whole);
    else if (js_as_real(value, &real) && real == floor(real) && fabs(real) < 1e15)
        fprintf(file, "%.0f", real);
    else if (js_as_real(value, &real))
        fputs(text_from_real(real, text), file);
    else
        return false;
    return true;
}

static void print_data(FILE *file, const char *attribute, const struct json *value)
{
    double real;
    if (!js_as_real(value, &real))
        return;
    fprintf(file, " data-%s=\"", attribute);
    print_exact(file, value);
    fputc('"', file);
}

static void print_spread(FILE *file, const struct json *value, enum number_form form)
{
    double least = value_number(js_get(value, "least")), most = value_number(js_get(value, "most"));
    if (isfinite(least) && isfinite(most) && least < most)
        fprintf(file, "<small>%s \xe2\x80\xa6 %s</small>", NUMBER(least, form), NUMBER(most, form));
}

static void print_cell(FILE *file, bool head, const struct json *value, const struct column *column)
{
    const struct json *middle = value_middle(value);
    char text[FIGURE_TEXT];
    fprintf(file, "<%s class=\"%s\"", head ? "th scope=\"row\"" : "td", column->text ? "t" : "n");
    print_data(file, "value", middle ? middle : value);
    print_data(file, "least", js_get(value, "least"));
    print_data(file, "most", js_get(value, "most"));
    fputc('>', file);
    if (js_as_text(value))
        html_text(file, js_as_text(value));
    else if (has_value(middle ? middle : value))
        fputs(figure_text(middle ? middle : value, column->form, text), file);
    else
        fputs("\xe2\x80\x93", file);
    if (middle)
        print_spread(file, value, column->form);
    fputs(head ? "</th>" : "</td>", file);
}

void table_html(FILE *file, const char *caption, const char *columns, const struct rows *rows)
{
    struct table table = table_of(columns, rows);
    fputs("<div class=\"table\"><table>\n", file);
    html_element(file, "caption", caption);
    fputs("\n<thead><tr>", file);
    for (int c = 0; c < table.n; c++)
        if (table.column[c].shown)
            html_element(file,
                table.column[c].text ? "th scope=\"col\" class=\"t\""
                                     : "th scope=\"col\" class=\"n\"",
                table.column[c].heading);
    fputs("</tr></thead>\n<tbody>\n", file);
    for (int r = 0; r < rows->n; r++) {
        fputs("<tr>", file);
        for (int c = 0; c < table.n; c++)
            if (table.column[c].shown)
                print_cell(file, c == 0, value_at(&table, r, c), &table.column[c]);
        fputs("</tr>\n", file);
    }
    fputs("</tbody></table></div>\n", file);
}

void table_html_list(FILE *file, const char *columns, const struct json *row)
{
    struct rows rows = {.n = 1, .row = {row}};
    struct table table = table_of(columns, &rows);
    char text[FIGURE_TEXT];
    fputs("<dl>\n", file);
    for (int c = 0; c < table.n; c++) {
        const struct json *value = value_at(&table, 0, c);
        if (!has_value(value))
            continue;
        html_element(file, "dt", table.column[c].heading);
        html_element(file, "dd",
            js_as_text(value) ? js_as_text(value) : figure_text(value, table.column[c].form, text));
        fputc('\n', file);
    }
    fputs("</dl>\n", file);
}

/* --- CSV -------------------------------------------------------------------------------------- */

/* Prints a text, in quotes if it contains a comma or quotes (RFC 4180). */
static void print_quoted(FILE *file, const char *text)
{
    bool quotes = strpbrk(text, ",\"\r\n") != NULL;
    if (quotes)
        fputc('"', file);
    for (; *text; text++)
        fprintf(file, "%s%c", *text == '"' ? "\"" : "", *text);
    if (quotes)
        fputc('"', file);
}

static void print_csv(FILE *file, const struct json *value)
{
    bool truth;
    if (js_as_text(value))
        print_quoted(file, js_as_text(value));
    else if (js_as_bool(value, &truth))
        fputs(truth ? "true" : "false", file);
    else
        print_exact(file, value);
}

/* Prints a line of values, or of their names if row is NULL. */
static void csv_line(FILE *file, const struct json *shape, const struct json *row)
{
    static const char *const part[] = {"mean", "median", "least", "most"};
    static const char *const after[] = {"", "", "_least", "_most"};
    const char *comma = "";
    for (size_t i = 0; i < js_size(shape); i++, comma = ",") {
        const char *key = js_key(shape, i);
        const struct json *value = js_get(shape, key);
        if (js_size(value) == 0) {
            fprintf(file, "%s%s", comma, row ? "" : key);
            print_csv(file, js_get(row, key));
        }
        for (int p = 0; p < 4; p++)
            if (js_get(value, part[p])) {
                fprintf(file, "%s%s%s", comma, row ? "" : key, row ? "" : after[p]);
                print_csv(file, js_get(js_get(row, key), part[p]));
                comma = ",";
            }
    }
    fputc('\n', file);
}

void table_csv(FILE *file, const struct json *shape, const struct json *rows)
{
    csv_line(file, shape, NULL);
    for (size_t i = 0; i < js_size(rows); i++)
        csv_line(file, shape, js_item(rows, i));
}
