#include "model/onnx/inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/memory.h"
#include "model/onnx/category_codes.h"
#include "model/onnx/quantiles.h"

enum { PARTS_MOST = 6 };

struct adding {
    struct onnx_graph *graph;
    const struct model *model;
    const struct encoding *encoding;
    char *const *name;
    int64_t numbers, categories;
    struct onnx_value raw, missing, filled; /* [N, numbers] */
    struct onnx_value codes;                /* [N, categories] */

    void *block;
    int64_t *place;             /* [columns] among the numbers, or among the categories */
    char **joined;              /* [columns] names of values to be joined */
    struct onnx_value *code_of; /* [columns] codes of a category */
    float *fill;                /* [columns] of the numbers */

    /* the part being added: [n] of [inputs] */
    int64_t n;
    int64_t *from; /* place of the column */
    float *shift, *factor, *low, *high;
    int64_t *level;                  /* categories: code of the input */
    const struct number_code **code; /* quantiles */

    int64_t done;   /* inputs of the parts so far */
    int64_t *order; /* [inputs] the input that is computed at this place */
    struct onnx_value part[PARTS_MOST];
    int parts;
};

static void place_arrays(void *object, struct carver *carver)
{
    struct adding *adding = object;
    size_t columns = (size_t)adding->encoding->columns, inputs = (size_t)adding->encoding->inputs;
    adding->place = carve(carver, columns, sizeof *adding->place);
    adding->joined = carve(carver, columns, sizeof *adding->joined);
    adding->code_of = carve(carver, columns, sizeof *adding->code_of);
    adding->fill = carve(carver, columns, sizeof *adding->fill);
    adding->from = carve(carver, inputs, sizeof *adding->from);
    adding->shift = carve(carver, inputs, sizeof *adding->shift);
    adding->factor = carve(carver, inputs, sizeof *adding->factor);
    adding->low = carve(carver, inputs, sizeof *adding->low);
    adding->high = carve(carver, inputs, sizeof *adding->high);
    adding->level = carve(carver, inputs, sizeof *adding->level);
    adding->code = carve(carver, inputs, sizeof *adding->code);
    adding->order = carve(carver, inputs, sizeof *adding->order);
}

static enum column_kind kind_of(const struct adding *adding, int64_t c)
{
    return adding->encoding->column ? adding->encoding->column[c].kind : COLUMN_LINEAR;
}

static int64_t first_input(const struct adding *adding, int64_t c)
{
    return adding->encoding->column ? adding->encoding->column[c].input : c;
}

/* --- categories ---------------------------------------------------------------------------- */

static enum status join_categories(struct adding *adding, struct error *error)
{
    for (int64_t c = 0; c < adding->encoding->columns; c++) {
        if (kind_of(adding, c) != COLUMN_CATEGORY)
            continue;
        TRY(onnx_category_codes(
            adding->graph, adding->model, c, adding->name[c], &adding->code_of[c], error));
        adding->joined[adding->categories] = adding->code_of[c].name;
        adding->place[c] = adding->categories++;
    }
    if (adding->categories > 0)
        adding->codes = onnx_concat(adding->graph, adding->joined, adding->categories);
    return STATUS_OK;
}

/* --- numbers ------------------------------------------------------------------------------- */

/* Marks the numbers that --missing lists; a table's texts are not known here. */
static void mark_listed(struct adding *adding)
{
    const char *list = adding->model->missing;
    struct onnx_graph *graph = adding->graph;
    while (list && *list) {
        struct decimal number;
        size_t length = strcspn(list, ",");
        if (decimal_read(list, list + length, &number) == list + length)
            adding->missing = onnx_2(graph, "Or", adding->missing,
                onnx_2(graph, "Equal", adding->raw, onnx_float_number(graph, number.value)));
        list += length + (list[length] == ',');
    }
}

static struct onnx_value joined_numbers(struct adding *adding)
{
    struct onnx_value whole = {""};
    if (onnx_columns_are_separate(adding->model))
        return onnx_concat(adding->graph, adding->joined, adding->numbers);
    snprintf(whole.name, sizeof whole.name, "%s", adding->name[0]);
    return whole;
}

