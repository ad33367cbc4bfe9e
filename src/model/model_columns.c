#include "model/model_columns.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/names.h"

/* --- writing --------------------------------------------------------------------------------- */

/* The names of the kinds of numbers. */
static const char *const code_words[] = {"linear", "robust", "quantile", "piecewise"};
enum { CODES = COLUMN_CATEGORY };

static void set_levels(struct json *object, const struct levels *levels, int64_t c)
{
    struct json *array = js_array();
    for (int64_t l = 0; l < levels_in(levels, c); l++)
        js_append_text(array, levels_names(levels, c)[l]);
    js_set(object, "levels", array);
}

static void set_knots(struct json *object, const struct number_code *code)
{
    struct json *array = js_array();
    for (int64_t k = 0; k < code->knots; k++)
        js_append_float(array, code->knot[k]);
    js_set(object, "knots", array);
}

static struct json *column_json(const struct encoding *encoding, int64_t c)
{
    const struct encoded_column *column = &encoding->column[c];
    bool category = column->kind == COLUMN_CATEGORY;
    struct json *object = js_object();
    js_set_text(object, "kind", category ? "category" : "number");
    if (category)
        set_levels(object, &encoding->levels, c);
    else if (column->kind != COLUMN_LINEAR)
        js_set_text(object, "code", code_words[column->kind]);
    if (column->kind == COLUMN_QUANTILE || column->kind == COLUMN_PIECEWISE)
        set_knots(object, &encoding->code[c]);
    js_set_bool(object, "missing", column->missing);
    if (category)
        js_set_bool(object, "other", column->other);
    return object;
}

struct json *model_columns_json(const struct encoding *encoding)
{
    struct json *array = js_array();
    for (int64_t c = 0; c < encoding->columns; c++)
        js_append(array, column_json(encoding, c));
    return array;
}

/* --- reading --------------------------------------------------------------------------------- */

struct reading {
    struct encoding *encoding;
    const struct json *array;
    const char *path;
    int64_t categories, levels; /* of all columns */
};

static enum status refuse(
    const struct reading *from, int64_t c, const char *expected, struct error *error)
{
    return fail(error, STATUS_BAD_DATA,
        "%s: column %" PRId64 " (from 0) in the columns of its metadata needs %s", from->path, c,
        expected);
}

static enum status read_category(struct reading *from, int64_t c, struct error *error)
{
    const struct json *object = js_item(from->array, (size_t)c);
    const struct json *levels = js_get(object, "levels");
    if (!js_as_bool(js_get(object, "other"), &from->encoding->column[c].other))
        return refuse(from, c, "\"other\", which is true or false", error);
    if (js_size(levels) == 0)
        return refuse(from, c, "\"levels\", an array of texts", error);
    for (size_t l = 0; l < js_size(levels); l++)
        if (!js_as_text(js_item(levels, l)))
            return refuse(from, c, "\"levels\", an array of texts", error);
    from->levels += (int64_t)js_size(levels);
    from->categories++;
    return STATUS_OK;
}

/* Makes a code of n knots; `knot` [n] is working memory. */
static enum status set_code(const struct reading *from, int64_t c, const struct json *knots,
    float *knot, struct error *error)
{
    static const char expected[] = "\"knots\", an array of increasing numbers";
    struct encoding *encoding = from->encoding;
    bool piecewise = encoding->column[c].kind == COLUMN_PIECEWISE;
    enum number_kind kind = piecewise ? NUMBER_PIECEWISE : NUMBER_QUANTILE;
    size_t n = js_size(knots);
    for (size_t k = 0; k < n; k++) {
        double number;
        if (!js_as_real(js_item(knots, k), &number) || !(fabs(number) <= (double)FLT_MAX))
            return refuse(from, c, expected, error);
        knot[k] = (float)number;
    }
    enum status status = number_code_set(&encoding->code[c], kind, knot, (int64_t)n, error);
    return status == STATUS_BAD_DATA ? refuse(from, c, expected, error) : status;
}

