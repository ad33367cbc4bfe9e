#include "report/columns.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

/* --- cells ------------------------------------------------------------------------------------ */

struct cell cell_none(void)
{
    return (struct cell){.known = false};
}

struct cell cell_text(const char *text)
{
    return (struct cell){.known = text != NULL, .text = text};
}

struct cell cell_truth(bool truth)
{
    return (struct cell){.known = true, .most = truth};
}

struct cell cell_count(int64_t count)
{
    return (struct cell){.known = true, .most = count};
}

struct cell cell_real(double real)
{
    return (struct cell){.known = isfinite(real), .real = real};
}

struct cell cell_span(int64_t least, int64_t most)
{
    return (struct cell){.known = true, .least = least, .most = most};
}

struct cell cell_silent(struct cell cell, bool silent)
{
    cell.silent = silent;
    return cell;
}

static void print_span(char out[CELL_TEXT_MAX], struct cell cell)
{
    char least[32], most[32];
    text_grouped(cell.least, least);
    text_grouped(cell.most, most);
    if (cell.least == cell.most)
        snprintf(out, CELL_TEXT_MAX, "%s", most);
    else
        snprintf(out, CELL_TEXT_MAX, "%s-%s", least, most);
}

/* 1.3 G */
static void print_flops(char out[CELL_TEXT_MAX], double flops)
{
    static const char unit[] = " kMGTPE";
    int i = 0;
    for (; flops >= 999.95 && unit[i + 1]; i++)
        flops /= 1000;
    if (i == 0)
        snprintf(out, CELL_TEXT_MAX, "%.0f", flops);
    else
        snprintf(out, CELL_TEXT_MAX, "%.3g %c", flops, unit[i]);
}

/* 2.5 us, 12 ms, 3.4 s, 5 min 3 s, 2 h 5 min, 3 d 4 h */
static void print_seconds(char out[CELL_TEXT_MAX], double seconds)
{
    static const struct {
        double s, part;
        const char *name, *part_name;
    } unit[] = {{86400, 3600, "d", "h"}, {3600, 60, "h", "min"}, {60, 1, "min", "s"}};
    for (int i = 0; i < 3; i++) {
        double parts = round(seconds / unit[i].part),
               whole = floor(parts * unit[i].part / unit[i].s);
        if (whole < 1)
            continue;
        snprintf(out, CELL_TEXT_MAX, "%.0f %s %.0f %s", whole, unit[i].name,
            parts - whole * unit[i].s / unit[i].part, unit[i].part_name);
        return;
    }
    double us = seconds * 1e6;
    if (us < 999.5)
        snprintf(out, CELL_TEXT_MAX, "%.3g us", us);
    else if (us < 999.5e3)
        snprintf(out, CELL_TEXT_MAX, "%.3g ms", us / 1e3);
    else
        snprintf(out, CELL_TEXT_MAX, "%.3g s", seconds);
}

const char *cell_print(char out[CELL_TEXT_MAX], enum cell_kind kind, struct cell cell)
{
    char number[32];
    out[0] = '\0';
    if (!cell.known || cell.silent)
        return out;
    switch (kind) {
    case CELL_TEXT:
        snprintf(out, CELL_TEXT_MAX, "%s", cell.text);
        break;
    case CELL_TRUTH:
        snprintf(out, CELL_TEXT_MAX, "%s", cell.most ? "yes" : "no");
        break;
    case CELL_COUNT:
        snprintf(out, CELL_TEXT_MAX, "%s", text_grouped(cell.most, number));
        break;
    case CELL_REAL:
        snprintf(out, CELL_TEXT_MAX, "%.4g", cell.real);
        break;
    case CELL_SHARE:
        snprintf(out, CELL_TEXT_MAX, "%.3g %%", 100 * cell.real);
        break;
    case CELL_BYTES:
        snprintf(out, CELL_TEXT_MAX, "%s", text_bytes((double)cell.most, number));
        break;
    case CELL_FLOPS:
        print_flops(out, cell.real);
        break;
    case CELL_SECONDS:
        print_seconds(out, cell.real);
        break;
    case CELL_SPAN:
        print_span(out, cell);
        break;
    }
    return out;
}

/* --- for people ------------------------------------------------------------------------------- */

enum { COLUMNS_MAX = 64, LINE = 98 };
enum place { NOWHERE, IN_TABLE, BELOW };

/* What is printed, and how wide. */
struct table {
    const struct column *column;
    int columns, rows;
    const struct cell *cell;
    bool folds;
    enum place place[COLUMNS_MAX];
    size_t width[COLUMNS_MAX];
};

/* Of a row, or of the headings: -2 and -1. */
static const char *text_at(const struct table *table, int row, int c, char out[CELL_TEXT_MAX])
{
    const struct column *column = &table->column[c];
    if (row == -2)
        return column->above;
    return row == -1 ? column->heading
                     : cell_print(out, column->kind, table->cell[row * table->columns + c]);
}

static enum place place_of(const struct table *table, int c)
{
    char one[CELL_TEXT_MAX], other[CELL_TEXT_MAX];
    bool known = false, same = true;
    if (!table->column[c].heading)
        return NOWHERE;
    for (int row = 0; row < table->rows; row++) {
        const char *text = text_at(table, row, c, one);
        known |= *text != '\0';
        same &= strcmp(text, text_at(table, 0, c, other)) == 0;
    }
    if (c > 0 && !known)
        return NOWHERE;
    return c > 0 && table->folds && table->column[c].folds && same ? BELOW : IN_TABLE;
}

static size_t width_of(const struct table *table, int c)
{
    size_t width = 0;
    char text[CELL_TEXT_MAX];
    for (int row = -2; row < table->rows; row++) {
        size_t length = strlen(text_at(table, row, c, text));
        width = length > width ? length : width;
    }
    return width;
}

