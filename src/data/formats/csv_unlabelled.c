#include "data/formats/csv_unlabelled.h"

#include <math.h>
#include <stdio.h>
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
                                  "column",
                                  rows->head->name);
}

/* Moves row `from` of an array to row `to`. */
static void move_row(void *array, int64_t to, int64_t from, size_t row_bytes)
{
    if (array && to != from)
        memcpy((char *)array + (size_t)to * row_bytes, (char *)array + (size_t)from * row_bytes,
            row_bytes);
}

static void move_sample(struct dataset *set, int64_t to, int64_t from)
{
    move_row(set->values, to, from, (size_t)set->features * sizeof(float));
    move_row(set->labels, to, from, sizeof *set->labels);
    move_row(set->targets, to, from, (size_t)set->outputs * sizeof *set->targets);
    move_row(set->weight, to, from, sizeof *set->weight);
    move_row(set->group, to, from, sizeof *set->group);
    move_row(set->when, to, from, sizeof *set->when);
    move_row(set->line, to, from, sizeof *set->line);
}

/* Keeps the ids of the labelled samples; no text moves up. */
static void drop_ids(struct dataset *set)
{
    char *text = set->id[0];
    for (int64_t i = 0; i < set->samples; i++)
        if (is_labelled(set, i)) {
            size_t size = strlen(set->id[i]) + 1;
            memmove(text, set->id[i], size);
            text += size;
        }
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
    if (set->id)
        drop_ids(set);
    for (int64_t i = 0; i < set->samples; i++)
        if (is_labelled(set, i))
            move_sample(set, kept++, i);
    set->unlabelled = set->samples - kept;
    set->samples = kept;
    if (set->id)
        names_index(set->id, kept);
    size_t used = strlen(set->note);
    snprintf(set->note + used, sizeof set->note - used, "%s%lld %s left out", used ? "; " : "",
        (long long)set->unlabelled,
        set->unlabelled == 1 ? "row without a label is" : "rows without a label are");
    return STATUS_OK;
}
