#include "data/encoding.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

enum { INPUTS_MOST = 1 << 30 }; /* so that int32 holds their numbers */

/* --- columns and inputs ---------------------------------------------------------------------- */

static void number_inputs(struct encoding *encoding)
{
    encoding->inputs = 0;
    for (int64_t c = 0; c < encoding->columns; c++) {
        struct encoded_column *column = &encoding->column[c];
        column->input = encoding->inputs;
        column->inputs = column->category ? levels_in(&encoding->levels, c) : 1;
        column->inputs += column->missing + column->other;
        encoding->inputs += column->inputs;
    }
}

/* Makes slots with the numbers of the levels, if there are none, and replaces the numbers of levels
 * by those of inputs. */
static enum status set_slots(struct encoding *encoding, struct error *error)
{
    bool given = encoding->slot != NULL;
    size_t slots = (size_t)(2 * encoding->columns);
    if (encoding->levels.columns > 0)
        slots += (size_t)encoding->levels.first[encoding->columns];
    if (!given)
        TRY(memory_take(&encoding->slot, slots, sizeof(int32_t), "the categories", error));
    int64_t next = 0;
    for (int64_t c = 0; c < encoding->columns; c++) {
        struct encoded_column *column = &encoding->column[c];
        if (!column->category)
            continue;
        int64_t levels = levels_in(&encoding->levels, c);
        int32_t first = (int32_t)column->input;
        int32_t other = column->other ? first + (int32_t)column->inputs - 1 : -1;
        if (!given)
            column->codes = levels;
        column->slot = next;
        int32_t *slot = encoding->slot + next;
        for (int64_t code = 0; code < column->codes; code++) {
            int32_t level = given ? slot[code] : (int32_t)code;
            slot[code] = level < 0 ? other : first + level;
        }
        slot[column->codes] = other;
        slot[column->codes + 1] = column->missing ? first + (int32_t)levels : other;
        next += column->codes + 2;
    }
    return STATUS_OK;
}

static int kind_of(const struct encoded_column *column)
{
    return column->category ? RUN_CATEGORIES : column->missing ? RUN_INDICATED : RUN_NUMBERS;
}

static enum status find_runs(struct encoding *encoding, struct error *error)
{
    TRY(memory_take(&encoding->run, (size_t)encoding->columns, sizeof *encoding->run,
        "the inputs' encoding", error));
    encoding->runs = 0;
    for (int64_t c = 0; c < encoding->columns; c++) {
        int kind = kind_of(&encoding->column[c]);
        struct encoding_run *last = encoding->run + encoding->runs - 1;
        if (encoding->runs == 0 || (int)last->kind != kind)
            encoding->run[encoding->runs++] = (struct encoding_run){kind, c, c + 1};
        else
            last->end = c + 1;
    }
    return STATUS_OK;
}

enum status encoding_complete(struct encoding *encoding, struct error *error)
{
    encoding->loops = number_loops_of(level_highest());
    encoding->inputs = encoding->columns;
    if (!encoding->column)
        return STATUS_OK;
    number_inputs(encoding);
    if (encoding->inputs > INPUTS_MOST)
        return fail(error, STATUS_BAD_DATA,
            "the %lld columns have %lld inputs, which are too many; omit columns (--ignore), or "
            "use "
            "a smaller --max-levels",
            (long long)encoding->columns, (long long)encoding->inputs);
    TRY(set_slots(encoding, error));
    return find_runs(encoding, error);
}

void encoding_clear(struct encoding *encoding)
{
    scale_clear(&encoding->scale);
    levels_clear(&encoding->levels);
    free(encoding->fill);
    free(encoding->column);
    free(encoding->run);
    free(encoding->slot);
    *encoding = (struct encoding){0};
}

uint64_t encoding_hash(const struct encoding *encoding, uint64_t seed)
{
    const struct scale *scale = &encoding->scale;
    size_t bytes = (size_t)scale->features * sizeof(float);
    uint64_t hash = hash_bytes(scale->factor, bytes, hash_bytes(scale->shift, bytes, seed));
    if (encoding->fill)
        hash = hash_bytes(encoding->fill, bytes, hash);
    for (int64_t c = 0; c < encoding->columns && encoding->column; c++) {
        const struct encoded_column *column = &encoding->column[c];
        int64_t numbers[] = {column->category, column->missing, column->other, column->inputs};
        hash = hash_bytes(numbers, sizeof numbers, hash);
        if (column->category)
            hash = hash_bytes(encoding->slot + column->slot,
                (size_t)(column->codes + 2) * sizeof *encoding->slot, hash);
    }
    return hash;
}

