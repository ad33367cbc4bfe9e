#include "data/formats/csv_columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/names.h"

static enum status no_such_column(const struct csv_head *head, const struct csv_choice *choice,
    const char *name, bool may_be_named, struct error *error)
{
    int known = (int)(head->columns < 1000 ? head->columns : 1000);
    const char *nearest =
        may_be_named ? text_nearest(name, (const char *const *)head->column_name, known) : NULL;
    return fail(error, STATUS_USAGE,
        "--%s %.100s: %s has no such column%s%.100s%s; use a name from its header, or a number "
        "from 1 to %lld",
        choice->option, name, head->name, nearest ? " (did you mean \"" : "",
        nearest ? nearest : "", nearest ? "\"?)" : "", (long long)head->columns);
}

/* Finds the only column of this name; *column is -1 if there is none. */
static enum status find_named(const struct csv_head *head, const struct csv_choice *choice,
    const char *name, int64_t *column, struct error *error)
{
    *column = names_find(head->column_name, head->columns, name);
    int64_t behind = *column + 1;
    if (*column < 0 || names_find(head->column_name + behind, head->columns - behind, name) < 0)
        return STATUS_OK;
    return fail(error, STATUS_USAGE,
        "--%s %.100s: %s has several columns with that name; use a number from 1 to %lld",
        choice->option, name, head->name, (long long)head->columns);
}

/* Finds a column given by name or by number from 1; sets *named if it was a name. Columns of frames are
 * often named 0, 1, ..., so a frame's name goes before a number. */
static enum status find_column(const struct csv_head *head, const struct csv_choice *choice,
    const char *item, int64_t *column, bool *named, struct error *error)
{
    bool digits = *item && strspn(item, "0123456789") == strlen(item);
    bool is_name = head->rows > 0 && names_find(head->column_name, head->columns, item) >= 0;
    *column = -1;
    if (!is_name && digits && text_to_int(item, column) && *column >= 1 &&
        *column <= head->columns) {
        --*column;
        return STATUS_OK;
    }
    bool may_be_named = choice->header != HEADER_OFF;
    *column = -1;
    if (may_be_named)
        TRY(find_named(head, choice, item, column, error));
    *named |= *column >= 0;
    return *column < 0 ? no_such_column(head, choice, item, may_be_named, error) : STATUS_OK;
}

enum status csv_columns_take(
    struct csv_head *head, const struct csv_choice *choice, bool *named, struct error *error)
{
    int64_t column;
    char *list;
    if (!choice->list || !*choice->list)
        return STATUS_OK;
    TRY(memory_take(&list, strlen(choice->list) + 1, 1, "the names of columns", error));
    strcpy(list, choice->list);
    enum status status = STATUS_OK;
    for (char *item = list, *next = list; next && !status; item = next) {
        next = strchr(item, ',');
        if (next)
            *next++ = '\0';
        status = find_column(head, choice, item, &column, named, error);
        if (!status)
            status = choice->take(head, column, choice, error);
    }
    free(list);
    return status;
}

/* --- columns that are not labels ----------------------------------------------------------- */

/* Returns the option that gives a column its role; that of one that is left out may be another. */
static const char *option_of(int32_t role)
{
    static const char *const extra[N_CSV_EXTRAS] = {"group", "split-by", "id", "ignore"};
    if (role >= 0)
        return "label";
    return role == CSV_LEFT_OUT || role == CSV_EMPTY ? "ignore"
           : role == CSV_WEIGHT                      ? "weight"
                                                     : extra[csv_extra_of(role)];
}

enum status csv_columns_refuse_taken(
    const struct csv_head *head, int64_t column, const char *option, struct error *error)
{
    const char *other = option_of(head->role[column]);
    if (strcmp(option, other) == 0)
        return fail(error, STATUS_USAGE, "--%s names column %lld of %s twice", option,
            (long long)column + 1, head->name);
    if (strcmp(option, "label") == 0)
        return fail(error, STATUS_USAGE,
            "column %lld of %s has the labels, so it cannot be %s%s; --label names another column",
            (long long)column + 1, head->name, strcmp(other, "ignore") ? "that of --" : "ignored",
            strcmp(other, "ignore") ? other : "");
    return fail(error, STATUS_USAGE,
        "--%s and --%s: both name column %lld of %s; omit it from one of them", other, option,
        (long long)column + 1, head->name);
}

static bool may_have_ids(int32_t role)
{
    return role == CSV_WEIGHT || role == CSV_EXTRA + CSV_GROUP || role == CSV_EXTRA + CSV_WHEN;
}

static enum status take_other(
    struct csv_head *head, int64_t column, const struct csv_choice *choice, struct error *error)
{
    bool also_id = choice->value == CSV_EXTRA + CSV_ID && may_have_ids(head->role[column]);
    if (!csv_is_feature(head->role[column]) && !also_id)
        return csv_columns_refuse_taken(head, column, choice->option, error);
    bool *has = choice->value == CSV_LEFT_OUT ? NULL
                : choice->value == CSV_WEIGHT ? &head->has_weight
                                              : &head->has_extra[csv_extra_of(choice->value)];
    if (has && *has)
        return fail(
            error, STATUS_USAGE, "--%s names several columns; one is possible", choice->option);
    if (has)
        *has = true;
    if (also_id) {
        head->also_id = column + 1;
        return STATUS_OK;
    }
    head->role[column] = choice->value;
    head->features--;
    return STATUS_OK;
}

static enum status take_categorical(
    struct csv_head *head, int64_t column, const struct csv_choice *choice, struct error *error)
{
    if (!csv_is_feature(head->role[column]))
        return fail(error, STATUS_USAGE, "--%s names column %lld of %s, which is not an input",
            choice->option, (long long)column + 1, head->name);
    head->kind[column] = CSV_WORDS;
    return STATUS_OK;
}

enum status csv_columns_choose(
    struct csv_head *head, const struct source_request *request, bool *named, struct error *error)
{
    const enum header_choice header = request->header;
    const struct csv_choice choice[] = {
        {"ignore", request->ignore, header, take_other, CSV_LEFT_OUT},
        {"weight", request->weight, header, take_other, CSV_WEIGHT},
        {"group", request->group, header, take_other, CSV_EXTRA + CSV_GROUP},
        {"split-by", request->when, header, take_other, CSV_EXTRA + CSV_WHEN},
        {"id", request->id, header, take_other, CSV_EXTRA + CSV_ID},
        {"categorical", request->categorical, header, take_categorical, 0}};
    for (size_t i = 0; i < sizeof choice / sizeof *choice; i++)
        TRY(csv_columns_take(head, &choice[i], named, error));
    return STATUS_OK;
}