static void join_numbers(struct adding *adding)
{
    const struct encoding *encoding = adding->encoding;
    struct onnx_graph *graph = adding->graph;
    bool separate = onnx_columns_are_separate(adding->model);
    for (int64_t c = 0; c < encoding->columns; c++) {
        if (kind_of(adding, c) == COLUMN_CATEGORY)
            continue;
        adding->fill[adding->numbers] = encoding->fill ? encoding->fill[c] : 0;
        adding->joined[adding->numbers] = separate ? adding->name[c] : NULL;
        adding->place[c] = adding->numbers++;
    }
    if (adding->numbers == 0)
        return;
    adding->raw = adding->filled = joined_numbers(adding);
    adding->missing = onnx_1(graph, "IsNaN", adding->raw);
    mark_listed(adding);
    if (encoding->fill)
        adding->filled = onnx_3(graph, "Where", adding->missing,
            onnx_row(graph, ONNX_FLOAT, adding->fill, adding->numbers), adding->raw);
}

/* --- parts --------------------------------------------------------------------------------- */

/* Adds an input, computed from a column, to the part; returns its place in the arrays. */
static int64_t push(struct adding *adding, int64_t c, int64_t input)
{
    adding->from[adding->n] = adding->place[c];
    adding->order[adding->done + adding->n] = input;
    return adding->n++;
}

/* Returns the columns of the part's inputs, of `columns` joined ones. */
static struct onnx_value pick(
    const struct adding *adding, struct onnx_value joined, int64_t columns)
{
    bool all = adding->n == columns;
    for (int64_t i = 0; i < adding->n; i++)
        all &= adding->from[i] == i;
    return all ? joined
               : onnx_gather(adding->graph, joined,
                     onnx_row(adding->graph, ONNX_INT64, adding->from, adding->n), 1);
}

static void end_part(struct adding *adding, struct onnx_value value)
{
    adding->part[adding->parts++] = value;
    adding->done += adding->n;
    adding->n = 0;
}

static struct onnx_value row(const struct adding *adding, const float *value)
{
    return onnx_row(adding->graph, ONNX_FLOAT, value, adding->n);
}

/* Returns (x - shift) * factor. */
static struct onnx_value scaled(const struct adding *adding)
{
    struct onnx_value x = pick(adding, adding->filled, adding->numbers);
    x = onnx_2(adding->graph, "Sub", x, row(adding, adding->shift));
    return onnx_2(adding->graph, "Mul", x, row(adding, adding->factor));
}

/* number_robust(), after scaling. */
static struct onnx_value squashed(struct onnx_graph *graph, struct onnx_value y)
{
    y = onnx_2(graph, "Max", y, onnx_float_number(graph, -0x1p30F));
    y = onnx_2(graph, "Min", y, onnx_float_number(graph, 0x1p30F));
    struct onnx_value third = onnx_2(graph, "Mul", y, onnx_float_number(graph, 1.0F / 3.0F));
    struct onnx_value square = onnx_2(graph, "Mul", third, third);
    struct onnx_value sum = onnx_2(graph, "Add", square, onnx_float_number(graph, 1));
    return onnx_2(graph, "Div", y, onnx_1(graph, "Sqrt", sum));
}

/* True if a column is coded by knots, which a column without different values has none of. */
static bool has_knots(const struct adding *adding, int64_t c)
{
    enum column_kind kind = kind_of(adding, c);
    return (kind == COLUMN_QUANTILE && adding->encoding->code[c].knots > 0) ||
           (kind == COLUMN_PIECEWISE && adding->encoding->code[c].knots > 1);
}

/* The numbers of one kind, linear or robust; a column that its code turns to 0 is linear here. */
static void add_scaled(struct adding *adding, enum column_kind kind)
{
    const struct encoding *encoding = adding->encoding;
    for (int64_t c = 0; c < encoding->columns; c++) {
        enum column_kind own = kind_of(adding, c);
        bool zero = (own == COLUMN_QUANTILE || own == COLUMN_PIECEWISE) && !has_knots(adding, c);
        if ((zero ? COLUMN_LINEAR : own) != kind)
            continue;
        int64_t i = push(adding, c, first_input(adding, c));
        adding->shift[i] = zero ? 0 : encoding->scale.shift[c];
        adding->factor[i] = zero ? 0 : encoding->scale.factor[c];
    }
    if (adding->n == 0)
        return;
    struct onnx_value y = scaled(adding);
    end_part(adding, kind == COLUMN_ROBUST ? squashed(adding->graph, y) : y);
}

