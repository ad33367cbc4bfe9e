#include "study/column_summary.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* The numbers of a column: value i is at first + i * stride. */
struct values {
    const void *values;
    enum value_type type;
    int64_t first, stride, n;
};

static void summarise_numbers(struct column_summary *summary, const struct values *column)
{
    double sum = 0, least = INFINITY, greatest = -INFINITY;
    for (int64_t i = 0; i < column->n; i++) {
        double x = (double)value_as_float(
            column->values, column->type, column->first + i * column->stride);
        if (isnan(x)) {
            summary->missing++;
            continue;
        }
        sum += x;
        least = x < least ? x : least;
        greatest = x > greatest ? x : greatest;
    }
    summary->present = column->n - summary->missing;
    summary->mean = sum / (double)summary->present;
    summary->least = least;
    summary->greatest = greatest;
    summary->constant = summary->present == 0 || (summary->missing == 0 && least == greatest);
}

static enum status take_counts(struct column_summary *summary, struct error *error)
{
    return memory_take(&summary->count, (size_t)summary->levels, sizeof *summary->count,
        "the counts of levels", error);
}

enum status column_summarise_input(struct column_summary *summary, const struct dataset *dataset,
    int64_t feature, struct error *error)
{
    const struct values column = {
        dataset->values, dataset->type, feature, dataset->features, dataset->samples};
    *summary = (struct column_summary){.levels = levels_in(&dataset->levels, feature)};
    summarise_numbers(summary, &column);
    if (summary->levels == 0)
        return STATUS_OK;
    summary->name = levels_names(&dataset->levels, feature);
    TRY(take_counts(summary, error));
    for (int64_t i = 0; i < dataset->samples; i++) {
        float code = value_as_float(column.values, column.type, feature + i * column.stride);
        if (code < (float)summary->levels) /* present, and one of the levels */
            summary->count[(int64_t)code]++;
    }
    return STATUS_OK;
}

enum status column_summarise_label(struct column_summary *summary, const struct dataset *dataset,
    int64_t output, struct error *error)
{
    const struct values target = {
        dataset->targets, VALUE_F32, output, dataset->outputs, dataset->samples};
    const struct values label = {dataset->labels, VALUE_I32, 0, 1, dataset->samples};
    *summary = (struct column_summary){.levels = dataset->classes, .name = dataset->class_name};
    summarise_numbers(summary, dataset->classes > 0 ? &label : &target);
    if (summary->levels == 0)
        return STATUS_OK;
    TRY(take_counts(summary, error));
    for (int64_t i = 0; i < dataset->samples; i++)
        summary->count[dataset->labels[i]]++;
    return STATUS_OK;
}

void column_summary_clear(struct column_summary *summary)
{
    free(summary->count);
    *summary = (struct column_summary){0};
}
