#include "data/formats/csv_levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv_parts.h"
#include "data/levels.h"
#include "data/names.h"

/* The words of one column, numbered by level; the first of them were given. */
struct level_set {
    struct word_set set;
    int64_t given;
};

/* Puts the words of all parts into the set, and numbers them by it. With given levels, all other
 * words get the number of levels. */
static enum status unite(
    struct csv_rows *rows, int64_t feature, struct level_set *levels, struct error *error)
{
    for (int p = 0; p < rows->parts; p++) {
        struct csv_words *words = rows->part[p].of_input;
        for (int64_t i = 0; words && i < words[feature].set.n; i++) {
            struct word *word = &words[feature].set.word[i];
            TRY(word_set_put(&levels->set, word->text, word->length, &word->number, error));
            if (rows->head->levels && word->number > levels->given)
                word->number = (int32_t)levels->given;
        }
    }
    return STATUS_OK;
}

/* Writes a name with doubled quotes, as between quotes, to *room, which moves on. */
static const char *double_quotes(const char *name, char **room)
{
    char *to = *room;
    for (const char *from = name; *from; from++) {
        *to++ = *from;
        if (*from == '"')
            *to++ = '"';
    }
    *to++ = '\0';
    const char *doubled = *room;
    *room = to;
    return doubled;
}

/* Puts the given levels of a column into a set. `room` has space for twice the names. */
static enum status put_given(struct level_set *levels, const struct levels *given, int64_t feature,
    char **room, struct error *error)
{
    int32_t number;
    levels->given = levels_in(given, feature);
    for (int64_t i = 0; i < levels->given; i++) {
        const char *name = double_quotes(levels_names(given, feature)[i], room);
        TRY(word_set_put(&levels->set, name, strlen(name), &number, error));
    }
    return STATUS_OK;
}

static enum status name_levels(
    struct levels *levels, const struct level_set *found, int64_t features, struct error *error)
{
    size_t size = 0;
    TRY(memory_take(
        &levels->first, (size_t)features + 1, sizeof *levels->first, "the levels", error));
    for (int64_t f = 0; f < features; f++) {
        levels->first[f + 1] = levels->first[f] + found[f].set.n;
        for (int64_t i = 0; i < found[f].set.n; i++)
            size += found[f].set.word[i].length + 1;
    }
    levels->columns = features;
    TRY(names_take(&levels->name, levels->first[features], size, "the levels", error));
    char *text = levels->name[0];
    for (int64_t f = 0; f < features; f++)
        for (int64_t i = 0; i < found[f].set.n; i++) {
            const struct word *word = &found[f].set.word[i];
            bool quotes = memchr(word->text, '"', word->length) != NULL;
            text += csv_field_copy((struct csv_field){word->text, word->length, quotes}, text);
        }
    names_index(levels->name, levels->first[features]);
    return STATUS_OK;
}

/* Replaces the boxed words of a part by codes. */
static void encode_part(struct csv_rows *rows, struct csv_part *part)
{
    int64_t features = rows->head->features;
    float *value = (float *)rows->set->values + part->first_row * features;
    for (int64_t f = 0; part->of_input && f < features; f++) {
        const struct csv_words *words = &part->of_input[f];
        for (int64_t i = 0; words->set.n > 0 && i < part->rows; i++) {
            float *cell = value + i * features + f;
            int32_t word = isnan(*cell) ? csv_unbox(*cell) : -1;
            if (word >= 0)
                *cell = (float)words->set.word[word].number;
        }
    }
}

/* True if a column has words, or is a category by the request. */
static bool has_words(const struct csv_rows *rows)
{
    const struct levels *given = rows->head->levels;
    for (int p = 0; p < rows->parts; p++)
        for (int64_t f = 0; rows->part[p].of_input && f < rows->head->features; f++)
            if (rows->part[p].of_input[f].set.n > 0)
                return true;
    return given && given->columns > 0;
}

static enum status find_levels(
    struct csv_rows *rows, struct level_set *found, char *room, struct error *error)
{
    const struct csv_head *head = rows->head;
    for (int64_t f = 0; f < head->features; f++) {
        if (head->levels)
            TRY(put_given(&found[f], head->levels, f, &room, error));
        TRY(unite(rows, f, &found[f], error));
    }
    return head->levels ? levels_copy(&rows->set->levels, head->levels, error)
                        : name_levels(&rows->set->levels, found, head->features, error);
}

enum status csv_levels_encode(struct csv_rows *rows, int threads, struct error *error)
{
    struct level_set *found;
    char *room = NULL;
    const struct levels *given = rows->head->levels;
    size_t features = (size_t)rows->head->features, names = 0;
    if (!rows->head->kind || !has_words(rows))
        return STATUS_OK;
    if (given && given->columns > 0)
        names = names_size(given->name, given->first[given->columns]);
    TRY(memory_take(&found, features, sizeof *found, "the levels", error));
    enum status status = memory_take(&room, names, 2, "the levels", error);
    if (!status)
        status = find_levels(rows, found, room, error);
    for (size_t f = 0; f < features; f++)
        word_set_clear(&found[f].set);
    free(found);
    free(room);
    if (!status)
        csv_parts_run(rows, threads, encode_part);
    return status;
}
