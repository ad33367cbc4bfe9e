#include "data/formats/csv_head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/formats/csv_columns.h"
#include "data/formats/csv_delimiter.h"
#include "data/formats/csv_field.h"
#include "data/formats/csv_header.h"
#include "data/formats/csv_label_columns.h"
#include "data/formats/csv_match.h"
#include "data/names.h"

static bool has_utf16_mark(const char *text, size_t size)
{
    return size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

bool csv_is_utf16(const char *text, size_t size)
{
    enum { LOOKED_AT = 256 };
    size_t pairs = (size < LOOKED_AT ? size : LOOKED_AT) / 2, zeros[2] = {0, 0};
    for (size_t i = 0; i < 2 * pairs; i++)
        zeros[i % 2] += text[i] == '\0';
    bool zeros_alternate = (zeros[0] == 0) != (zeros[1] == 0);
    return has_utf16_mark(text, size) || (zeros_alternate && zeros[0] + zeros[1] > pairs / 4);
}

const char csv_not_utf8[] = "is not UTF-8 text; save the file as UTF-8, or convert it, e.g. iconv "
                            "-f WINDOWS-1252 -t UTF-8";

/* Names the byte order if iconv could not find it from a mark: the higher byte is the first 0. */
static enum status fail_utf16(
    const struct csv_head *head, const char *text, size_t size, struct error *error)
{
    const char *order = has_utf16_mark(text, size) ? "" : strlen(text) % 2 == 0 ? "BE" : "LE";
    return fail(error, STATUS_BAD_DATA,
        "%s is text in UTF-16; save it as UTF-8, or convert it: iconv -f UTF-16%s -t UTF-8",
        head->name, order);
}

/* Refuses files that are often given in place of a table, by their first bytes. */
static enum status refuse_other_formats(
    const struct csv_head *head, const char *text, size_t size, struct error *error)
{
    static const struct {
        size_t at, length;
        const char *bytes, *what;
    } other[] = {
        {0, 2, "\x1f\x8b",
            "compressed with gzip, which only files may be; unpack it: gunzip -c FILE | ..."},
        {4, 6, "1AY&SY", "compressed with bzip2; decompress it: bunzip2 FILE"},
        {0, 5,
            "\xfd"
            "7zXZ",
            "compressed with xz; decompress it: unxz FILE"},
        {0, 4, "PK\x03\x04", "a zip archive or an Excel file; unpack it, or save its sheet as CSV"},
        {0, 2, "{\"", "JSON, not a table; convert it to CSV"},
        {0, 2, "{\n", "JSON, not a table; convert it to CSV"},
        {0, 2, "[{", "JSON, not a table; convert it to CSV"},
        {0, 9, "<!DOCTYPE", "a web page, not a table; download the file itself"},
        {0, 5, "<html", "a web page, not a table; download the file itself"}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (size >= other[i].at + other[i].length &&
            strncasecmp(text + other[i].at, other[i].bytes, other[i].length) == 0)
            return fail(error, STATUS_BAD_DATA, "%s is %s", head->name, other[i].what);
    return STATUS_OK;
}

/* Skips a byte order mark, and drops blank lines at the end. */
static enum status trim(struct csv_head *head, const char *text, size_t size, struct error *error)
{
    const char *end = text + size;
    if (csv_is_utf16(text, size))
        return fail_utf16(head, text, size, error);
    TRY(refuse_other_formats(head, text, (size_t)(end - text), error));
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (end > text && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    if (text == end)
        return fail(error, STATUS_BAD_DATA, "%s is empty", head->name);
    if (!memchr(text, '\n', (size_t)(end - text)) && memchr(text, '\r', (size_t)(end - text)))
        return fail(error, STATUS_BAD_DATA,
            "%s has lines that end with CR only; convert it: tr '\\r' '\\n' < FILE > NEW",
            head->name);
    head->text = text;
    head->end = end;
    head->has_quotes = memchr(text, '"', (size_t)(end - text)) != NULL;
    return STATUS_OK;
}

bool csv_head_number(const struct csv_head *head, struct csv_field field, struct decimal *number)
{
    char text[64], *comma;
    if (head->decimal != ',')
        return csv_field_number(field, number);
    if (field.length >= sizeof text || memchr(field.text, '.', field.length))
        return false;
    memcpy(text, field.text, field.length);
    if ((comma = memchr(text, ',', field.length)))
        *comma = '.';
    return csv_field_number((struct csv_field){text, field.length, false}, number);
}

/* Asks for the memory that the first line takes: roles, names with their pointers, and the text of
 * the names twice, here and in the dataset. A line of many gigabytes may consist of nothing but
 * columns. */
static enum status ask_for_room(
    const struct csv_head *head, const struct first_line *line, struct error *error)
{
    int64_t column = (int64_t)(sizeof *head->role + 1 + sizeof *head->column_name);
    return room_for_reader(head->room, head->columns * column + 2 * (line->end - line->text), error,
        "%.200s, %lld columns", head->name, (long long)head->columns);
}

/* Allocates the roles and kinds of the columns. */
static enum status take_columns(struct csv_head *head, struct error *error)
{
    TRY(memory_take(&head->role, (size_t)head->columns, sizeof *head->role, "the columns", error));
    return memory_take(&head->kind, (size_t)head->columns, 1, "the columns", error);
}

/* Counts the columns and allocates the array of their roles. */
static enum status count_columns(
    struct csv_head *head, struct first_line *line, enum header_choice choice, struct error *error)
{
    struct csv_field field;
    const char *at = line->text;
    for (head->columns = 1;; head->columns++) {
        at = csv_field_read(&field, at, line->end, head->delimiter);
        char excerpt[CSV_EXCERPT];
        if (!at || !text_is_utf8(field.text, field.length))
            return fail(error, STATUS_BAD_DATA, "%s, line 1, column %lld: \"%s\" %s", head->name,
                (long long)head->columns, csv_field_excerpt(field, excerpt),
                at ? csv_not_utf8 : "has wrong quotes");
        if (at++ == line->end)
            break;
    }
    csv_header_find_unnamed(head, line, choice);
    TRY(ask_for_room(head, line, error));
    return take_columns(head, error);
}

/* Takes the fields of the first line as names, whether it is a header or not. */
static enum status name_columns(
    struct csv_head *head, const struct first_line *line, struct error *error)
{
    TRY(names_take(&head->column_name, head->columns, (size_t)(line->end - line->text) + 3,
        "the column names", error));
    char *text = head->column_name[0]; /* zeroed */
    text += line->row_names;
    for (const char *at = line->text; at <= line->end; at++) {
        struct csv_field field;
        at = csv_field_read(&field, at, line->end, head->delimiter);
        text += csv_field_copy(field, text);
    }
    names_index(head->column_name, head->columns);
    return STATUS_OK;
}

/* --- the columns --------------------------------------------------------------------------- */

/* Makes all columns inputs that are not numbered yet. */
static void make_inputs(struct csv_head *head)
{
    head->features = head->columns;
    for (int64_t c = 0; c < head->columns; c++)
        head->role[c] = csv_role_of_feature(0);
}

void csv_number_features(struct csv_head *head)
{
    int64_t feature = 0;
    for (int64_t c = 0; c < head->columns; c++)
        if (csv_is_feature(head->role[c]))
            head->role[c] = csv_role_of_feature(feature++);
}

/* Gives the columns of a header their roles by the names in the request. */
static enum status take_header(
    struct csv_head *head, const struct source_request *request, struct error *error)
{
    TRY(csv_labels_match(head, request, error));
    return request->feature_name ? csv_match_features(head, request, error) : STATUS_OK;
}

/* Fixes the kinds of the inputs if the request has their levels. */
static void set_kinds(struct csv_head *head)
{
    for (int64_t c = 0; head->levels && c < head->columns; c++)
        if (csv_is_feature(head->role[c]))
            head->kind[c] = levels_in(head->levels, csv_feature_of(head->role[c])) > 0
                                ? CSV_WORDS
                                : CSV_NUMBERS;
}

static enum status check_counts(const struct csv_head *head, struct error *error)
{
    if (head->features == 0 && head->columns == 1)
        return fail(error, STATUS_BAD_DATA,
            "%s has 1 column, which leaves none for inputs (columns are separated by commas, tabs, "
            "semicolons or, if its first lines have as many words, blanks; --separator names "
            "another separator)",
            head->name);
    if (head->features == 0)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld columns, of which the labels and the options that name columns (--ignore, "
            "--weight, --group, --split-by, --id) take all, which leaves none for inputs",
            head->name, (long long)head->columns);
    if (head->columns > INT32_MAX)
        return fail(error, STATUS_BAD_DATA, "%s has more than 2,147,483,647 columns", head->name);
    if (head->labels > 1 && head->task == TASK_CLASSES)
        return fail(error, STATUS_USAGE,
            "--label names %lld columns of %s; a class label is a single column (several are "
            "targets for --loss bce or mse)",
            (long long)head->labels, head->name);
    if (head->rows == 0 && head->text >= head->end)
        return fail(error, STATUS_BAD_DATA, "%s has a header, but no samples", head->name);
    if (head->levels && head->levels->columns > 0 && head->features != head->levels->columns)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld features per sample, but the training data has %lld", head->name,
            (long long)head->features, (long long)head->levels->columns);
    return STATUS_OK;
}

/* Finds the roles of the columns, and whether the first line is a header. */
static enum status choose_columns(struct csv_head *head, struct first_line *line,
    const struct source_request *request, struct error *error)
{
    make_inputs(head);
    TRY(csv_columns_choose(head, request, &line->named, error));
    csv_header_omit_unnamed(head, line);
    TRY(csv_labels_choose(head, request, &line->named, error));
    TRY(csv_header_judge(head, line, request->header, error));
    if (line->named && !request->levels)
        csv_header_take_row_names(head);
    csv_number_features(head);
    return STATUS_OK;
}

static enum status read_first_line(
    struct csv_head *head, const struct source_request *request, struct error *error)
{
    struct first_line line = {.text = head->text};
    line.end = csv_record_end(head->text, head->end, &line.next);
    TRY(csv_delimiter_choose(head, &line, request->separator, error));
    TRY(count_columns(head, &line, request->header, error));
    TRY(name_columns(head, &line, error));
    TRY(choose_columns(head, &line, request, error));
    head->first_line = 1;
    if (line.named) {
        head->first_line += 1 + csv_count(line.text, line.end, '\n');
        head->text = line.next;
        TRY(take_header(head, request, error));
    } else {
        free(head->column_name);
        head->column_name = NULL;
    }
    TRY(check_counts(head, error));
    set_kinds(head);
    return STATUS_OK;
}

/* Reads the numbers among the texts that mean a missing value. */
static enum status read_missing(struct csv_head *head, struct error *error)
{
    struct decimal number;
    if (!head->missing)
        return STATUS_OK;
    TRY(memory_take(&head->missing_number, strlen(head->missing) + 1, sizeof *head->missing_number,
        "the texts of --missing", error));
    for (const char *at = head->missing; *at;) {
        const char *end = at + strcspn(at, ",");
        if (decimal_read(at, end, &number) == end)
            head->missing_number[head->missing_numbers++] = number.value;
        at = end + (*end == ',');
    }
    return STATUS_OK;
}

static struct csv_head begin(const char *name, const struct source_request *request)
{
    return (struct csv_head){.name = name,
        .task = request->task,
        .missing =
            request->missing && *request->missing ? request->missing : request->model_missing,
        .decimal = request->decimal,
        .levels = request->levels,
        .room = request->room};
}

enum status csv_head_read(struct csv_head *head, const char *name, const char *text, size_t size,
    const struct source_request *request, struct error *error)
{
    *head = begin(name, request);
    enum status status = trim(head, text, size, error);
    if (!status)
        status = read_missing(head, error);
    if (!status)
        status = read_first_line(head, request, error);
    if (status)
        csv_head_clear(head);
    return status;
}

static enum status take_cells(struct csv_head *head, char *const *column_name,
    const struct source_request *request, struct error *error)
{
    struct first_line line = {0};
    TRY(take_columns(head, error));
    TRY(names_copy(&head->column_name, column_name, head->columns, "the column names", error));
    TRY(choose_columns(head, &line, request, error));
    TRY(take_header(head, request, error));
    TRY(check_counts(head, error));
    set_kinds(head);
    return STATUS_OK;
}

enum status csv_head_of_cells(struct csv_head *head, const char *name, char *const *column_name,
    int64_t columns, int64_t rows, const struct source_request *request, struct error *error)
{
    struct source_request named = *request;
    named.header = HEADER_ON;
    *head = begin(name, request);
    head->columns = columns;
    head->rows = rows;
    enum status status = read_missing(head, error);
    if (!status)
        status = take_cells(head, column_name, &named, error);
    if (status)
        csv_head_clear(head);
    return status;
}

void csv_head_clear(struct csv_head *head)
{
    free(head->role);
    free(head->kind);
    free(head->column_name);
    free(head->missing_number);
    *head = (struct csv_head){0};
}
