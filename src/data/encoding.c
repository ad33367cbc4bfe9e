#include "data/encoding.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

enum { INPUTS_MOST = 1 << 30 }; /* so that int32 holds their numbers */

/* --- columns and inputs ---------------------------------------------------------------------- */

/* Returns the inputs of a column's levels, or those that code its number. */
static int64_t inputs_of_values(const struct encoding *encoding, int64_t c)
{
    if (encoding->column[c].kind == COLUMN_CATEGORY)
        return levels_in(&encoding->levels, c);
    return encoding->column[c].kind == COLUMN_PIECEWISE ? number_code_width(&encoding->code[c]) : 1;
}

static void number_inputs(struct encoding *encoding)
{
    encoding->inputs = 0;
    for (int64_t c = 0; c < encoding->columns; c++) {
        struct encoded_column *column = &encoding->column[c];
        column->input = encoding->inputs;
        column->inputs = inputs_of_values(encoding, c) + column->missing + column->other;
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
        if (column->kind != COLUMN_CATEGORY)
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

static enum status find_runs(struct encoding *encoding, struct error *error)
{
    TRY(memory_take(&encoding->run, (size_t)encoding->columns, sizeof *encoding->run,
        "the inputs' encoding", error));
    encoding->runs = 0;
    for (int64_t c = 0; c < encoding->columns; c++) {
        struct encoding_run run = {encoding->column[c].kind, encoding->column[c].missing, c, c + 1};
        struct encoding_run *last = encoding->run + encoding->runs - 1;
        bool joins = encoding->runs > 0 && last->kind == run.kind;
        if (joins && (run.kind == COLUMN_CATEGORY || last->missing == run.missing))
            last->end = c + 1;
        else
            encoding->run[encoding->runs++] = run;
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
            "use a smaller --max-levels",
            (long long)encoding->columns, (long long)encoding->inputs);
    TRY(set_slots(encoding, error));
    return find_runs(encoding, error);
}

void encoding_clear(struct encoding *encoding)
{
    scale_clear(&encoding->scale);
    levels_clear(&encoding->levels);
    for (int64_t c = 0; c < encoding->columns && encoding->code; c++)
        number_code_clear(&encoding->code[c]);
    free(encoding->code);
    free(encoding->fill);
    free(encoding->column);
    free(encoding->run);
    free(encoding->slot);
    *encoding = (struct encoding){0};
}

static uint64_t hash_column(const struct encoding *encoding, int64_t c, uint64_t hash)
{
    const struct encoded_column *column = &encoding->column[c];
    int64_t numbers[] = {column->kind, column->missing, column->other, column->inputs};
    hash = hash_bytes(numbers, sizeof numbers, hash);
    if (column->kind == COLUMN_CATEGORY)
        hash = hash_bytes(encoding->slot + column->slot,
            (size_t)(column->codes + 2) * sizeof *encoding->slot, hash);
    if (encoding->code && encoding->code[c].knots > 0)
        hash = hash_bytes(encoding->code[c].knot,
            (size_t)encoding->code[c].knots * sizeof *encoding->code[c].knot, hash);
    return hash;
}

/* Without `column`, the fill values are not hashed: they serve data seen later, and checkpoints of
 * runs that had none must keep their fingerprints. */
uint64_t encoding_hash(const struct encoding *encoding, uint64_t seed)
{
    const struct scale *scale = &encoding->scale;
    size_t bytes = (size_t)scale->features * sizeof(float);
    uint64_t hash = hash_bytes(scale->factor, bytes, hash_bytes(scale->shift, bytes, seed));
    if (encoding->column && encoding->fill)
        hash = hash_bytes(encoding->fill, bytes, hash);
    for (int64_t c = 0; c < encoding->columns && encoding->column; c++)
        hash = hash_column(encoding, c, hash);
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

static number_loop *loop_of(const struct number_loops *loops, enum column_kind kind, bool missing)
{
    if (kind == COLUMN_ROBUST)
        return missing ? loops->robust_marked : loops->robust;
    return missing ? loops->marked : loops->plain;
}

/* True if numbers without an indicator may be missing. */
static inline bool may_have_gaps(const struct encoding *encoding, enum value_type type)
{
    return encoding->fill && value_is_float(type) && !encoding->as_trained;
}

/* Encodes linear or robust columns. */
static void encode_numbers(
    const struct row *row, const struct vector *vector, const struct encoding_run *run, float *x)
{
    const struct encoding *encoding = row->encoding;
    int64_t first = run->first, n = run->end - run->first;
    const char *values = (const char *)row->values + (size_t)first * value_size(row->type);
    const float *shift = encoding->scale.shift + first, *factor = encoding->scale.factor + first;
    if (run->kind == COLUMN_LINEAR && !run->missing && !may_have_gaps(encoding, row->type)) {
        vector->scale(x, values, row->type, shift, factor, n);
        return;
    }
    const float *fill = encoding->fill ? encoding->fill + first : NULL;
    struct number_run numbers = {values, row->type, shift, factor, fill, n};
    loop_of(encoding->loops, run->kind, run->missing)(x, &numbers);
}

/* Encodes quantile or piecewise columns. */
static void encode_codes(const struct row *row, const struct encoding_run *run, float *x)
{
    const struct encoding *encoding = row->encoding;
    for (int64_t c = run->first; c < run->end; c++) {
        const struct number_code *code = &encoding->code[c];
        float value = value_as_float(row->values, row->type, c);
        bool missing = isnan(value);
        int64_t width = number_code_width(code);
        if (missing && encoding->fill)
            value = encoding->fill[c];
        encoding->loops->code(x, code, value);
        for (int64_t i = 0; i < width && isnan(value); i++)
            x[i] = NAN; /* its code would look like that of a number */
        x += width;
        if (run->missing)
            *x++ = missing ? 1 : 0;
    }
}

/* Returns the slot of a value: that of its code, of greater codes, or of a missing value. */
static inline int64_t slot_of(const struct encoded_column *column, float value)
{
    if (value >= 0 && value < (float)column->codes)
        return column->slot + (int64_t)value;
    return column->slot + column->codes + isnan(value);
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
    float *x = row->x + row->encoding->column[run->first].input;
    bool f32 = row->type == VALUE_F32;
    if (run->kind == COLUMN_LINEAR || run->kind == COLUMN_ROBUST)
        encode_numbers(row, vector, run, x);
    else if (run->kind != COLUMN_CATEGORY)
        encode_codes(row, run, x);
    else if (f32)
        encode_categories(row, VALUE_F32, run);
    else
        encode_categories(row, row->type, run);
}

void encoding_row(const struct encoding *encoding, const struct vector *vector,
    const struct dataset *dataset, int64_t sample, float *x)
{
    const struct scale *scale = &encoding->scale;
    enum value_type type = dataset->type;
    size_t row_bytes = (size_t)dataset->features * value_size(type);
    const char *values = (const char *)dataset->values + (size_t)sample * row_bytes;
    if (!encoding->column && !may_have_gaps(encoding, type)) {
        vector->scale(x, values, type, scale->shift, scale->factor, encoding->columns);
        return;
    }
    struct row row = {encoding, values, type, x};
    if (!encoding->column)
        encode_numbers(
            &row, vector, &(struct encoding_run){COLUMN_LINEAR, false, 0, encoding->columns}, x);
    for (int64_t r = 0; r < encoding->runs; r++)
        encode_run(&row, vector, &encoding->run[r]);
}

/* --- names ----------------------------------------------------------------------------------- */

bool encoding_is_piecewise(const struct encoding *encoding)
{
    for (int64_t c = 0; c < encoding->columns && encoding->column; c++)
        if (encoding->column[c].kind == COLUMN_PIECEWISE)
            return true;
    return false;
}

const char *encoding_column_name(char *const *feature_name, int64_t c, char out[ENCODING_NAME])
{
    if (feature_name && *feature_name[c])
        snprintf(out, ENCODING_NAME, "%.70s", feature_name[c]);
    else
        snprintf(out, ENCODING_NAME, "%lld%s", (long long)c + 1, feature_name ? " (\"\")" : "");
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
    int64_t values = inputs_of_values(encoding, c);
    encoding_column_name(feature_name, c, out);
    size_t used = strlen(out), room = ENCODING_NAME - used;
    if (at == values && column->missing)
        snprintf(out + used, room, " is missing");
    else if (at >= values)
        snprintf(out + used, room, "=other");
    else if (values > 1 && column->kind == COLUMN_PIECEWISE)
        snprintf(out + used, room, " bin %lld", (long long)at + 1);
    else if (column->kind == COLUMN_CATEGORY)
        snprintf(out + used, room, "=%.70s", levels_names(&encoding->levels, c)[at]);
    return out;
}
