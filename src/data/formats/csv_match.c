#include "data/formats/csv_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/names.h"

/* A name, and the number of its column or input. */
struct named {
    const char *name;
    int64_t number;
};

static int by_name(const void *a, const void *b)
{
    const struct named *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : (left->number > right->number) - (left->number < right->number);
}

static int by_number(const void *a, const void *b)
{
    const struct named *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

/* Names the first missing input, and the one of the n omitted columns that is probably meant. */
static enum status refuse_missing(const struct csv_head *head, const char *name, int64_t missing,
    const struct named *omitted, int64_t n, struct error *error)
{
    enum { COMPARED_MOST = 100 };
    char more[64] = "";
    const char *other[COMPARED_MOST];
    int known = 0;
    int64_t taken = names_find(head->column_name, head->columns, name);
    if (taken >= 0 && !csv_is_feature(head->role[taken]))
        return fail(error, STATUS_BAD_DATA,
            "%s: the column \"%.100s\" is an input in the training data, so it cannot be the label "
            "or "
            "a column of --ignore, --weight, --group or --split-by",
            head->name, name);
    for (; known < COMPARED_MOST && known < n; known++)
        other[known] = omitted[known].name;
    const char *nearest = known > 0 ? text_nearest(name, other, known) : NULL;
    if (missing > 1)
        snprintf(more, sizeof more, " (and %lld more)", (long long)missing - 1);
    return fail(error, STATUS_BAD_DATA,
        "%s has no column \"%.100s\"%s, which is an input in the training data%s%.100s%s; add it, "
        "or correct the header",
        head->name, name, more, nearest ? " (did you mean \"" : "", nearest ? nearest : "",
        nearest ? "\"?)" : "");
}

/* Writes the first names, and the number of the others. */
static void list_omitted(struct csv_head *head, struct named *omitted, int64_t n)
{
    enum { MORE = 24, SHOWN_MOST = 5 };
    size_t used = 0;
    qsort(omitted, (size_t)n, sizeof *omitted, by_number);
    for (int64_t i = 0; i < n; i++) {
        size_t left = sizeof head->omitted - used;
        if (i == SHOWN_MOST || strlen(omitted[i].name) + MORE + 4 > left) {
            snprintf(head->omitted + used, left, "%s%lld %s", i > 0 ? " and " : "",
                (long long)(n - i), i > 0 ? "more" : "columns");
            break;
        }
        const char *separator = i > 0 ? ", " : "";
        used += (size_t)(*omitted[i].name ? snprintf(head->omitted + used, left, "%s%s", separator,
                                                omitted[i].name)
                                          : snprintf(head->omitted + used, left, "%scolumn %lld",
                                                separator, (long long)omitted[i].number + 1));
    }
}

/* Walks through both sorted lists. Omitted columns are moved to the beginning of theirs. */
static enum status merge(struct csv_head *head, const struct named *input, int64_t inputs,
    struct named *column, int64_t columns, struct error *error)
{
    const struct named *first = NULL; /* the first missing input */
    int64_t i = 0, missing = 0, omitted = 0;
    for (int64_t c = 0; i < inputs || c < columns;) {
        int order = i == inputs ? 1 : c == columns ? -1 : strcmp(input[i].name, column[c].name);
        if (order == 0) {
            head->role[column[c++].number] = csv_role_of_feature(input[i++].number);
        } else if (order > 0) {
            if (i > 0 && strcmp(input[i - 1].name, column[c].name) == 0)
                return fail(error, STATUS_BAD_DATA,
                    "%s has more columns \"%.100s\" than the training data, so it is not known "
                    "which of them is the input; remove or rename the others",
                    head->name, column[c].name);
            head->role[column[c].number] = CSV_LEFT_OUT;
            column[omitted++] = column[c++];
        } else {
            first = !first || input[i].number < first->number ? &input[i] : first;
            missing++;
            i++;
        }
    }
    if (missing > 0)
        return refuse_missing(head, first->name, missing, column, omitted, error);
    head->n_omitted = omitted;
    list_omitted(head, column, omitted);
    return STATUS_OK;
}

/* Makes the column of the ids an input as well if the model has an input of its name that no other
 * column has. */
static void share_id(struct csv_head *head, const struct source_request *request)
{
    for (int64_t c = 0; c < head->columns; c++) {
        const char *name = head->column_name[c];
        if (head->role[c] != CSV_EXTRA + CSV_ID ||
            names_find(request->feature_name, request->features, name) < 0)
            continue;
        for (int64_t other = 0; other < head->columns; other++)
            if (csv_is_feature(head->role[other]) && strcmp(head->column_name[other], name) == 0)
                return;
        head->role[c] = csv_role_of_feature(0);
        head->also_id = c + 1;
        return;
    }
}

/* Takes the model's column of weights, if the table has it and no option or input has taken it. */
static void take_model_weight(struct csv_head *head, const struct source_request *request)
{
    const char *name = request->model_weight;
    int64_t column =
        name && !head->has_weight ? names_find(head->column_name, head->columns, name) : -1;
    if (column < 0 || !csv_is_feature(head->role[column]) ||
        names_find(request->feature_name, request->features, name) >= 0)
        return;
    head->role[column] = CSV_WEIGHT;
    head->has_weight = true;
    text_append(head->note, sizeof head->note,
        "%ssamples are weighted by %.100s, as in training; --ignore %.100s evaluates without "
        "weights",
        *head->note ? "; " : "", name, name);
}

enum status csv_match_features(
    struct csv_head *head, const struct source_request *request, struct error *error)
{
    struct named *input = NULL;
    int64_t columns = 0, names = head->columns + request->features;
    int64_t one = (int64_t)(sizeof *head->role + sizeof *head->column_name + sizeof *input);
    TRY(room_for_reader(head->room, one * names, error, "%.200s, %lld columns", head->name,
        (long long)head->columns));
    TRY(memory_take(&input, (size_t)names, sizeof *input, "the columns by name", error));
    struct named *column = input + request->features;
    share_id(head, request);
    take_model_weight(head, request);
    for (int64_t f = 0; f < request->features; f++)
        input[f] = (struct named){request->feature_name[f], f};
    for (int64_t c = 0; c < head->columns; c++)
        if (csv_is_feature(head->role[c]))
            column[columns++] = (struct named){head->column_name[c], c};
    qsort(input, (size_t)request->features, sizeof *input, by_name);
    qsort(column, (size_t)columns, sizeof *column, by_name);
    enum status status = merge(head, input, request->features, column, columns, error);
    free(input);
    head->features = request->features;
    head->feature_name = request->feature_name;
    return status;
}
