#include "data/formats/arrow.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/formats/arrow_cells.h"
#include "data/formats/csv_dataset.h"
#include "data/formats/csv_rows.h"
#include "data/names.h"

struct arrow_table {
    const char *name;
    struct ArrowSchema schema;
    struct ArrowArray *batch; /* [room], of which `batches` are in use */
    int64_t batches, room, rows, columns;
    int64_t *first;            /* [batches] row of the table that a batch begins with */
    struct arrow_cells *cells; /* [batches x columns] */
};

/* --- the stream ------------------------------------------------------------------------------- */

static enum status fail_stream(
    const struct arrow_table *table, struct ArrowArrayStream *stream, int code, struct error *error)
{
    const char *reason = stream->get_last_error ? stream->get_last_error(stream) : NULL;
    return fail(error, code == ENOMEM ? STATUS_NO_RESOURCE : STATUS_BAD_DATA,
        "%s: the Arrow stream failed: %.400s", table->name, reason ? reason : strerror(code));
}

static enum status check_schema(const struct arrow_table *table, struct error *error)
{
    const struct ArrowSchema *schema = &table->schema;
    if (!schema->release || !schema->format || strcmp(schema->format, "+s") != 0)
        return fail(error, STATUS_BAD_DATA,
            "%s: the Arrow stream has no record batches, which are structs, but \"%.40s\"",
            table->name, schema->release && schema->format ? schema->format : "nothing");
    if (table->columns < 1 || table->columns > INT32_MAX || !schema->children)
        return fail(error, STATUS_BAD_DATA, "%s: the Arrow stream has no columns", table->name);
    for (int64_t c = 0; c < table->columns; c++) {
        const struct ArrowSchema *column = schema->children[c];
        const char *name = column && column->name ? column->name : "";
        if (!column || !column->format || !text_is_utf8(name, strlen(name)))
            return fail(error, STATUS_BAD_DATA,
                "%s, column %lld: its Arrow schema has no type, or a name that is not UTF-8 text",
                table->name, (long long)c + 1);
    }
    return STATUS_OK;
}

static enum status check_batch(
    const struct arrow_table *table, const struct ArrowArray *batch, struct error *error)
{
    enum { ROWS_MOST_LOG2 = 40 };
    const char *fault = NULL;
    if (batch->n_children != table->columns || !batch->children)
        fault = "it has another number of columns than the schema";
    else if (batch->length < 0 || batch->offset < 0 ||
             batch->length > ((int64_t)1 << ROWS_MOST_LOG2) - table->rows)
        fault = "its length is impossible";
    else if (batch->n_buffers > 0 && batch->buffers && batch->buffers[0] && batch->null_count != 0)
        fault = "whole rows of it are null";
    for (int64_t c = 0; !fault && c < table->columns; c++)
        if (!batch->children[c])
            fault = "a column is missing";
    return fault ? fail(error, STATUS_BAD_DATA, "%s: Arrow batch %lld (from 0) is malformed: %s",
                       table->name, (long long)table->batches - 1, fault)
                 : STATUS_OK;
}

/* Doubles the room for batches. */
static enum status grow(struct arrow_table *table, struct error *error)
{
    enum { ROOM_FIRST = 8 };
    struct ArrowArray *larger;
    int64_t room = table->room ? 2 * table->room : ROOM_FIRST;
    TRY(memory_take(&larger, (size_t)room, sizeof *larger, "the Arrow batches", error));
    if (table->batches > 0)
        memcpy(larger, table->batch, (size_t)table->batches * sizeof *larger);
    free(table->batch);
    table->batch = larger;
    table->room = room;
    return STATUS_OK;
}

/* Reads the next batch. Sets *end if there is none. */
static enum status read_batch(
    struct arrow_table *table, struct ArrowArrayStream *stream, bool *end, struct error *error)
{
    if (table->batches == table->room)
        TRY(grow(table, error));
    struct ArrowArray *batch = &table->batch[table->batches];
    *batch = (struct ArrowArray){0};
    int code = stream->get_next(stream, batch);
    if (code)
        return fail_stream(table, stream, code, error);
    *end = !batch->release;
    if (*end)
        return STATUS_OK;
    table->batches++;
    TRY(check_batch(table, batch, error));
    table->rows += batch->length;
    return STATUS_OK;
}

