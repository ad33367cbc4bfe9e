#include "data/formats/csv_label_columns.h"

#include <stdlib.h>
#include <string.h>

#include "data/formats/csv_columns.h"
#include "data/names.h"

static enum status take_column(
    struct csv_head *head, int64_t column, enum task task, struct error *error)
{
    if (!csv_is_feature(head->role[column]) && task == TASK_NONE)
        return STATUS_OK; /* without labels, their column may have another purpose */
    if (!csv_is_feature(head->role[column]))
        return csv_columns_refuse_taken(head, column, "label", error);
    head->role[column] = task == TASK_NONE ? (int32_t)CSV_LEFT_OUT : (int32_t)head->labels++;
    head->features--;
    return STATUS_OK;
}

static enum status take_listed(
    struct csv_head *head, int64_t column, const struct csv_choice *choice, struct error *error)
{
    return take_column(head, column, (enum task)choice->value, error);
}

/* Returns the last column with this name, since the last column is the label unless another is named. */
static int64_t find_last(const struct csv_head *head, const char *name)
{
    int64_t column = head->columns - 1;
    while (column >= 0 && strcmp(head->column_name[column], name) != 0)
        column--;
    return column;
}

/* Takes the last column that no option names. */
static enum status take_last(struct csv_head *head, enum task task, struct error *error)
{
    int64_t column = head->columns - 1;
    while (column >= 0 && !csv_is_feature(head->role[column]))
        column--;
    return column >= 0
               ? take_column(head, column, task, error)
               : fail(error, STATUS_USAGE,
                     "the options that name columns (--ignore, --weight, --group, --split-by, "
                     "--id) take all %lld columns of %s, which leaves none for the label",
                     (long long)head->columns, head->name);
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
        return request->task == TASK_NONE ? STATUS_OK : take_last(head, request->task, error);
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
    const struct csv_choice listed = {
        "label", request->label, request->header, take_listed, (int)request->task};
    return request->label && *request->label ? csv_columns_take(head, &listed, named, error)
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
