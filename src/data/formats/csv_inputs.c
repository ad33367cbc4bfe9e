#include "data/formats/csv_inputs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/formats/csv_header.h"

/* The cells of one input column in all parts. */
struct column_counts {
    int64_t words, missing, levels_most; /* levels_most: levels, if no two parts share one */
    int n_odd;
    struct csv_sample odd[CSV_ODD_SHOWN];
};

static struct column_counts count_cells(const struct csv_rows *rows, int64_t feature)
{
    struct column_counts counts = {0};
    for (int p = 0; p < rows->parts; p++) {
        if (!rows->part[p].of_input)
            continue;
        const struct csv_words *words = &rows->part[p].of_input[feature];
        for (int i = 0; i < CSV_ODD_SHOWN && i < words->cells && counts.n_odd < CSV_ODD_SHOWN; i++)
            counts.odd[counts.n_odd++] = words->odd[i];
        counts.words += words->cells;
        counts.missing += words->missing;
        counts.levels_most += words->set.n;
    }
    return counts;
}

/* --- messages ------------------------------------------------------------------------------ */

enum { COLUMN_NAME = 80 };

static const char *name_column(const struct csv_head *head, int64_t column, char out[COLUMN_NAME])
{
    int used = snprintf(out, COLUMN_NAME, "column %lld", (long long)column + 1);
    if (head->column_name)
        snprintf(out + used, COLUMN_NAME - (size_t)used, " (\"%.50s\")", head->column_name[column]);
    return out;
}

/* Writes the first words as "x" in line 2, "y" in line 5. */
static void list_odd(const struct column_counts *counts, const char *unit, char *out, size_t size)
{
    char excerpt[CSV_EXCERPT];
    size_t used = 0;
    for (int i = 0; i < counts->n_odd && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s\"%s\" in %s %lld", i ? ", " : "",
            csv_field_excerpt(counts->odd[i].field, excerpt), unit, (long long)counts->odd[i].line);
}

static enum status refuse_odd(const struct csv_rows *rows, int64_t column,
    const struct column_counts *counts, struct error *error)
{
    char name[COLUMN_NAME], odd[240] = "";
    list_odd(counts, csv_unit(rows->head), odd, sizeof odd);
    return fail(error, STATUS_BAD_DATA,
        "%s, %s: %lld of its %lld values are not numbers: %s%s; correct them, or list them with "
        "--missing, or make the column a category (--categorical %lld), or omit it (--ignore %lld)",
        rows->head->name, name_column(rows->head, column, name), (long long)counts->words,
        (long long)(rows->rows - counts->missing), odd, counts->words > counts->n_odd ? " ..." : "",
        (long long)column + 1, (long long)column + 1);
}

static enum status refuse_text(const struct csv_rows *rows, int64_t column,
    const struct column_counts *counts, int64_t levels, struct error *error)
{
    char name[COLUMN_NAME], odd[240] = "";
    list_odd(counts, csv_unit(rows->head), odd, sizeof odd);
    return fail(error, STATUS_BAD_DATA,
        "%s, %s: its %lld words include %lld different ones: %s ...; dates, ids and free text "
        "cannot be inputs: omit the column (--ignore %lld), or make it a category all the same "
        "(--categorical %lld)",
        rows->head->name, name_column(rows->head, column, name), (long long)counts->words,
        (long long)levels, odd, (long long)column + 1, (long long)column + 1);
}

/* Amounts of money and similar texts would be categories that nobody needs. */
static enum status refuse_amounts(const struct csv_rows *rows, int64_t column,
    const struct column_counts *counts, struct error *error)
{
    char name[COLUMN_NAME], excerpt[CSV_EXCERPT];
    return fail(error, STATUS_BAD_DATA, "%s, %s %lld, %s: \"%s\" %s", rows->head->name,
        csv_unit(rows->head), (long long)counts->odd[0].line, name_column(rows->head, column, name),
        csv_field_excerpt(counts->odd[0].field, excerpt), csv_fault_of_text(counts->odd[0].field));
}

/* --- columns without a name ------------------------------------------------------------------ */

static bool counts_rows(const struct csv_rows *rows, int64_t feature)
{
    const float *value = (const float *)rows->set->values + feature;
    if (rows->rows < 2 || (value[0] != 0 && value[0] != 1))
        return false;
    for (int64_t i = 1; i < rows->rows; i++)
        if (value[i * rows->features] != value[0] + (float)i)
            return false;
    return true;
}