static enum status add_quantiles(struct adding *adding, struct error *error)
{
    struct onnx_value score;
    for (int64_t c = 0; c < adding->encoding->columns; c++)
        if (kind_of(adding, c) == COLUMN_QUANTILE && has_knots(adding, c))
            adding->code[push(adding, c, first_input(adding, c))] = &adding->encoding->code[c];
    if (adding->n == 0)
        return STATUS_OK;
    TRY(onnx_quantiles(adding->graph, pick(adding, adding->filled, adding->numbers), adding->code,
        adding->n, &score, error));
    end_part(adding, score);
    return STATUS_OK;
}

/* number_piecewise(): the first bin has no lower bound but -2^60, the last no upper bound but
 * 2^60. */
static void add_piecewise(struct adding *adding)
{
    for (int64_t c = 0; c < adding->encoding->columns; c++) {
        if (kind_of(adding, c) != COLUMN_PIECEWISE || !has_knots(adding, c))
            continue;
        const struct number_code *code = &adding->encoding->code[c];
        int64_t bins = code->knots - 1;
        for (int64_t t = 0; t < bins; t++) {
            int64_t i = push(adding, c, first_input(adding, c) + t);
            adding->shift[i] = code->knot[t];
            adding->factor[i] = code->inverse[t];
            adding->low[i] = t == 0 ? -0x1p60F : 0;
            adding->high[i] = t == bins - 1 ? 0x1p60F : 1;
        }
    }
    if (adding->n == 0)
        return;
    struct onnx_value bin = scaled(adding);
    bin = onnx_2(adding->graph, "Max", bin, row(adding, adding->low));
    end_part(adding, onnx_2(adding->graph, "Min", bin, row(adding, adding->high)));
}

static void add_indicators(struct adding *adding)
{
    for (int64_t c = 0; c < adding->encoding->columns && adding->encoding->column; c++) {
        const struct encoded_column *column = &adding->encoding->column[c];
        if (column->kind != COLUMN_CATEGORY && column->missing)
            push(adding, c, column->input + column->inputs - 1);
    }
    if (adding->n > 0)
        end_part(adding,
            onnx_cast(adding->graph, pick(adding, adding->missing, adding->numbers), ONNX_FLOAT));
}

static void add_categories(struct adding *adding)
{
    struct onnx_graph *graph = adding->graph;
    for (int64_t c = 0; c < adding->encoding->columns; c++)
        for (int64_t l = 0;
             kind_of(adding, c) == COLUMN_CATEGORY && l < adding->encoding->column[c].inputs; l++)
            adding->level[push(adding, c, first_input(adding, c) + l)] = l;
    if (adding->n == 0)
        return;
    struct onnx_value code = pick(adding, adding->codes, adding->categories);
    struct onnx_value own =
        onnx_2(graph, "Equal", code, onnx_row(graph, ONNX_INT64, adding->level, adding->n));
    end_part(adding, onnx_cast(graph, own, ONNX_FLOAT));
}

/* Joins the parts, and puts their columns into the order of the inputs. */
static struct onnx_value in_order(struct adding *adding)
{
    char *name[PARTS_MOST];
    struct onnx_value all = adding->part[0];
    for (int p = 0; p < adding->parts; p++)
        name[p] = adding->part[p].name;
    if (adding->parts > 1)
        all = onnx_concat(adding->graph, name, adding->parts);
    adding->n = adding->done;
    for (int64_t i = 0; i < adding->done; i++)
        adding->from[adding->order[i]] = i;
    return pick(adding, all, adding->done);
}

static enum status add_all(struct adding *adding, struct error *error)
{
    join_numbers(adding);
    TRY(join_categories(adding, error));
    add_scaled(adding, COLUMN_LINEAR);
    add_scaled(adding, COLUMN_ROBUST);
    TRY(add_quantiles(adding, error));
    add_piecewise(adding);
    add_indicators(adding);
    add_categories(adding);
    return STATUS_OK;
}

bool onnx_columns_are_separate(const struct model *model)
{
    return model->feature_name || model->input.levels.columns > 0;
}

enum status onnx_inputs_add(struct onnx_graph *graph, const struct model *model, char *const *name,
    struct onnx_inputs *inputs, struct error *error)
{
    struct adding adding = {
        .graph = graph, .model = model, .encoding = &model->input, .name = name};
    TRY(memory_carve(&adding.block, place_arrays, &adding, "the inputs of a model", error));
    enum status status = add_all(&adding, error);
    if (!status)
        *inputs = (struct onnx_inputs){
            in_order(&adding), adding.missing, adding.numbers > 0 && !model->input.fill};
    free(adding.block);
    return status;
}