/* --- rows ------------------------------------------------------------------------------------ */

/* A row as it is stored, and the inputs to be written. */
struct row {
    const struct encoding *encoding;
    const void *values; /* [columns] of the type */
    enum value_type type;
    float *x; /* [inputs] */
};

static void encode_numbers(const struct row *row, const struct vector *vector, int64_t first,
    int64_t end, bool marked, float *x)
{
    const struct encoding *encoding = row->encoding;
    const char *values = (const char *)row->values + (size_t)first * value_size(row->type);
    const float *shift = encoding->scale.shift + first, *factor = encoding->scale.factor + first;
    bool gaps = encoding->fill && value_is_float(row->type) && !encoding->as_trained;
    struct number_run run = {values, row->type, shift, factor, NULL, end - first};
    if (!marked && !gaps) {
        vector->scale(x, values, row->type, shift, factor, end - first);
        return;
    }
    run.fill = encoding->fill + first;
    (marked ? encoding->loops->marked : encoding->loops->plain)(x, &run);
}

/* Returns the slot of a value: that of its code, of greater codes, or of a missing value. */
static inline int64_t slot_of(const struct encoded_column *column, float value)
{
    int64_t codes = column->codes;
    if (isnan(value))
        return column->slot + codes + 1;
    return column->slot + (value >= 0 && value < (float)codes ? (int64_t)value : codes);
}

static inline __attribute__((always_inline)) void encode_categories(
    const struct row *row, enum value_type type, const struct encoding_run *run)
{
    const struct encoding *encoding = row->encoding;
    const struct encoded_column *column = encoding->column, *last = &column[run->end - 1];
    int64_t first = column[run->first].input, end = last->input + last->inputs;
    memset(row->x + first, 0, (size_t)(end - first) * sizeof *row->x);
    for (int64_t c = run->first; c < run->end; c++) {
        int32_t input = encoding->slot[slot_of(&column[c], value_as_float(row->values, type, c))];
        if (input >= 0)
            row->x[input] = 1;
    }
}

/* Tables, which have most of the missing values and all categories, are read as float32. */
static void encode_run(
    const struct row *row, const struct vector *vector, const struct encoding_run *run)
{
    bool f32 = row->type == VALUE_F32;
    switch (run->kind) {
    case RUN_NUMBERS:
    case RUN_INDICATED:
        encode_numbers(row, vector, run->first, run->end, run->kind == RUN_INDICATED,
            row->x + row->encoding->column[run->first].input);
        break;
    case RUN_CATEGORIES:
        f32 ? encode_categories(row, VALUE_F32, run) : encode_categories(row, row->type, run);
    }
}

void encoding_row(const struct encoding *encoding, const struct vector *vector,
    const struct dataset *dataset, int64_t sample, float *x)
{
    size_t row_bytes = (size_t)dataset->features * value_size(dataset->type);
    struct row row = {
        encoding, (const char *)dataset->values + (size_t)sample * row_bytes, dataset->type, x};
    if (!encoding->column)
        encode_numbers(&row, vector, 0, encoding->columns, false, x);
    for (int64_t r = 0; r < encoding->runs; r++)
        encode_run(&row, vector, &encoding->run[r]);
}

/* --- names ----------------------------------------------------------------------------------- */

const char *encoding_column_name(char *const *feature_name, int64_t c, char out[ENCODING_NAME])
{
    if (feature_name)
        snprintf(out, ENCODING_NAME, "%.70s", feature_name[c]);
    else
        snprintf(out, ENCODING_NAME, "%lld", (long long)c + 1);
    return out;
}

const char *encoding_input_name(const struct encoding *encoding, char *const *feature_name,
    int64_t input, char out[ENCODING_NAME])
{
    int64_t c = 0;
    if (!encoding->column)
        return encoding_column_name(feature_name, input, out);
    while (encoding->column[c].input + encoding->column[c].inputs <= input)
        c++;
    const struct encoded_column *column = &encoding->column[c];
    int64_t at = input - column->input;
    int64_t levels = column->category ? levels_in(&encoding->levels, c) : 1;
    encoding_column_name(feature_name, c, out);
    size_t used = strlen(out), room = ENCODING_NAME - used;
    if (at == levels && column->missing)
        snprintf(out + used, room, " is missing");
    else if (at >= levels)
        snprintf(out + used, room, "=other");
    else if (column->category)
        snprintf(out + used, room, "=%.70s", levels_names(&encoding->levels, c)[at]);
    return out;
}
