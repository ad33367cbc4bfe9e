#include "data/formats/csv_header.h"

#include <string.h>

#include "base/text.h"
#include "data/formats/csv_rows.h"

/* --- columns without a name ---------------------------------------------------------------- */

struct line_fields {
    int64_t n; /* 0: the quotes are wrong */
    struct csv_field first, last;
};

static struct line_fields fields_of(const struct csv_head *head, const char *at, const char *end)
{
    struct line_fields fields = {.n = 0};
    for (int64_t n = 1;; n++) {
        at = csv_field_read(&fields.last, at, end, head->delimiter);
        if (n == 1)
            fields.first = fields.last;
        if (!at || at == end) {
            fields.n = at ? n : 0;
            return fields;
        }
        at++;
    }
}

/* True if a field can only be the name of row i, from 0: R quotes them, or they count the rows. An
 * unquoted word could as well be a part of the line, whose 1,000 makes a field too many. */
static bool is_row_name(const struct csv_head *head, struct csv_field field, int64_t i)
{
    struct decimal number;
    return field.quoted || (csv_head_number(head, field, &number) &&
                               (number.value == (float)i || number.value == (float)(i + 1)));
}

/* True if no field of the first line is a number. */
static bool has_only_words(const struct csv_head *head, const struct first_line *line)
{
    struct csv_field field;
    struct decimal number;
    for (const char *at = line->text; at <= line->end; at++) {
        at = csv_field_read(&field, at, line->end, head->delimiter);
        if (!at || csv_head_number(head, field, &number))
            return false;
    }
    return true;
}

/* Looks at the first lines below the header, so that a field too many in one of them is an error. */
void csv_header_find_unnamed(
    struct csv_head *head, struct first_line *line, enum header_choice choice)
{
    enum { LINES = 10 };
    const char *next = line->next;
    int64_t same = 0, longer = 0, empty = 0, named = 0, lines = 0;
    head->counted_line = 1;
    if (choice == HEADER_OFF || (choice == HEADER_AUTO && !has_only_words(head, line)))
        return;
    bool header_trails = fields_of(head, line->text, line->end).last.length == 0;
    for (; lines < LINES && next < head->end; lines++) {
        const char *at = next, *end = csv_record_end(at, head->end, &next);
        struct line_fields fields = fields_of(head, at, end);
        same += fields.n == head->columns;
        longer += fields.n == head->columns + 1;
        empty += fields.last.length == 0;
        named += is_row_name(head, fields.first, lines);
    }
    bool all_longer = lines > 0 && longer == lines, all_same = lines > 0 && same == lines;
    line->row_names = all_longer && named == lines && empty < lines;
    line->empty_last =
        empty == lines && (all_longer || (all_same && header_trails && head->columns > 1));
    if (!line->row_names && !(line->empty_last && all_longer))
        return;
    head->columns++;
    head->counted_line = 2;
}

static void omit(struct csv_head *head, int64_t column, int32_t role, const char *why)
{
    if (!csv_is_feature(head->role[column]))
        return;
    head->role[column] = role;
    head->features--;
    text_append(head->note, sizeof head->note, "%scolumn %lld %s, and is ignored",
        *head->note ? "; " : "", (long long)column + 1, why);
}

/* The name of the column in which pandas passes the index of a frame, before its number. */
static const char pandas_index[] = "__index_level_";

void csv_header_omit_unnamed(struct csv_head *head, const struct first_line *line)
{
    if (line->row_names)
        omit(head, 0, CSV_LEFT_OUT,
            "has the names of the rows, since the header has one field less than the lines");
    if (line->empty_last)
        omit(head, head->columns - 1, CSV_EMPTY,
            "has neither a name nor values, since the lines end with a separator");
    for (int64_t c = 0; head->rows > 0 && c < head->columns; c++)
        if (strncmp(head->column_name[c], pandas_index, sizeof pandas_index - 1) == 0)
            omit(head, c, CSV_LEFT_OUT, "is the index of a frame");
}

bool csv_header_is_unnamed(const char *name)
{
    return !*name || strncmp(name, "Unnamed: ", 9) == 0;
}

/* False if no input has a name, so that the first one is like the others. */
static bool names_inputs(const struct csv_head *head)
{
    for (int64_t c = 0; c < head->columns; c++)
        if (csv_is_feature(head->role[c]) && !csv_header_is_unnamed(head->column_name[c]))
            return true;
    return false;
}

void csv_header_take_row_names(struct csv_head *head)
{
    if (!csv_is_feature(head->role[0]) || head->kind[0] != CSV_FIND ||
        !csv_header_is_unnamed(head->column_name[0]) || !names_inputs(head))
        return;
    head->role[0] = CSV_EXTRA + CSV_ROW_NAME;
    head->has_extra[CSV_ROW_NAME] = true;
    head->features--;
}

/* --- is it a header? ----------------------------------------------------------------------- */

static struct csv_field name_of(const struct csv_head *head, int64_t column)
{
    const char *name = head->column_name[column];
    return (struct csv_field){name, strlen(name), false};
}

static bool is_number(const struct csv_head *head, struct csv_field field)
{
    struct decimal number;
    return csv_head_number(head, field, &number);
}

/* True if the second line has numbers in the same inputs as the first, apart from missing values:
 * then both are samples. */
static bool is_like_next(const struct csv_head *head, const struct first_line *line)
{
    const char *next, *at = line->next, *end = csv_record_end(at, head->end, &next);
    for (int64_t c = 0; c < head->columns; c++, at++) {
        struct csv_field first = name_of(head, c), second;
        if (at > end || line->next >= head->end ||
            !(at = csv_field_read(&second, at, end, head->delimiter)))
            return false;
        bool missing = csv_is_missing(head, first, false) || csv_is_missing(head, second, false);
        if (csv_is_feature(head->role[c]) && !missing &&
            is_number(head, first) != is_number(head, second))
            return false;
    }
    return true;
}

enum status csv_header_judge(
    struct csv_head *head, struct first_line *line, enum header_choice choice, struct error *error)
{
    int64_t numbers = 0, of_number = 0, of_word = 0;
    for (int64_t c = 0; c < head->columns; c++) {
        bool number = is_number(head, name_of(head, c));
        if (!csv_is_feature(head->role[c]))
            continue;
        numbers += number;
        *(number ? &of_number : &of_word) = c;
    }
    bool mixed = numbers > 0 && numbers < head->features;
    line->named |= choice == HEADER_ON || (choice == HEADER_AUTO && numbers == 0);
    if (choice == HEADER_AUTO && !line->named && mixed && !is_like_next(head, line))
        return fail(error, STATUS_BAD_DATA,
            "%s, line 1: is it a header? Column %lld is the number %.40s, but column %lld is "
            "\"%.40s\"; use --header on or off",
            head->name, (long long)of_number + 1, head->column_name[of_number],
            (long long)of_word + 1, head->column_name[of_word]);
    return STATUS_OK;
}
