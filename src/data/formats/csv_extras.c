#include "data/formats/csv_extras.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/names.h"

/* Puts the words of all parts into one set, and replaces the rows' numbers by those of the set. */
static enum status unite(
    struct csv_rows *rows, enum csv_extra extra, struct word_set *all, struct error *error)
{
    for (int p = 0; p < rows->parts; p++) {
        const struct csv_part *part = &rows->part[p];
        const struct word_set *set = &part->of_extra[extra];
        int32_t *row = rows->extra[extra] + part->first_row;
        for (int64_t i = 0; i < set->n; i++)
            TRY(word_set_put(
                all, set->word[i].text, set->word[i].length, &set->word[i].number, error));
        for (int64_t i = 0; i < part->rows; i++)
            row[i] = set->word[row[i]].number;
    }
    return STATUS_OK;
}

/* --- sort keys ----------------------------------------------------------------------------- */

/* In double, since a float cannot tell the days 20240131 and 20240132 apart. */
static bool read_number(const struct csv_head *head, const struct word *word, double *value)
{
    char text[64], *comma;
    if (word->length >= sizeof text)
        return false;
    memcpy(text, word->text, word->length);
    text[word->length] = '\0';
    if (head->decimal == ',' && strchr(text, '.'))
        return false;
    if (head->decimal == ',' && (comma = strchr(text, ',')))
        *comma = '.';
    return text_to_real(text, value);
}

static struct csv_field field_of(const struct word *word)
{
    return (struct csv_field){word->text, word->length, false};
}

static enum status refuse_both(const struct csv_head *head, const struct word *number,
    const struct word *word, struct error *error)
{
    char excerpt[2][CSV_EXCERPT];
    return fail(error, STATUS_BAD_DATA,
        "%s: the column of --split-by has numbers (\"%s\") and words (\"%s\"), which have no "
        "common order; correct them, or write all in one form, such as 2024-01-31",
        head->name, csv_field_excerpt(field_of(number), excerpt[0]),
        csv_field_excerpt(field_of(word), excerpt[1]));
}

/* True if a text is a time, perhaps with a zone: Z, +01:00 or +0100. */
static bool is_time(struct csv_field field)
{
    size_t time = csv_field_time(field), rest = field.length - time;
    const char *zone = field.text + time;
    bool offset =
        rest >= 5 && (*zone == '+' || *zone == '-') && strspn(zone + 1, "0123456789:") >= rest - 1;
    return time > 0 && (rest == 0 || (rest == 1 && *zone == 'Z') || (rest <= 6 && offset));
}

/* True if two times differ in nothing but the digits before their zones. */
static bool same_form(struct csv_field a, struct csv_field b)
{
    size_t time = csv_field_time(a);
    if (a.length != b.length || csv_field_time(b) != time)
        return false;
    for (size_t i = 0; i < time; i++)
        if (a.text[i] != b.text[i] &&
            !(isdigit((unsigned char)a.text[i]) && isdigit((unsigned char)b.text[i])))
            return false;
    return memcmp(a.text + time, b.text + time, a.length - time) == 0;
}

/* Refuses words unless all are times in one form, since only the bytes of these are known to be in
 * the order that is meant. */
static enum status check_words(
    const struct csv_rows *rows, const struct word_set *all, struct error *error)
{
    static const char cure[] =
        "write all as 2024-01-31 or 2024-01-31 09:05, or as numbers that increase";
    char excerpt[2][CSV_EXCERPT];
    struct csv_field first = field_of(&all->word[0]);
    if (!is_time(first))
        return fail(error, STATUS_BAD_DATA,
            "%s: the column of --split-by has the text \"%s\", whose place in the order of time is "
            "not known; %s",
            rows->head->name, csv_field_excerpt(first, excerpt[0]), cure);
    for (int64_t i = 1; i < all->n; i++)
        if (!same_form(first, field_of(&all->word[i])))
            return fail(error, STATUS_BAD_DATA,
                "%s: the column of --split-by has \"%s\" and \"%s\", which do not have the same "
                "form; %s",
                rows->head->name, csv_field_excerpt(first, excerpt[0]),
                csv_field_excerpt(field_of(&all->word[i]), excerpt[1]), cure);
    return STATUS_OK;
}

/* A word of a large number. */
struct large {
    double key;
    int64_t word;
};

static int by_key(const void *a, const void *b)
{
    const struct large *left = a, *right = b;
    return (left->key > right->key) - (left->key < right->key);
}

/* Refuses different numbers with the same key, of the n whose keys may be rounded. */
static enum status compare_large(const struct csv_rows *rows, const struct word_set *all,
    struct large *large, int64_t n, struct error *error)
{
    char excerpt[2][CSV_EXCERPT];
    qsort(large, (size_t)n, sizeof *large, by_key);
    for (int64_t i = 1; i < n; i++)
        if (large[i].key == large[i - 1].key)
            return fail(error, STATUS_BAD_DATA,
                "%s: the column of --split-by has %s and %s, which are the same number in float64; "
                "write fewer digits",
                rows->head->name,
                csv_field_excerpt(field_of(&all->word[large[i - 1].word]), excerpt[0]),
                csv_field_excerpt(field_of(&all->word[large[i].word]), excerpt[1]));
    return STATUS_OK;
}

