#include "data/encoding_counts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

enum status encoding_counts_init(
    struct encoding_counts *counts, const struct encoding *encoding, struct error *error)
{
    *counts = (struct encoding_counts){.encoding = encoding};
    TRY(memory_take(&counts->unknown, (size_t)encoding->columns, 2 * sizeof *counts->unknown,
        "counts of unknown values", error));
    counts->missing = counts->unknown + encoding->columns;
    return STATUS_OK;
}

void encoding_counts_clear(struct encoding_counts *counts)
{
    free(counts->unknown);
    *counts = (struct encoding_counts){0};
}

static void count_category(struct encoding_counts *counts, int64_t c, float value)
{
    const struct encoded_column *column = &counts->encoding->column[c];
    if (isnan(value))
        counts->missing[c] += !column->missing;
    else
        counts->unknown[c] += !(value >= 0 && value < (float)column->codes);
}

/* Counts the missing numbers of adjacent columns. Few rows have any, which a vectorized loop
 * finds out. */
static void count_numbers(struct encoding_counts *counts, const struct vector *vector,
    const struct dataset *dataset, const void *row, int64_t first, int64_t end)
{
    if (dataset->type == VALUE_F32 &&
        isfinite(vector->largest((const float *)row + first, end - first)))
        return;
    for (int64_t c = first; c < end; c++)
        counts->missing[c] += isnan(value_as_float(row, dataset->type, c));
}

static void count_row(struct encoding_counts *counts, const struct vector *vector,
    const struct dataset *dataset, const void *row)
{
    const struct encoding *encoding = counts->encoding;
    if (!encoding->column)
        count_numbers(counts, vector, dataset, row, 0, encoding->columns);
    for (int64_t r = 0; r < encoding->runs; r++) {
        const struct encoding_run *run = &encoding->run[r];
        if (run->kind != COLUMN_CATEGORY && !run->missing)
            count_numbers(counts, vector, dataset, row, run->first, run->end);
        for (int64_t c = run->first; c < run->end && run->kind == COLUMN_CATEGORY; c++)
            count_category(counts, c, value_as_float(row, dataset->type, c));
    }
}

void encoding_counts_add(
    struct encoding_counts *counts, const struct vector *vector, const struct dataset *dataset)
{
    size_t row_bytes = (size_t)dataset->features * value_size(dataset->type);
    if (!value_is_float(dataset->type)) /* neither missing values nor categories */
        return;
    for (int64_t i = 0; i < dataset->samples; i++)
        count_row(counts, vector, dataset, (const char *)dataset->values + (size_t)i * row_bytes);
}

/* --- the text -------------------------------------------------------------------------------- */

static void write_column(const struct encoding_counts *counts, char *const *feature_name, int64_t c,
    char *out, size_t room)
{
    const struct encoding *encoding = counts->encoding;
    const struct encoded_column *column = encoding->column ? &encoding->column[c] : NULL;
    bool category = column && column->kind == COLUMN_CATEGORY;
    char name[ENCODING_NAME];
    text_append(out, room, "%s%s: ", *out ? "; " : "", encoding_column_name(feature_name, c, name));
    if (counts->unknown[c] > 0)
        text_append(out, room, "%lld%s", (long long)counts->unknown[c],
            counts->missing[c] > 0 ? " and " : "");
    if (counts->missing[c] > 0)
        text_append(out, room, "%lld missing", (long long)counts->missing[c]);
    if (category)
        text_append(out, room, column->other ? " (as other)" : " (all its inputs are 0)");
    else if (encoding->fill)
        text_append(out, room, " (as %g)", (double)encoding->fill[c]);
    else
        text_append(out, room, " (not accepted)");
}

const char *encoding_counts_text(
    const struct encoding_counts *counts, char *const *feature_name, char out[ENCODING_COUNTS_TEXT])
{
    enum { SHOWN_MOST_COLUMNS = 3 };
    int64_t found = 0;
    out[0] = '\0';
    for (int64_t c = 0; c < counts->encoding->columns; c++)
        if ((counts->unknown[c] > 0 || counts->missing[c] > 0) && found++ < SHOWN_MOST_COLUMNS)
            write_column(counts, feature_name, c, out, ENCODING_COUNTS_TEXT);
    if (found > SHOWN_MOST_COLUMNS)
        text_append(out, ENCODING_COUNTS_TEXT, "; and %lld more column%s",
            (long long)(found - SHOWN_MOST_COLUMNS), found == SHOWN_MOST_COLUMNS + 1 ? "" : "s");
    return out;
}