/* Reads the knots of a quantile or piecewise code. A column whose values were all equal has none. */
static enum status read_knots(const struct reading *from, int64_t c, struct error *error)
{
    struct encoding *encoding = from->encoding;
    const struct json *knots = js_get(js_item(from->array, (size_t)c), "knots");
    float *knot;
    if (!knots)
        return refuse(from, c, "\"knots\", an array of increasing numbers", error);
    if (!encoding->code)
        TRY(memory_take(&encoding->code, (size_t)encoding->columns, sizeof *encoding->code,
            "the codes of a model", error));
    TRY(memory_take(&knot, js_size(knots), sizeof *knot, "the codes of a model", error));
    enum status status = set_code(from, c, knots, knot, error);
    free(knot);
    return status;
}

static enum status read_number(const struct reading *from, int64_t c, struct error *error)
{
    const struct json *code = js_get(js_item(from->array, (size_t)c), "code");
    const char *word = js_as_text(code);
    int kind = COLUMN_LINEAR;
    while (code && kind < CODES && (!word || strcmp(code_words[kind], word) != 0))
        kind++;
    if (kind == CODES)
        return refuse(from, c, "a code, which is robust, quantile or piecewise", error);
    from->encoding->column[c].kind = (enum column_kind)kind;
    return kind == COLUMN_QUANTILE || kind == COLUMN_PIECEWISE ? read_knots(from, c, error)
                                                               : STATUS_OK;
}

static enum status read_column(struct reading *from, int64_t c, struct error *error)
{
    struct encoded_column *column = &from->encoding->column[c];
    const struct json *object = js_item(from->array, (size_t)c);
    const char *kind = js_as_text(js_get(object, "kind"));
    bool category = kind && strcmp(kind, "category") == 0;
    if (!kind || (!category && strcmp(kind, "number") != 0))
        return refuse(from, c, "a kind, which is number or category", error);
    if (!js_as_bool(js_get(object, "missing"), &column->missing))
        return refuse(from, c, "\"missing\", which is true or false", error);
    if (!category)
        return read_number(from, c, error);
    column->kind = COLUMN_CATEGORY;
    return read_category(from, c, error);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Checks that a column has no level twice; sorts `name`. */
static enum status check_different(
    const struct reading *from, int64_t c, char **name, int64_t n, struct error *error)
{
    qsort(name, (size_t)n, sizeof *name, by_text);
    for (int64_t i = 1; i < n; i++)
        if (strcmp(name[i - 1], name[i]) == 0)
            return refuse(from, c, "different levels", error);
    return STATUS_OK;
}

/* Makes the levels; `name` [from->levels] is working memory. */
static enum status take_levels(const struct reading *from, char **name, struct error *error)
{
    struct encoding *encoding = from->encoding;
    struct levels *levels = &encoding->levels;
    int64_t *first;
    TRY(memory_take(
        &first, (size_t)encoding->columns + 1, sizeof *first, "the levels of a model", error));
    levels->first = first;
    levels->columns = encoding->columns;
    for (int64_t c = 0; c < encoding->columns; c++) {
        const struct json *own = js_get(js_item(from->array, (size_t)c), "levels");
        int64_t n = encoding->column[c].kind == COLUMN_CATEGORY ? (int64_t)js_size(own) : 0;
        for (int64_t l = 0; l < n; l++)
            name[first[c] + l] = (char *)(uintptr_t)js_as_text(js_item(own, (size_t)l));
        first[c + 1] = first[c] + n;
    }
    TRY(names_copy(&levels->name, name, from->levels, "the levels of a model", error));
    for (int64_t c = 0; c < encoding->columns; c++)
        TRY(check_different(from, c, name + first[c], first[c + 1] - first[c], error));
    return STATUS_OK;
}

static enum status read_levels(const struct reading *from, struct error *error)
{
    char **name;
    if (from->categories == 0)
        return STATUS_OK;
    TRY(memory_take(&name, (size_t)from->levels, sizeof *name, "the levels of a model", error));
    enum status status = take_levels(from, name, error);
    free(name);
    return status;
}

enum status model_columns_read(
    struct encoding *encoding, const struct json *array, const char *path, struct error *error)
{
    struct reading from = {encoding, array, path, 0, 0};
    encoding->columns = (int64_t)js_size(array);
    if (encoding->columns == 0)
        return fail(error, STATUS_BAD_DATA,
            "%s: its metadata has no columns, or these are not a JSON array", path);
    TRY(memory_take(&encoding->column, (size_t)encoding->columns, sizeof *encoding->column,
        "the columns of a model", error));
    for (int64_t c = 0; c < encoding->columns; c++)
        TRY(read_column(&from, c, error));
    return read_levels(&from, error);
}