static enum status check_numbers(
    const struct csv_rows *rows, const struct word_set *all, const double *key, struct error *error)
{
    const double exact = 9007199254740992; /* 2^53: smaller whole numbers are themselves */
    struct large *large;
    int64_t n = 0;
    for (int64_t i = 0; i < all->n; i++)
        n += fabs(key[i]) >= exact;
    if (n == 0)
        return STATUS_OK;
    TRY(memory_take(&large, (size_t)n, sizeof *large, "the sort keys", error));
    n = 0;
    for (int64_t i = 0; i < all->n; i++)
        if (fabs(key[i]) >= exact)
            large[n++] = (struct large){key[i], i};
    enum status status = compare_large(rows, all, large, n, error);
    free(large);
    return status;
}

/* Writes the key of each word to key [n]. Sorts the words, so they are no longer a set. */
static enum status make_keys(
    const struct csv_rows *rows, const struct word_set *all, double *key, struct error *error)
{
    const struct csv_head *head = rows->head;
    int64_t number = -1, word = -1; /* the last ones */
    for (int64_t i = 0; i < all->n; i++)
        *(read_number(head, &all->word[i], &key[i]) ? &number : &word) = i;
    if (number >= 0 && word >= 0)
        return refuse_both(head, &all->word[number], &all->word[word], error);
    if (word < 0)
        return check_numbers(rows, all, key, error);
    TRY(check_words(rows, all, error));
    qsort(all->word, (size_t)all->n, sizeof *all->word, word_compare);
    for (int64_t i = 0; i < all->n; i++)
        key[all->word[i].number] = (double)i;
    return STATUS_OK;
}

static enum status set_keys(struct csv_rows *rows, const struct word_set *all, struct error *error)
{
    double *key;
    size_t n = (size_t)rows->rows;
    TRY(memory_take(&rows->set->when, n, sizeof(double), "the sort keys", error));
    TRY(memory_take(&key, (size_t)all->n, sizeof *key, "the sort keys", error));
    enum status status = make_keys(rows, all, key, error);
    for (size_t i = 0; i < n && !status; i++)
        rows->set->when[i] = key[rows->extra[CSV_WHEN][i]];
    free(key);
    return status;
}

/* --- ids ----------------------------------------------------------------------------------- */

static enum status set_ids(struct csv_rows *rows, const struct word_set *all, struct error *error)
{
    const int32_t *number = rows->extra[CSV_ID];
    size_t size = 0;
    for (int64_t i = 0; i < rows->rows; i++)
        size += all->word[number[i]].length + 1;
    TRY(names_take(&rows->set->id, rows->rows, size, "the ids", error));
    char *text = rows->set->id[0];
    for (int64_t i = 0; i < rows->rows; i++) {
        const struct word *word = &all->word[number[i]];
        bool quotes = memchr(word->text, '"', word->length) != NULL;
        text += csv_field_copy((struct csv_field){word->text, word->length, quotes}, text);
    }
    names_index(rows->set->id, rows->rows);
    return STATUS_OK;
}

/* --- names of rows ------------------------------------------------------------------------- */

/* Refuses names that repeat, since their column could as well be an input. */
static enum status check_row_names(
    const struct csv_rows *rows, const struct word_set *all, struct error *error)
{
    const int32_t *number = rows->extra[CSV_ROW_NAME];
    struct dataset *set = rows->set;
    char excerpt[CSV_EXCERPT];
    int64_t i = 0;
    while (i < rows->rows && number[i] == i)
        i++;
    if (i < rows->rows)
        return fail(error, STATUS_BAD_DATA,
            "%s, %s %lld: column 1 has no name, and \"%s\" occurs in it again, so it may have row "
            "names or be an input; give it a name, or omit it (--ignore 1)",
            rows->head->name, csv_unit(rows->head),
            (long long)(set->line ? set->line[i] : set->first_line + i),
            csv_field_excerpt(field_of(&all->word[number[i]]), excerpt));
    text_append(set->note, sizeof set->note,
        "%scolumn 1 has no name and a different value in every row, so it is taken for row names, "
        "and is ignored",
        *set->note ? "; " : "");
    return STATUS_OK;
}

/* ------------------------------------------------------------------------------------------- */

static enum status set_extra(
    struct csv_rows *rows, enum csv_extra extra, const struct word_set *all, struct error *error)
{
    if (extra == CSV_WHEN)
        return set_keys(rows, all, error);
    if (extra == CSV_ID)
        return set_ids(rows, all, error);
    if (extra == CSV_ROW_NAME)
        return check_row_names(rows, all, error);
    rows->set->group = rows->extra[CSV_GROUP];
    rows->set->groups = all->n;
    rows->extra[CSV_GROUP] = NULL;
    return STATUS_OK;
}

enum status csv_extras_settle(struct csv_rows *rows, struct error *error)
{
    enum status status = STATUS_OK;
    for (int extra = 0; extra < N_CSV_EXTRAS && !status; extra++) {
        struct word_set all = {0};
        if (!rows->extra[extra])
            continue;
        status = unite(rows, (enum csv_extra)extra, &all, error);
        if (!status)
            status = set_extra(rows, (enum csv_extra)extra, &all, error);
        word_set_clear(&all);
    }
    return status;
}
