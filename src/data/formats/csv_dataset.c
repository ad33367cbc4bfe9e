#include "data/formats/csv_dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv_rows.h"
#include "data/names.h"

/* More classes than this are accepted only if there are at least two samples per class. */
enum { CLASSES_UNASKED = 1000 };

/* More different whole numbers than this that do not count from 0 are accepted as classes only if
 * there are twenty samples per number; otherwise they could be targets. */
enum { NUMBERS_UNASKED = 20, SAMPLES_A_NUMBER = 20 };

/* Returns the first label of this kind in the whole table; NULL: none. */
static const struct label_sample *first_of(const struct csv_rows *rows, enum label_look look)
{
    for (int p = 0; p < rows->parts; p++)
        if (rows->part[p].look[look].line > 0)
            return &rows->part[p].look[look];
    return NULL;
}

/* Decides whether the labels are classes or targets. */
static enum status judge(const struct csv_rows *rows, bool *classes, struct error *error)
{
    char one[CSV_EXCERPT], other[CSV_EXCERPT];
    const struct csv_head *head = rows->head;
    const struct label_sample *word = first_of(rows, LOOKS_WORD);
    const struct label_sample *fraction = first_of(rows, LOOKS_FRACTION);
    *classes = !fraction;
    if (fraction && head->task == TASK_CLASSES)
        return fail(error, STATUS_BAD_DATA,
            "%s, line %lld: the label %s is not a class (a word or a whole number); for numeric "
            "targets use --loss mse",
            head->name, (long long)fraction->line, csv_field_excerpt(fraction->field, one));
    if (fraction && word)
        return fail(error, STATUS_BAD_DATA,
            "%s: the label \"%s\" in line %lld is a word, but %s in line %lld is a number that is "
            "not whole; labels must be either classes or targets",
            head->name, csv_field_excerpt(word->field, one), (long long)word->line,
            csv_field_excerpt(fraction->field, other), (long long)fraction->line);
    return STATUS_OK;
}

/* --- classes ------------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    const struct word *left = a, *right = b;
    size_t shorter = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->text, right->text, shorter);
    return order ? order : (left->length > right->length) - (left->length < right->length);
}

/* Compares whole numbers without leading zeros: of two with the same sign, the longer is farther
 * from 0. */
static int by_number(const void *a, const void *b)
{
    const struct word *left = a, *right = b;
    bool negative = left->text[0] == '-';
    if (negative != (right->text[0] == '-'))
        return negative ? -1 : 1;
    int order = left->length != right->length ? (left->length > right->length ? 1 : -1)
                                              : memcmp(left->text, right->text, left->length);
    return negative ? -order : order;
}

/* Merges the words of all parts into one set, and writes the new numbers of each part's words to
 * `map`, part after part. */
static enum status unite(
    const struct csv_rows *rows, struct word_set *all, int32_t *map, struct error *error)
{
    enum status status = STATUS_OK;
    for (int p = 0; p < rows->parts; p++) {
        const struct word_set *words = &rows->part[p].words;
        for (int64_t i = 0; i < words->n && !status; i++)
            status = word_set_put(all, words->word[i].text, words->word[i].length, map++, error);
    }
    return status;
}

/* True if the sorted words are 0, 1 ... n-1. */
static bool are_class_numbers(const struct word_set *all)
{
    for (int64_t i = 0; i < all->n; i++) {
        char number[32];
        size_t length = (size_t)snprintf(number, sizeof number, "%lld", (long long)i);
        if (length != all->word[i].length || memcmp(number, all->word[i].text, length) != 0)
            return false;
    }
    return true;
}

static enum status name_classes(
    struct dataset *dataset, const struct word_set *all, struct error *error)
{
    size_t size = 0;
    for (int64_t i = 0; i < all->n; i++)
        size += all->word[i].length + 1;
    TRY(names_take(&dataset->class_name, all->n, size, "the class names", error));
    char *text = dataset->class_name[0];
    for (int64_t i = 0; i < all->n; i++) {
        struct csv_field field = {all->word[i].text, all->word[i].length, false};
        field.quoted = memchr(field.text, '"', field.length) != NULL;
        text += csv_field_copy(field, text);
    }
    names_index(dataset->class_name, all->n);
    return STATUS_OK;
}

static enum status check_count(
    const struct csv_rows *rows, const struct word_set *all, bool numbers, struct error *error)
{
    const struct csv_head *head = rows->head;
    if (all->n > CLASSES_UNASKED && all->n > rows->rows / 2)
        return fail(error, STATUS_BAD_DATA,
            "%s: its %lld samples have %lld different labels, too many to be classes; for numeric "
            "targets use --loss mse",
            head->name, (long long)rows->rows, (long long)all->n);
    if (numbers && head->task == TASK_AUTO && all->n > NUMBERS_UNASKED &&
        all->n > rows->rows / SAMPLES_A_NUMBER)
        return fail(error, STATUS_BAD_DATA,
            "%s: its %lld samples have %lld different whole numbers as labels; are they classes or "
            "targets? Use --loss cross-entropy or --loss mse",
            head->name, (long long)rows->rows, (long long)all->n);
    return STATUS_OK;
}