/* Each cell comes after the blanks that it needs, so none follow the last. */
static void print_line(FILE *file, const struct table *table, int row)
{
    size_t owed = 0; /* blanks */
    char cell[CELL_TEXT_MAX];
    for (int c = 0; c < table->columns; c++) {
        if (table->place[c] != IN_TABLE)
            continue;
        const char *text = text_at(table, row, c, cell);
        size_t blanks = table->width[c] - strlen(text);
        bool left = table->column[c].left;
        owed += (c > 0 ? 2 : 0) + (left ? 0 : blanks);
        if (*text) {
            fprintf(file, "%*s%s", (int)owed, "", text);
            owed = 0;
        }
        owed += left ? blanks : 0;
    }
    fputc('\n', file);
}

static void print_below(FILE *file, const struct table *table)
{
    size_t at = 0;
    for (int c = 0; c < table->columns; c++) {
        const struct column *column = &table->column[c];
        char cell[CELL_TEXT_MAX], text[2 * CELL_TEXT_MAX];
        if (table->place[c] != BELOW)
            continue;
        int length = snprintf(text, sizeof text, "%s%s%s %s", column->above,
            *column->above ? " " : "", column->heading, text_at(table, 0, c, cell));
        const char *before = at == 0 ? table->rows > 1 ? "the same for all: " : "besides: "
                             : at + (size_t)length + 2 > LINE ? ",\n  "
                                                              : ", ";
        at = *before == ',' && before[1] == '\n' ? 0 : at;
        at += (size_t)fprintf(file, "%s%s", before, text);
    }
    if (at > 0)
        fputc('\n', file);
}

/* Puts every column where it belongs; returns the width of the table. */
static size_t lay_out(struct table *table)
{
    size_t width = 0;
    for (int c = 0; c < table->columns; c++) {
        table->place[c] = place_of(table, c);
        table->width[c] = table->place[c] == IN_TABLE ? width_of(table, c) : 0;
        width += table->place[c] == IN_TABLE ? table->width[c] + 2 : 0;
    }
    return width - 2;
}

bool columns_print(
    FILE *file, const struct column *column, int columns, const struct cell *cell, int rows)
{
    struct table table = {
        .column = column, .columns = columns, .rows = rows, .cell = cell, .folds = rows > 1};
    bool above = false, says = false;
    if (lay_out(&table) > LINE && !table.folds) {
        table.folds = true;
        lay_out(&table);
    }
    for (int c = 0; c < columns; c++) {
        above |= table.place[c] == IN_TABLE && *column[c].above;
        says |= c > 0 && table.place[c] != NOWHERE;
    }
    for (int row = above ? -2 : -1; says && row < rows; row++)
        print_line(file, &table, row);
    if (says)
        print_below(file, &table);
    return says;
}

/* --- for programs ----------------------------------------------------------------------------- */

void columns_csv_head(FILE *file, const struct column *column, int columns)
{
    const char *comma = "";
    for (int c = 0; c < columns; c++) {
        const char *key = column[c].key;
        if (!key)
            continue;
        if (column[c].kind == CELL_SPAN)
            fprintf(file, "%s%s_least,%s_most", comma, key, key);
        else
            fprintf(file, "%s%s", comma, key);
        comma = ",";
    }
}

static void print_csv(FILE *file, enum cell_kind kind, struct cell cell)
{
    char number[32];
    if (!cell.known && kind == CELL_SPAN)
        fputc(',', file);
    if (!cell.known)
        return;
    switch (kind) {
    case CELL_TEXT:
        fputs(cell.text, file);
        break;
    case CELL_TRUTH:
        fputs(cell.most ? "true" : "false", file);
        break;
    case CELL_COUNT:
    case CELL_BYTES:
        fprintf(file, "%" PRId64, cell.most);
        break;
    case CELL_REAL:
    case CELL_SHARE:
    case CELL_FLOPS:
    case CELL_SECONDS:
        if (cell.real == floor(cell.real) && fabs(cell.real) < 1e15)
            fprintf(file, "%.0f", cell.real);
        else
            fputs(text_from_real(cell.real, number), file);
        break;
    case CELL_SPAN:
        fprintf(file, "%" PRId64 ",%" PRId64, cell.least, cell.most);
        break;
    }
}

void columns_csv_row(FILE *file, const struct column *column, int columns, const struct cell *cell)
{
    const char *comma = "";
    for (int c = 0; c < columns; c++) {
        if (!column[c].key)
            continue;
        fputs(comma, file);
        print_csv(file, column[c].kind, cell[c]);
        comma = ",";
    }
}

static void set_cell(struct json *object, const char *key, enum cell_kind kind, struct cell cell)
{
    struct json *span;
    if (!cell.known) {
        js_set_null(object, key);
        return;
    }
    switch (kind) {
    case CELL_TEXT:
        js_set_text(object, key, cell.text);
        break;
    case CELL_TRUTH:
        js_set_bool(object, key, cell.most != 0);
        break;
    case CELL_COUNT:
    case CELL_BYTES:
        js_set_int(object, key, cell.most);
        break;
    case CELL_REAL:
    case CELL_SHARE:
    case CELL_FLOPS:
    case CELL_SECONDS:
        js_set_real(object, key, cell.real);
        break;
    case CELL_SPAN:
        span = js_object();
        js_set_int(span, "least", cell.least);
        js_set_int(span, "most", cell.most);
        js_set(object, key, span);
        break;
    }
}

void columns_set_json(
    struct json *object, const struct column *column, int columns, const struct cell *cell)
{
    for (int c = 0; c < columns; c++)
        if (column[c].key)
            set_cell(object, column[c].key, column[c].kind, cell[c]);
}
