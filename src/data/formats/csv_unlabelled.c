#include "data/formats/csv_unlabelled.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/names.h"

static bool is_labelled(const struct dataset *set, int64_t row)
{
    if (set->labels)
        return set->labels[row] >= 0;
    for (int64_t j = 0; j < set->outputs; j++)
        if (isnan(set->targets[row * set->outputs + j]))
            return false;
    return true;
}

static bool any_unlabelled(const struct csv_rows *rows)
{
    for (int p = 0; p < rows->parts; p++)
        if (rows->part[p].unlabelled)
            return true;
    return false;
}

enum status csv_unlabelled_check(const struct csv_rows *rows, struct error *error)
{
    int64_t row = 0;
    if (!any_unlabelled(rows))
        return STATUS_OK;
    while (row < rows->rows && !is_labelled(rows->set, row))
        row++;
    return row < rows->rows ? STATUS_OK
                            : fail(error, STATUS_BAD_DATA,
                                  "%s: the label of every sample is missing; --label names another "
                                  "column, and --ignore omits one that is empty because the lines "
                                  "end with a separator",
                                  rows->head->name);
}

static void swap_rows(void *array, int64_t a, int64_t b, size_t row_bytes)
{
    for (size_t i = 0; array && i < row_bytes; i++) {
        char *left = (char *)array + (size_t)a * row_bytes;
        char *right = (char *)array + (size_t)b * row_bytes;
        char byte = left[i];
        left[i] = right[i];
        right[i] = byte;
    }
}

static void swap_samples(struct dataset *set, int64_t a, int64_t b)
{
    swap_rows(set->values, a, b, (size_t)set->features * sizeof(float));
    swap_rows(set->labels, a, b, sizeof *set->labels);
    swap_rows(set->targets, a, b, (size_t)set->outputs * sizeof *set->targets);
    swap_rows(set->weight, a, b, sizeof *set->weight);
    swap_rows(set->group, a, b, sizeof *set->group);
    swap_rows(set->when, a, b, sizeof *set->when);
    swap_rows(set->line, a, b, sizeof *set->line);
    swap_rows(set->id, a, b, sizeof *set->id);
}

/* Moves the rows without a label behind the `kept` others; both keep their order. */
static enum status part_rows(struct dataset *set, int64_t kept, struct error *error)
{
    int64_t *to; /* the new place of each row */
    int64_t next[2] = {kept, 0};
    TRY(memory_take(&to, (size_t)set->samples, sizeof *to, "the order of the rows", error));
    for (int64_t i = 0; i < set->samples; i++)
        to[i] = next[is_labelled(set, i)]++;
    for (int64_t i = 0; i < set->samples; i++)
        while (to[i] != i) {
            int64_t place = to[i];
            swap_samples(set, i, place);
            to[i] = to[place];
            to[place] = place;
        }
    free(to);
    return STATUS_OK;
}

/* Puts the texts of the ids into the order of their pointers, as names.h has them. */
static enum status order_ids(struct dataset *set, struct error *error)
{
    char **ids;
    if (!set->id)
        return STATUS_OK;
    TRY(names_copy(&ids, set->id, set->samples, "the ids", error));
    free(set->id);
    set->id = ids;
    return STATUS_OK;
}

static enum status number_lines(struct dataset *set, struct error *error)
{
    if (set->line)
        return STATUS_OK;
    TRY(memory_take(&set->line, (size_t)set->samples, sizeof *set->line, "line numbers", error));
    for (int64_t i = 0; i < set->samples; i++)
        set->line[i] = set->first_line + i;
    return STATUS_OK;
}

enum status csv_unlabelled_drop(struct csv_rows *rows, struct error *error)
{
    struct dataset *set = rows->set;
    int64_t kept = 0;
    if (!any_unlabelled(rows))
        return STATUS_OK;
    TRY(number_lines(set, error));
    for (int64_t i = 0; i < set->samples; i++)
        kept += is_labelled(set, i);
    TRY(part_rows(set, kept, error));
    TRY(order_ids(set, error));
    set->unlabelled = set->samples - kept;
    set->samples = kept;
    size_t used = strlen(set->note);
    snprintf(set->note + used, sizeof set->note - used, "%s%lld %s left out", used ? "; " : "",
        (long long)set->unlabelled,
        set->unlabelled == 1 ? "row without a label is" : "rows without a label are");
    return STATUS_OK;
}