/* Replaces the parts' word numbers with class numbers. Sorts the words, so they are no longer a
 * set. */
static void renumber(
    struct csv_rows *rows, struct word_set *all, const int32_t *map, int32_t *class_of, bool whole)
{
    qsort(all->word, (size_t)all->n, sizeof *all->word, whole ? by_number : by_bytes);
    for (int64_t i = 0; i < all->n; i++)
        class_of[all->word[i].number] = (int32_t)i;
    for (int p = 0; p < rows->parts; p++) {
        int32_t *label = rows->set->labels + rows->part[p].first_row;
        for (int64_t i = 0; i < rows->part[p].rows; i++)
            label[i] = class_of[map[label[i]]];
        map += rows->part[p].words.n;
    }
}

static enum status settle_classes(struct csv_rows *rows, struct error *error)
{
    struct dataset *set = rows->set;
    struct word_set all = {0};
    int32_t *map = NULL;
    size_t n = 0;
    for (int p = 0; p < rows->parts; p++)
        n += (size_t)rows->part[p].words.n;
    enum status status = memory_take(&map, n, 2 * sizeof *map, "the classes", error);
    if (!status)
        status = unite(rows, &all, map, error);
    if (!status) {
        bool whole = !first_of(rows, LOOKS_WORD);
        renumber(rows, &all, map, map + n, whole);
        bool from_0 = whole && are_class_numbers(&all);
        set->classes = from_0 && all.n == 1 ? 2 : all.n; /* all labels 0: two classes */
        status = check_count(rows, &all, whole && !from_0, error);
        if (!status && !from_0)
            status = name_classes(set, &all, error);
    }
    word_set_clear(&all);
    free(map);
    return status;
}

/* Decides between the labels and the targets of the set, and gives the classes their numbers and
 * names, as described in csv.h. */
static enum status settle_labels(struct csv_rows *rows, struct error *error)
{
    struct dataset *set = rows->set;
    bool classes = false;
    if (set->labels)
        TRY(judge(rows, &classes, error));
    if (classes) {
        free(set->targets);
        set->targets = NULL;
        set->outputs = 0;
        return settle_classes(rows, error);
    }
    free(set->labels);
    set->labels = NULL;
    set->classes = 0;
    return STATUS_OK;
}

/* --- the dataset --------------------------------------------------------------------------- */

/* Makes a list of n names from the columns with the roles `first`, first + 1 ... last. */
static enum status name_columns(char ***names, int64_t n, const struct csv_head *head,
    int32_t first, int32_t last, struct error *error)
{
    size_t size = names_size(head->column_name, head->columns);
    TRY(names_take(names, n, size, "the column names", error));
    char *text = (*names)[0];
    for (int32_t role = first; role <= last; role++)
        for (int64_t c = 0; c < head->columns; c++)
            if (head->role[c] == role)
                text = stpcpy(text, head->column_name[c]) + 1;
    names_index(*names, n);
    return STATUS_OK;
}

/* Names the features and targets by the columns of a header. */
static enum status take_names(
    struct dataset *dataset, const struct csv_head *head, struct error *error)
{
    int32_t last = (int32_t)dataset->outputs - 1;
    TRY(name_columns(
        &dataset->feature_name, head->features, head, CSV_FEATURE, CSV_FEATURE, error));
    return last < 0 ? STATUS_OK
                    : name_columns(&dataset->target_name, dataset->outputs, head, 0, last, error);
}

enum status csv_dataset_make(
    struct dataset *dataset, const struct csv_head *head, int threads, struct error *error)
{
    struct csv_rows rows;
    *dataset = (struct dataset){0};
    enum status status = csv_rows_read(&rows, dataset, head, threads, error);
    if (!status)
        status = settle_labels(&rows, error);
    if (!status && head->column_name)
        status = take_names(dataset, head, error);
    csv_rows_clear(&rows);
    if (status)
        dataset_clear(dataset);
    return status;
}

enum status csv_dataset_parse(struct dataset *dataset, const char *name, const char *text,
    size_t size, csv_head_reader *read_head, const struct source_request *request,
    struct error *error)
{
    struct csv_head head;
    *dataset = (struct dataset){0};
    TRY(read_head(&head, name, text, size, request, error));
    enum status status = csv_dataset_make(dataset, &head, request->threads, error);
    csv_head_clear(&head);
    return status;
}

enum status csv_dataset_read(struct dataset *dataset, const char *path, csv_head_reader *read_head,
    const struct source_request *request, struct error *error)
{
    struct mapped_file file;
    *dataset = (struct dataset){0};
    TRY(mapped_file_open(&file, path, error));
    enum status status =
        csv_dataset_parse(dataset, path, file.bytes, file.size, read_head, request, error);
    status = mapped_file_check(&file, path, status, error);
    mapped_file_close(&file);
    if (status)
        dataset_clear(dataset);
    return status;
}