static bool is_empty(const struct csv_rows *rows, int64_t feature)
{
    return count_cells(rows, feature).missing == rows->rows;
}

static void ignore_column(struct csv_head *head, int64_t column, const char *why)
{
    text_append(head->note, sizeof head->note, "%scolumn %lld has %s, and is ignored",
        *head->note ? "; " : "", (long long)column + 1, why);
    head->role[column] = CSV_LEFT_OUT;
    head->features--;
}

/* --- numbers that float32 cannot tell apart -------------------------------------------------- */

/* True if a column has only numbers beyond 2^24, and more rows than float32 has numbers in their range.
 * Nearly all columns have a smaller number in their first row. */
static bool is_crowded(const struct csv_rows *rows, int64_t feature)
{
    const float *value = (const float *)rows->set->values + feature;
    float least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < rows->rows; i++) {
        float x = value[i * rows->features];
        if (fabsf(x) <= 0x1p24F)
            return false;
        least = fminf(least, x);
        most = fmaxf(most, x);
    }
    float magnitude = fmaxf(-least, most);
    return (most - least) / (nextafterf(magnitude, INFINITY) - magnitude) + 1 < (float)rows->rows;
}

/* Adds the numbers of a column to the set of their texts, and to that of their values. */
static enum status count_numbers(const struct csv_rows *rows, int64_t column,
    struct word_set *texts, struct word_set *values, struct error *error)
{
    enum { ROWS_MOST = 1 << 16 };
    const struct csv_head *head = rows->head;
    const float *value = (const float *)rows->set->values + csv_feature_of(head->role[column]);
    const char *next = rows->part[0].text, *end = head->end;
    for (int64_t i = 0; i < rows->rows && i < ROWS_MOST; i++, value += rows->features) {
        struct csv_field field = {NULL, 0, false};
        int32_t number;
        const char *at = next, *line_end = head->has_quotes ? csv_record_end(at, end, &next)
                                                            : csv_line_end(at, end, &next);
        for (int64_t c = 0; c <= column; c++)
            at = csv_field_read(&field, at, line_end, head->delimiter) + 1;
        if (isnan(*value))
            continue;
        TRY(word_set_put(texts, field.text, field.length, &number, error));
        TRY(word_set_put(values, (const char *)value, sizeof *value, &number, error));
    }
    return STATUS_OK;
}

/* Notes that numbers of a column, such as times in milliseconds, are equal in float32. Sets its kind,
 * so that it is noted once even if the rows are read again. */
static enum status note_crowded(
    const struct csv_rows *rows, struct csv_head *head, int64_t column, struct error *error)
{
    char name[COLUMN_NAME];
    struct word_set texts = {0}, values = {0};
    long long n = column + 1;
    if (head->rows > 0 || !is_crowded(rows, csv_feature_of(head->role[column])))
        return STATUS_OK;
    enum status status = count_numbers(rows, column, &texts, &values, error);
    if (!status && values.n < texts.n) {
        head->kind[column] = CSV_NUMBERS;
        text_append(head->note, sizeof head->note,
            "%s%s: %lld different values are %lld in float32; subtract an offset, or use --ignore "
            "%lld, --categorical %lld or --split-by %lld",
            *head->note ? "; " : "", name_column(head, column, name), (long long)texts.n,
            (long long)values.n, n, n, n);
    }
    word_set_clear(&texts);
    word_set_clear(&values);
    return status;
}

/* --- judging ------------------------------------------------------------------------------- */

/* Returns the number of different words of a column, or -1 if memory runs out. */
static int64_t count_levels(const struct csv_rows *rows, int64_t feature, struct error *error)
{
    struct word_set all = {0};
    int32_t number;
    enum status status = STATUS_OK;
    for (int p = 0; p < rows->parts && !status; p++) {
        const struct csv_words *words = rows->part[p].of_input;
        for (int64_t i = 0; words && i < words[feature].set.n && !status; i++)
            status = word_set_put(&all, words[feature].set.word[i].text,
                words[feature].set.word[i].length, &number, error);
    }
    int64_t n = status ? -1 : all.n;
    word_set_clear(&all);
    return n;
}

