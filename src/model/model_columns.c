#include "model/model_columns.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/names.h"

/* --- writing --------------------------------------------------------------------------------- */

static struct json *column_json(const struct encoding *encoding, int64_t c)
{
    const struct encoded_column *column = &encoding->column[c];
    struct json *object = js_object();
    js_set_text(object, "kind", column->category ? "category" : "number");
    if (column->category) {
        struct json *levels = js_array();
        for (int64_t l = 0; l < levels_in(&encoding->levels, c); l++)
            js_append_text(levels, levels_names(&encoding->levels, c)[l]);
        js_set(object, "levels", levels);
    }
    js_set_bool(object, "missing", column->missing);
    if (column->category)
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

static enum status read_column(struct reading *from, int64_t c, struct error *error)
{
    struct encoded_column *column = &from->encoding->column[c];
    const struct json *object = js_item(from->array, (size_t)c);
    const struct json *levels = js_get(object, "levels");
    const char *kind = js_as_text(js_get(object, "kind"));
    if (!kind || (strcmp(kind, "category") != 0 && strcmp(kind, "number") != 0))
        return refuse(from, c, "a kind, which is number or category", error);
    column->category = strcmp(kind, "category") == 0;
    if (!js_as_bool(js_get(object, "missing"), &column->missing))
        return refuse(from, c, "\"missing\", which is true or false", error);
    if (!column->category)
        return STATUS_OK;
    if (!js_as_bool(js_get(object, "other"), &column->other))
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
        int64_t n = encoding->column[c].category ? (int64_t)js_size(own) : 0;
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
