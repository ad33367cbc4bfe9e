#include "data/formats/csv_labels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/names.h"

/* More classes than this are accepted only if there are at least two samples per class. */
enum { CLASSES_UNASKED = 1000 };

/* More different whole numbers than this that do not count from 0 are accepted as classes only if
 * there are twenty samples per number; otherwise they could be targets. */
enum { NUMBERS_UNASKED = 20, SAMPLES_A_NUMBER = 20 };

/* Returns the first label of this kind in the whole table; NULL: none. */
static const struct csv_sample *first_of(const struct csv_rows *rows, enum label_look look)
{
    for (int p = 0; p < rows->parts; p++)
        if (rows->part[p].look[look].field.text)
            return &rows->part[p].look[look];
    return NULL;
}

/* Checks that the labels can be classes or targets, and returns whether they may be classes. */
static enum status judge(const struct csv_rows *rows, bool *classes, struct error *error)
{
    char one[CSV_EXCERPT], other[CSV_EXCERPT];
    const struct csv_head *head = rows->head;
    const struct csv_sample *word = first_of(rows, LOOKS_WORD);
    const struct csv_sample *fraction = first_of(rows, LOOKS_FRACTION);
    const struct csv_sample *number = fraction ? fraction : first_of(rows, LOOKS_DECIMAL);
    *classes = !fraction;
    if (fraction && head->task == TASK_CLASSES)
        return fail(error, STATUS_BAD_DATA,
            "%s, %s %lld: the label %s is not a class (a word or a whole number); for numeric "
            "targets use --loss mse",
            head->name, csv_unit(head), (long long)fraction->line,
            csv_field_excerpt(fraction->field, one));
    if (number && word)
        return fail(error, STATUS_BAD_DATA,
            "%s: the label \"%s\" in %s %lld is a word, but %s in %s %lld is a decimal number; "
            "labels must be either classes or targets",
            head->name, csv_field_excerpt(word->field, one), csv_unit(head), (long long)word->line,
            csv_field_excerpt(number->field, other), csv_unit(head), (long long)number->line);
    return STATUS_OK;
}

/* --- classes by their texts ------------------------------------------------------------------------------- */

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
    const struct csv_rows *rows, int64_t classes, bool numbers, struct error *error)
{
    const struct csv_head *head = rows->head;
    if (classes > CLASSES_UNASKED && classes > rows->rows / 2)
        return fail(error, STATUS_BAD_DATA,
            "%s: its %lld samples have %lld different labels, too many to be classes; for numeric "
            "targets use --loss mse",
            head->name, (long long)rows->rows, (long long)classes);
    if (numbers && head->task == TASK_AUTO && classes > NUMBERS_UNASKED &&
        classes > rows->rows / SAMPLES_A_NUMBER)
        return fail(error, STATUS_BAD_DATA,
            "%s: its %lld samples have %lld different whole numbers as labels; are they classes or "
            "targets? Use --loss cross-entropy or --loss mse",
            head->name, (long long)rows->rows, (long long)classes);
    return STATUS_OK;
}

/* Replaces the parts' word numbers with class numbers. Sorts the words, so they are no longer a
 * set. */
static void renumber(
    struct csv_rows *rows, struct word_set *all, const int32_t *map, int32_t *class_of, bool whole)
{
    qsort(all->word, (size_t)all->n, sizeof *all->word, whole ? by_number : word_compare);
    for (int64_t i = 0; i < all->n; i++)
        class_of[all->word[i].number] = (int32_t)i;
    for (int p = 0; p < rows->parts; p++) {
        int32_t *label = rows->set->labels + rows->part[p].first_row;
        for (int64_t i = 0; i < rows->part[p].rows; i++)
            label[i] = label[i] < 0 ? -1 : class_of[map[label[i]]];
        map += rows->part[p].words.n;
    }
}

static enum status settle_words(struct csv_rows *rows, struct error *error)
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
        status = check_count(rows, all.n, whole && !from_0, error);
        if (!status && !from_0)
            status = name_classes(set, &all, error);
    }
    word_set_clear(&all);
    free(map);
    return status;
}

/* --- classes by their values --------------------------------------------------------------- */

/* Different numbers in increasing order. */
struct numbers {
    float *value; /* [most + 1] */
    int64_t n, most;
};

