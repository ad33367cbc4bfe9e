#include "data/formats/csv_label_columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/names.h"

static enum status no_such_column(
    const struct csv_head *head, const char *name, bool may_be_named, struct error *error)
{
    int known = (int)(head->columns < 1000 ? head->columns : 1000);
    const char *nearest =
        may_be_named ? text_nearest(name, (const char *const *)head->column_name, known) : NULL;
    return fail(error, STATUS_USAGE,
        "--label %.100s: %s has no such column%s%.100s%s; use a name from its header, or a number "
        "from 1 to %lld",
        name, head->name, nearest ? " (did you mean \"" : "", nearest ? nearest : "",
        nearest ? "\"?)" : "", (long long)head->columns);
}

/* Finds the only column of this name; *column is -1 if there is none. */
static enum status find_named(
    const struct csv_head *head, const char *name, int64_t *column, struct error *error)
{
    *column = names_find(head->column_name, head->columns, name);
    int64_t behind = *column + 1;
    if (*column < 0 || names_find(head->column_name + behind, head->columns - behind, name) < 0)
        return STATUS_OK;
    return fail(error, STATUS_USAGE,
        "--label %.100s: %s has several columns with that name; use a number from 1 to %lld", name,
        head->name, (long long)head->columns);
}

/* Finds a column given by name or by number from 1; sets *named if it was a name. */
static enum status find_column(const struct csv_head *head, const char *item,
    enum header_choice header, int64_t *column, bool *named, struct error *error)
{
    bool digits = *item && strspn(item, "0123456789") == strlen(item);
    *column = -1;
    if (digits && text_to_int(item, column) && *column >= 1 && *column <= head->columns) {
        --*column;
        return STATUS_OK;
    }
    bool may_be_named = header != HEADER_OFF;
    *column = -1;
    if (may_be_named)
        TRY(find_named(head, item, column, error));
    *named |= *column >= 0;
    return *column < 0 ? no_such_column(head, item, may_be_named, error) : STATUS_OK;
}

static enum status take_column(
    struct csv_head *head, int64_t column, enum task task, struct error *error)
{
    if (!csv_is_feature(head->role[column]))
        return fail(error, STATUS_USAGE, "--label names column %lld of %s twice",
            (long long)column + 1, head->name);
    head->role[column] = task == TASK_NONE ? (int32_t)CSV_LEFT_OUT : (int32_t)head->labels++;
    head->features--;
    return STATUS_OK;
}

/* Takes the columns that --label names. */
static enum status take_listed(
    struct csv_head *head, const struct source_request *request, bool *named, struct error *error)
{
    int64_t column;
    char *list;
    enum status status =
        memory_take(&list, strlen(request->label) + 1, 1, "the label columns", error);
    if (status)
        return status;
    strcpy(list, request->label);
    for (char *item = list, *next = list; *list && next && !status; item = next) {
        next = strchr(item, ',');
        if (next)
            *next++ = '\0';
        status = find_column(head, item, request->header, &column, named, error);
        if (!status)
            status = take_column(head, column, request->task, error);
    }
    free(list);
    return status;
}

/* Returns the last column with this name, since the last column is the label unless another is named. */
static int64_t find_last(const struct csv_head *head, const char *name)
{
    int64_t column = head->columns - 1;
    while (column >= 0 && strcmp(head->column_name[column], name) != 0)
        column--;
    return column;
}

/* Takes the columns with the request's names, or the last column if the first line does not have
 * all of them: it may be a sample. */
static enum status take_default(
    struct csv_head *head, const struct source_request *request, bool *named, struct error *error)
{
    int64_t found = 0, column;
    for (int64_t i = 0; request->label_name && i < request->label_columns; i++)
        found += names_find(head->column_name, head->columns, request->label_name[i]) >= 0;
    bool all = found > 0 && found == request->label_columns && request->header != HEADER_OFF;
    if (!all)
        return request->task == TASK_NONE
                   ? STATUS_OK
                   : take_column(head, head->columns - 1, request->task, error);
    for (int64_t i = 0; i < request->label_columns; i++) {
        column = find_last(head, request->label_name[i]);
        TRY(take_column(head, column, request->task, error));
    }
    *named = true;
    return STATUS_OK;
}

enum status csv_labels_choose(
    struct csv_head *head, const struct source_request *request, bool *named, struct error *error)
{
    head->features = head->columns;
    for (int64_t c = 0; c < head->columns; c++)
        head->role[c] = csv_role_of_feature(0);
    return request->label && *request->label ? take_listed(head, request, named, error)
                                             : take_default(head, request, named, error);
}

/* --- the names of a model ------------------------------------------------------------------ */

static enum status expect_names(
    const struct csv_head *head, const struct source_request *request, struct error *error)
{
    for (int64_t i = 0; i < request->label_columns; i++)
        if (names_find(head->column_name, head->columns, request->label_name[i]) < 0)
            return fail(error, STATUS_BAD_DATA,
                "%s has no column \"%.100s\", which had the labels in the training data; rename "
                "its label column, or name it with --label",
                head->name, request->label_name[i]);
    return STATUS_OK;
}

/* Exchanges label column `label` with a later one, if that has this name and the first does not. */
static void take_by_name(struct csv_head *head, int32_t label, const char *name)
{
    int64_t here = 0, found = -1;
    while (head->role[here] != label)
        here++;
    if (strcmp(head->column_name[here], name) == 0)
        return;
    for (int64_t c = 0; c < head->columns && found < 0; c++)
        if (head->role[c] > label && strcmp(head->column_name[c], name) == 0)
            found = c;
    if (found >= 0) {
        head->role[here] = head->role[found];
        head->role[found] = label;
    }
}

/* Puts the columns of --label into the order of the request's names. If only some of them have such
 * names, these must be in their places. */
static enum status order_names(
    struct csv_head *head, const struct source_request *request, struct error *error)
{
    char *const *name = request->label_name;
    int64_t n = request->label_columns;
    if (head->labels != n)
        return STATUS_OK;
    for (int64_t i = 0; i < n; i++)
        take_by_name(head, (int32_t)i, name[i]);
    for (int64_t c = 0; c < head->columns; c++) {
        int64_t own = head->role[c] < 0 ? -1 : names_find(name, n, head->column_name[c]);
        if (own >= 0 && strcmp(name[head->role[c]], name[own]) != 0)
            return fail(error, STATUS_USAGE,
                "--label %.100s: \"%.100s\" of %s is target %lld of the training data, and the "
                "other columns do not have the names of its targets; list it in that place",
                request->label, name[own], head->name, (long long)own + 1);
    }
    return STATUS_OK;
}

enum status csv_labels_match(
    struct csv_head *head, const struct source_request *request, struct error *error)
{
    if (!request->label_name || request->task == TASK_NONE)
        return STATUS_OK;
    return request->label && *request->label ? order_names(head, request, error)
                                             : expect_names(head, request, error);
}