static bool is_amount(struct csv_field field)
{
    return csv_fault_of_text(field) != csv_no_number;
}

/* True if all words of a column are amounts ($5 or 1,000), or dates. */
static bool has_only(
    const struct csv_rows *rows, int64_t feature, bool (*is)(struct csv_field field))
{
    for (int p = 0; p < rows->parts; p++) {
        const struct csv_words *words = rows->part[p].of_input;
        for (int64_t i = 0; words && i < words[feature].set.n; i++) {
            const struct word *word = &words[feature].set.word[i];
            struct csv_field field = {word->text, word->length, false};
            if (!is(field))
                return false;
        }
    }
    return true;
}

/* Notes that dates are a category, once even if the rows are read again. */
static enum status note_dates(
    const struct csv_rows *rows, struct csv_head *head, int64_t column, struct error *error)
{
    char name[COLUMN_NAME];
    int64_t levels = count_levels(rows, csv_feature_of(head->role[column]), error), n = column + 1;
    if (levels < 0)
        return error->status;
    head->kind[column] = CSV_WORDS;
    text_append(head->note, sizeof head->note,
        "%s%s has dates, and is a category with %lld levels; --ignore %lld omits it, --split-by "
        "%lld "
        "splits the samples by it",
        *head->note ? "; " : "", name_column(head, column, name), (long long)levels, (long long)n,
        (long long)n);
    return STATUS_OK;
}

enum { LEVELS_UNASKED = 20 };

/* True if the rows may be a small part of the data, as those of a frame whose labels are elsewhere: it
 * says little that each has another word. */
static bool may_be_few(const struct csv_head *head, int64_t column)
{
    return head->kind[column] == CSV_TEXTS && head->labels == 0;
}

/* Judges a column that nobody has declared to be a category. */
static enum status judge_words(const struct csv_rows *rows, struct csv_head *head, int64_t column,
    bool *again, struct error *error)
{
    int64_t feature = csv_feature_of(head->role[column]);
    struct column_counts counts = count_cells(rows, feature);
    int64_t numbers = rows->rows - counts.missing - counts.words;
    if (counts.words == 0)
        return note_crowded(rows, head, column, error);
    if (has_only(rows, feature, is_amount))
        return refuse_amounts(rows, column, &counts, error);
    if (numbers >= counts.words)
        return refuse_odd(rows, column, &counts, error);
    if (!may_be_few(head, column) && counts.levels_most > LEVELS_UNASKED &&
        counts.levels_most > counts.words / 2) {
        int64_t levels = count_levels(rows, feature, error);
        if (levels < 0)
            return error->status;
        if (levels > LEVELS_UNASKED && levels > counts.words / 2)
            return refuse_text(rows, column, &counts, levels, error);
    }
    if (has_only(rows, feature, csv_field_is_date))
        TRY(note_dates(rows, head, column, error));
    if (numbers > 0) {
        head->kind[column] = CSV_WORDS;
        *again = true;
    }
    return STATUS_OK;
}

enum status csv_inputs_judge(
    const struct csv_rows *rows, struct csv_head *head, bool *again, struct error *error)
{
    bool ignores = false;
    *again = false;
    if (!head->kind || head->levels)
        return STATUS_OK;
    for (int64_t c = 0; c < head->columns; c++) {
        bool declared = head->kind[c] == CSV_NUMBERS || head->kind[c] == CSV_WORDS;
        if (!csv_is_feature(head->role[c]) || declared)
            continue;
        TRY(judge_words(rows, head, c, again, error));
        if (!head->column_name || !csv_header_is_unnamed(head->column_name[c]))
            continue;
        int64_t feature = csv_feature_of(head->role[c]);
        bool empty = is_empty(rows, feature);
        if (head->features > 1 && (empty || counts_rows(rows, feature))) {
            ignore_column(
                head, c, empty ? "neither a name nor values" : "no name and counts the rows");
            ignores = true;
        } else if (c == 1 && head->has_extra[CSV_ROW_NAME]) {
            return fail(error, STATUS_BAD_DATA,
                "%s: column 2 has no name either, so it may have older row names or be an input; "
                "give it a name, or omit it (--ignore 2)",
                head->name);
        }
    }
    if (ignores)
        csv_number_features(head);
    *again |= ignores;
    return STATUS_OK;
}