/* Returns the position of the first number that is at least `value`. */
static int64_t place_of(const struct numbers *numbers, float value)
{
    int64_t first = 0, end = numbers->n;
    while (first < end) {
        int64_t middle = first + (end - first) / 2;
        if (numbers->value[middle] < value)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* Collects the different targets. False: there are more than numbers->most. */
static bool collect(struct numbers *numbers, const float *target, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++) {
        int64_t at = place_of(numbers, target[i]);
        float *value = numbers->value + at;
        if (isnan(target[i])) /* missing */
            continue;
        if (at < numbers->n && *value == target[i])
            continue;
        memmove(value + 1, value, (size_t)(numbers->n - at) * sizeof *value);
        *value =
            target[i] == 0 ? 0 : target[i]; /* no negative zero, which would be printed as -0 */
        if (++numbers->n > numbers->most)
            return false;
    }
    return true;
}

static enum status name_numbers(
    struct dataset *set, const struct numbers *numbers, struct error *error)
{
    enum { DIGITS = 16 };
    TRY(names_take(
        &set->class_name, numbers->n, (size_t)numbers->n * DIGITS, "the class names", error));
    char *text = set->class_name[0];
    for (int64_t c = 0; c < numbers->n; c++)
        text += snprintf(text, DIGITS, "%.0f", (double)numbers->value[c]) + 1;
    names_index(set->class_name, numbers->n);
    return STATUS_OK;
}

/* Makes labels from targets, whose values are whole. */
static enum status label_numbers(
    const struct csv_rows *rows, const struct numbers *numbers, struct error *error)
{
    struct dataset *set = rows->set;
    bool from_0 =
        numbers->value[0] == 0 && numbers->value[numbers->n - 1] == (float)(numbers->n - 1);
    TRY(check_count(rows, numbers->n, false, error));
    set->classes = from_0 && numbers->n == 1 ? 2 : numbers->n;
    for (int64_t i = 0; i < rows->rows; i++)
        set->labels[i] = isnan(set->targets[i]) ? -1 : (int32_t)place_of(numbers, set->targets[i]);
    return from_0 ? STATUS_OK : name_numbers(set, numbers, error);
}

/* Says that numbers with a decimal point are read as classes, which nobody asked for. */
static void note_decimals(const struct csv_rows *rows)
{
    char excerpt[CSV_EXCERPT];
    const struct csv_sample *decimal = first_of(rows, LOOKS_DECIMAL);
    if (rows->head->task == TASK_AUTO)
        snprintf(rows->set->note, sizeof rows->set->note,
            "the labels are whole numbers, such as %s in %s %lld, and are read as %lld classes; "
            "--loss mse reads them as targets",
            csv_field_excerpt(decimal->field, excerpt), csv_unit(rows->head),
            (long long)decimal->line, (long long)rows->set->classes);
}

/* Decides about whole numbers that are not all written as such (2.0). With TASK_AUTO, a few
 * different ones are classes, and more are targets. */
static enum status settle_numbers(const struct csv_rows *rows, bool *classes, struct error *error)
{
    const struct dataset *set = rows->set;
    struct numbers numbers = {.most = rows->head->task == TASK_AUTO ? NUMBERS_UNASKED : rows->rows};
    TRY(memory_take(
        &numbers.value, (size_t)numbers.most + 1, sizeof *numbers.value, "the classes", error));
    *classes = collect(&numbers, set->targets, rows->rows);
    enum status status = *classes ? label_numbers(rows, &numbers, error) : STATUS_OK;
    if (*classes && !status)
        note_decimals(rows);
    free(numbers.value);
    return status;
}

/* ------------------------------------------------------------------------------------------- */

enum status csv_labels_settle(struct csv_rows *rows, struct error *error)
{
    struct dataset *set = rows->set;
    bool classes = false;
    if (set->labels)
        TRY(judge(rows, &classes, error));
    if (classes && first_of(rows, LOOKS_DECIMAL))
        TRY(settle_numbers(rows, &classes, error));
    else if (classes)
        TRY(settle_words(rows, error));
    if (classes) {
        free(set->targets);
        set->targets = NULL;
        set->outputs = 0;
    } else {
        free(set->labels);
        set->labels = NULL;
        set->classes = 0;
    }
    return STATUS_OK;
}