static enum status read_stream(
    struct arrow_table *table, struct ArrowArrayStream *stream, struct error *error)
{
    int code = stream->get_schema(stream, &table->schema);
    if (code)
        return fail_stream(table, stream, code, error);
    table->columns = table->schema.n_children;
    TRY(check_schema(table, error));
    for (bool end = false; !end;)
        TRY(read_batch(table, stream, &end, error));
    return table->rows > 0
               ? STATUS_OK
               : fail(error, STATUS_BAD_DATA, "%s: the Arrow stream has no rows", table->name);
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Returns the last batch that begins at this row or before it; so it is not empty. */
static int64_t batch_of(const struct arrow_table *table, int64_t row)
{
    int64_t first = 0, end = table->batches;
    while (end - first > 1) {
        int64_t middle = first + (end - first) / 2;
        if (table->first[middle] <= row)
            first = middle;
        else
            end = middle;
    }
    return first;
}

static bool take_number(struct csv_rows *rows, struct csv_part *part, float number, float *value)
{
    char text[32];
    if (isnan(number) || csv_is_missing_number(rows->head, number))
        return csv_rows_take(rows, part, (struct csv_field){"", 0, false});
    *value = number;
    if (isfinite(number))
        return true;
    text_from_float(number, text);
    return csv_rows_refuse(rows->head, part, (struct csv_field){text, strlen(text), false},
        "as float32 is not finite; a missing value is null or NaN");
}

static bool parse_row(struct csv_rows *rows, struct csv_part *part, const char *at, const char *end)
{
    const struct csv_head *head = rows->head;
    const struct arrow_table *table = head->cells;
    int64_t batch = batch_of(table, part->row), row = part->row - table->first[batch];
    const struct arrow_cells *cells = table->cells + batch * table->columns;
    float *value = (float *)rows->set->values + part->row * head->features;
    (void)at;
    (void)end;
    for (int64_t c = 0; c < head->columns; c++) {
        int32_t role = head->role[c];
        part->column = c;
        if (role == CSV_LEFT_OUT)
            continue;
        bool takes = arrow_cells_are_numbers(&cells[c])
                         ? take_number(rows, part, arrow_cells_number(&cells[c], row),
                               value + csv_feature_of(role))
                         : csv_rows_take(rows, part, arrow_cells_text(&cells[c], row));
        if (!takes)
            return false;
    }
    return true;
}

/* --- columns ---------------------------------------------------------------------------------- */

/* Returns the name of a type that cannot be used, and what to do. */
static const char *other_type(const char *format)
{
    static const char *const type[][2] = {{"d:", "decimal: cast it to float64"},
        {"td", "date: convert it to a number"}, {"ts", "timestamp: convert it to a number"},
        {"tt", "time: convert it to a number"}, {"tD", "duration: convert it to a number"},
        {"ti", "interval: convert it to a number"}, {"+r", "run-end encoded: decode it"},
        {"+", "nested: make columns of its parts"}, {"z", "binary: decode it"},
        {"Z", "binary: decode it"}, {"vz", "binary: decode it"}, {"w", "binary: decode it"},
        {"", "unknown: cast it to float64 or to a string"}};
    int i = 0;
    while (strncmp(format, type[i][0], strlen(type[i][0])) != 0)
        i++;
    return type[i][1];
}

/* Times can only be sort keys. */
static enum status check_type(const struct csv_head *head, int64_t column, struct arrow_type type,
    const struct ArrowSchema *schema, struct error *error)
{
    bool odd_words = schema->dictionary && schema->dictionary->format &&
                     (type.word == ARROW_OTHER || type.word == ARROW_TIME);
    const char *format = odd_words ? schema->dictionary->format : schema->format;
    bool sorts = head->role[column] == (int32_t)CSV_EXTRA + (int32_t)CSV_WHEN;
    if (type.kind != ARROW_OTHER && (type.kind != ARROW_TIME || sorts))
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s, column %lld (\"%.50s\") has the Arrow type %.20s, %s, or omit the column (--ignore "
        "%lld)",
        head->name, (long long)column + 1, head->column_name[column], format, other_type(format),
        (long long)column + 1);
}

static enum status open_column(struct arrow_table *table, const struct csv_head *head,
    int64_t column, struct arrow_type type, struct error *error)
{
    char place[200];
    bool direct = csv_is_feature(head->role[column]) && head->kind[column] != CSV_WORDS &&
                  column + 1 != head->also_id;
    snprintf(place, sizeof place, "%.80s, column %lld (\"%.50s\")", head->name,
        (long long)column + 1, head->column_name[column]);
    for (int64_t b = 0; b < table->batches; b++) {
        const struct ArrowArray *batch = &table->batch[b];
        struct arrow_cells *cells = &table->cells[b * table->columns + column];
        TRY(arrow_cells_open(
            cells, type, batch->children[column], batch->offset, batch->length, place, error));
        if (!direct || !arrow_cells_are_numbers(cells))
            TRY(arrow_cells_make_text(cells, head->decimal, error));
    }
    return STATUS_OK;
}

/* Returns the kind of an input column. A frame states its types: numbers as texts, such as postal codes,
 * are words. */
static enum csv_kind kind_of(enum arrow_kind kind, enum csv_kind asked)
{
    bool text = kind == ARROW_TEXT || kind == ARROW_LARGE_TEXT || kind == ARROW_TEXT_VIEW;
    if (asked != CSV_FIND)
        return asked;
    return kind == ARROW_DICTIONARY ? CSV_WORDS : text ? CSV_TEXTS : CSV_FIND;
}

static enum status open_columns(
    struct arrow_table *table, struct csv_head *head, struct error *error)
{
    size_t batches = (size_t)table->batches;
    TRY(memory_take(&table->first, batches, sizeof *table->first, "the Arrow batches", error));
    TRY(memory_take(&table->cells, batches * (size_t)table->columns, sizeof *table->cells,
        "the Arrow batches", error));
    for (int64_t b = 1; b < table->batches; b++)
        table->first[b] = table->first[b - 1] + table->batch[b - 1].length;
    for (int64_t c = 0; c < table->columns; c++) {
        const struct ArrowSchema *schema = table->schema.children[c];
        struct arrow_type type = arrow_type_of(schema);
        if (head->role[c] == CSV_LEFT_OUT)
            continue;
        TRY(check_type(head, c, type, schema, error));
        head->kind[c] = (unsigned char)kind_of(type.kind, head->kind[c]);
        TRY(open_column(table, head, c, type, error));
    }
    return STATUS_OK;
}

/* --- the dataset ------------------------------------------------------------------------------ */

/* Returns the request for this table: without the labels of a model, if they are not there. */
static struct source_request request_for(
    const struct source_request *request, char *const *name, int64_t columns)
{
    struct source_request own = *request;
    if (!request->feature_name || request->label)
        return own;
    bool labelled = request->label_name && request->label_columns > 0;
    for (int64_t i = 0; labelled && i < request->label_columns; i++)
        labelled = names_find(name, columns, request->label_name[i]) >= 0;
    if (!labelled)
        own.task = TASK_NONE;
    return own;
}

static enum status make(struct dataset *dataset, struct arrow_table *table, char *const *name,
    const struct source_request *request, struct error *error)
{
    struct csv_head head;
    struct source_request own = request_for(request, name, table->columns);
    TRY(csv_head_of_cells(&head, table->name, name, table->columns, table->rows, &own, error));
    head.parse = parse_row;
    head.cells = table;
    enum status status = open_columns(table, &head, error);
    if (!status)
        status = csv_dataset_make(dataset, &head, own.threads, error);
    csv_head_clear(&head);
    return status;
}

static enum status read(struct dataset *dataset, struct arrow_table *table,
    struct ArrowArrayStream *stream, const struct source_request *request, struct error *error)
{
    char **name;
    TRY(read_stream(table, stream, error));
    TRY(memory_take(&name, (size_t)table->columns, sizeof *name, "the column names", error));
    for (int64_t c = 0; c < table->columns; c++) {
        const char *given = table->schema.children[c]->name;
        name[c] = (char *)(uintptr_t)(given ? given : "");
    }
    enum status status = make(dataset, table, name, request, error);
    free(name);
    return status;
}

static void clear(struct arrow_table *table)
{
    for (int64_t i = 0; table->cells && i < table->batches * table->columns; i++)
        arrow_cells_clear(&table->cells[i]);
    for (int64_t b = 0; b < table->batches; b++)
        if (table->batch[b].release)
            table->batch[b].release(&table->batch[b]);
    if (table->schema.release)
        table->schema.release(&table->schema);
    free(table->cells);
    free(table->first);
    free(table->batch);
}

enum status arrow_read(const char *name, struct ArrowArrayStream *stream,
    const struct source_request *request, struct dataset *dataset, struct error *error)
{
    struct arrow_table table = {.name = name};
    *dataset = (struct dataset){0};
    if (!stream->release || !stream->get_schema || !stream->get_next)
        return fail(error, STATUS_USAGE,
            "%s: the Arrow stream has been released; each stream can be read once", name);
    enum status status = read(dataset, &table, stream, request, error);
    clear(&table);
    return status;
}
