#include "api/dataset_table.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "api/options_handle.h"
#include "data/names.h"
#include "data/word_set.h"
#include "lockstep/lockstep.h"

_Static_assert(LOCKSTEP_F32 == (int)VALUE_F32 && LOCKSTEP_F64 == (int)VALUE_F64 &&
                   LOCKSTEP_F64 == N_VALUE_TYPES - 1,
    "types of values have the same numbers inside and outside");

/* --- arrays of the caller ------------------------------------------------------------------- */

/* An array of the caller with its extent, and strides that are not 0. */
struct view {
    const char *name; /* for messages: "x" */
    const char *data;
    enum value_type type;
    int64_t rows, columns, stride[2];
};

static const void *at(const struct view *view, int64_t i, int64_t j)
{
    return view->data + i * view->stride[0] + j * view->stride[1];
}

static float number_at(const struct view *view, int64_t i, int64_t j)
{
    return value_as_float(at(view, i, j), view->type, 0);
}

static bool is_packed(const struct view *view)
{
    int64_t size = (int64_t)value_size(view->type);
    return (view->stride[1] == size || view->columns == 1) &&
           (view->stride[0] == size * view->columns || view->rows == 1);
}

/* Checks the type of an array, and that no index overflows. */
static enum status view_make(struct view *view, const struct lockstep_array *array,
    const char *name, int64_t rows, int64_t columns, struct error *error)
{
    int64_t first, second, size;
    if ((unsigned)array->type >= N_VALUE_TYPES)
        return fail(error, STATUS_USAGE, "%s: %d is not a type of numbers", name, array->type);
    *view = (struct view){name, array->data, (enum value_type)array->type, rows, columns,
        {array->stride[0], array->stride[1]}};
    size = (int64_t)value_size(view->type);
    if (view->stride[0] == 0 && view->stride[1] == 0)
        view->stride[0] = size * columns;
    if (view->stride[1] == 0 && array->stride[0] == 0)
        view->stride[1] = size;
    if (__builtin_mul_overflow(rows, view->stride[0], &first) ||
        __builtin_mul_overflow(columns, view->stride[1], &second) ||
        __builtin_mul_overflow(rows, columns * size, &first))
        return fail(error, STATUS_USAGE,
            "%s: %lld x %lld numbers with strides %lld and %lld are "
            "more than any machine can address",
            name, (long long)rows, (long long)columns, (long long)array->stride[0],
            (long long)array->stride[1]);
    return STATUS_OK;
}

/* True if all numbers of a row without gaps are finite as float32: loops that the compiler vectorizes. */
static bool row_is_finite(const void *row, enum value_type type, int64_t n)
{
    int other = 0;
    if (type == VALUE_F32)
        for (int64_t j = 0; j < n; j++)
            other |= !(fabsf(value_as_float(row, VALUE_F32, j)) <= FLT_MAX);
    else
        for (int64_t j = 0; j < n; j++)
            other |= !(fabsf(value_as_float(row, VALUE_F64, j)) <= FLT_MAX);
    return !other;
}

/* Refuses numbers that are infinite as float32; NaN only if nothing may be missing. */
static enum status check_numbers(
    const struct dataset *set, const struct view *view, bool missing, struct error *error)
{
    if (!value_is_float(view->type))
        return STATUS_OK;
    bool packed = is_packed(view);
    for (int64_t i = 0; i < view->rows; i++) {
        if (packed && row_is_finite(at(view, i, 0), view->type, view->columns))
            continue;
        for (int64_t j = 0; j < view->columns; j++) {
            float value = number_at(view, i, j);
            if (!isfinite(value) && !(missing && isnan(value)))
                return fail(error, STATUS_BAD_DATA,
                    "%s: %s, row %lld, column %lld (both from 0) is %f as float32; %s", set->name,
                    view->name, (long long)i, (long long)j, (double)value,
                    missing ? "a number must be finite, or NaN if it is missing"
                            : "every number must be finite");
        }
    }
    return STATUS_OK;
}

/* --- the features --------------------------------------------------------------------------- */

/* Copies the values in their type, row by row. */
static enum status copy_values(
    struct dataset *set, const struct view *x, bool borrows, struct error *error)
{
    size_t size = value_size(x->type);
    set->type = x->type;
    if (borrows && is_packed(x)) {
        set->values = (void *)(uintptr_t)x->data;
        return STATUS_OK;
    }
    TRY(memory_take(&set->values, (size_t)x->rows * (size_t)x->columns, size, set->name, error));
    char *to = set->values;
    if (is_packed(x))
        memcpy(to, x->data, (size_t)x->rows * (size_t)x->columns * size);
    else
        for (int64_t i = 0; i < x->rows; i++)
            for (int64_t j = 0; j < x->columns; j++, to += size)
                memcpy(to, at(x, i, j), size);
    return STATUS_OK;
}

/* Copies the values as float32: numbers, and codes of levels, with NaN for all others. */
static enum status copy_codes(
    struct dataset *set, const struct view *x, const int64_t *levels, struct error *error)
{
    set->type = VALUE_F32;
    TRY(memory_take(
        &set->values, (size_t)x->rows * (size_t)x->columns, sizeof(float), set->name, error));
    float *to = set->values;
    for (int64_t i = 0; i < x->rows; i++)
        for (int64_t j = 0; j < x->columns; j++, to++) {
            float value = number_at(x, i, j);
            bool code = value >= 0 && value < (float)levels[j] && value == floorf(value);
            *to = levels[j] > 0 && !code ? (float)NAN : value;
        }
    return STATUS_OK;
}

static enum status take_names(char ***names, const char *const *from, int64_t n, const char *what,
    const struct dataset *set, struct error *error)
{
    if (!from || n == 0)
        return STATUS_OK;
    for (int64_t i = 0; i < n; i++)
        if (!from[i] || !text_is_utf8(from[i], strlen(from[i])))
            return fail(error, STATUS_USAGE, "%s: %s %lld (from 0) is %s", set->name, what,
                (long long)i, from[i] ? "not UTF-8 text" : "NULL");
    return names_copy(names, (char *const *)(uintptr_t)from, n, what, error);
}

/* Checks that no two names are equal, since a model finds classes and levels by their names. `what` is
 * used in the message, before the numbers of the two. */
static enum status check_different(const char *const *name, int64_t n, const char *what,
    const struct dataset *set, struct error *error)
{
    struct word_set known = {0};
    enum status status = STATUS_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        int32_t first;
        status = word_set_put(&known, name[i], strlen(name[i]), &first, error);
        if (!status && first < i)
            status = fail(error, STATUS_USAGE,
                "%s: %s %d and %lld (from 0) are both \"%.100s\"; their names must differ",
                set->name, what, first, (long long)i, name[i]);
    }
    word_set_clear(&known);
    return status;
}

static enum status take_levels(
    struct dataset *set, const struct lockstep_table *table, struct error *error)
{
    struct levels *levels = &set->levels;
    size_t columns = (size_t)table->features;
    TRY(memory_take(&levels->first, columns + 1, sizeof *levels->first, "the levels", error));
    levels->columns = table->features;
    for (int64_t j = 0; j < table->features; j++) {
        if (table->levels[j] < 0 || table->levels[j] > 1 << 24)
            return fail(error, STATUS_USAGE,
                "%s: feature %lld has %lld levels; 0 ... 2^24 are possible", set->name,
                (long long)j, (long long)table->levels[j]);
        levels->first[j + 1] = levels->first[j] + table->levels[j];
    }
    int64_t n = levels->first[table->features];
    if (n > 0 && !table->level_name)
        return fail(error, STATUS_USAGE, "%s: the levels have no names", set->name);
    TRY(take_names(&levels->name, table->level_name, n, "level name", set, error));
    for (int64_t j = 0; j < table->features; j++) {
        char what[50];
        snprintf(what, sizeof what, "feature %lld, levels", (long long)j);
        TRY(check_different(
            table->level_name + levels->first[j], table->levels[j], what, set, error));
    }
    return STATUS_OK;
}

static bool has_categories(const struct lockstep_table *table)
{
    for (int64_t j = 0; table->levels && j < table->features; j++)
        if (table->levels[j] != 0)
            return true;
    return false;
}

static enum status take_features(
    struct dataset *set, const struct lockstep_table *table, struct error *error)
{
    struct view x;
    TRY(view_make(&x, &table->x, "x", table->samples, table->features, error));
    TRY(check_numbers(set, &x, true, error));
    if (!has_categories(table))
        return copy_values(set, &x, table->borrows, error);
    TRY(take_levels(set, table, error));
    return copy_codes(set, &x, table->levels, error);
}

/* --- labels, weights and groups --------------------------------------------------------------- */

static enum status take_classes(
    struct dataset *set, const struct view *y, int64_t classes, struct error *error)
{
    set->classes = classes;
    TRY(memory_take(&set->labels, (size_t)y->rows, sizeof *set->labels, set->name, error));
    for (int64_t i = 0; i < y->rows; i++) {
        double value = value_as_double(at(y, i, 0), y->type, 0);
        if (!(value >= 0 && value < (double)classes) || value != floor(value))
            return fail(error, STATUS_BAD_DATA,
                "%s: y, row %lld (from 0) is %.17g; with %lld classes, labels are whole numbers "
                "0 ... %lld",
                set->name, (long long)i, value, (long long)classes, (long long)classes - 1);
        set->labels[i] = (int32_t)value;
    }
    return STATUS_OK;
}

static enum status take_targets(struct dataset *set, const struct view *y, struct error *error)
{
    set->outputs = y->columns;
    TRY(check_numbers(set, y, false, error));
    TRY(memory_take(&set->targets, (size_t)y->rows, (size_t)y->columns * sizeof *set->targets,
        set->name, error));
    for (int64_t i = 0; i < y->rows; i++)
        for (int64_t j = 0; j < y->columns; j++)
            set->targets[i * y->columns + j] = number_at(y, i, j);
    return STATUS_OK;
}

static enum status take_labels(
    struct dataset *set, const struct lockstep_table *table, struct error *error)
{
    struct view y;
    int64_t columns = table->classes > 0 ? 1 : table->outputs;
    if (!table->y.data)
        return STATUS_OK;
    TRY(view_make(&y, &table->y, "y", table->samples, columns, error));
    return table->classes > 0 ? take_classes(set, &y, table->classes, error)
                              : take_targets(set, &y, error);
}

static enum status take_weights(
    struct dataset *set, const struct lockstep_array *array, struct error *error)
{
    struct view weight;
    if (!array->data)
        return STATUS_OK;
    TRY(view_make(&weight, array, "weight", set->samples, 1, error));
    TRY(check_numbers(set, &weight, false, error));
    TRY(memory_take(&set->weight, (size_t)set->samples, sizeof *set->weight, set->name, error));
    for (int64_t i = 0; i < set->samples; i++) {
        float value = number_at(&weight, i, 0);
        if (value < 0 || value > DATASET_WEIGHT_MOST)
            return fail(error, STATUS_BAD_DATA,
                "%s: weight, row %lld (from 0) is %g; a weight is a number from 0 to 1e30",
                set->name, (long long)i, (double)value);
        set->weight[i] = value == 0 ? 0 : value; /* never -0 */
    }
    return STATUS_OK;
}

/* Numbers the groups in the order of their first appearance, by the bytes of their numbers. */
static enum status number_groups(struct dataset *set, const struct view *group, double *number,
    struct word_set *known, struct error *error)
{
    for (int64_t i = 0; i < set->samples; i++) {
        number[i] = value_as_double(at(group, i, 0), group->type, 0);
        if (!(fabs(number[i]) <= 0x1p53) || number[i] != floor(number[i]))
            return fail(error, STATUS_BAD_DATA,
                "%s: group, row %lld (from 0) is %.17g; groups are whole numbers up to 2^53",
                set->name, (long long)i, number[i]);
        number[i] += 0.0; /* -0 becomes 0 */
        TRY(word_set_put(known, (const char *)&number[i], sizeof number[i], &set->group[i], error));
    }
    set->groups = known->n;
    return STATUS_OK;
}

static enum status take_groups(
    struct dataset *set, const struct lockstep_array *array, struct error *error)
{
    struct view group;
    struct word_set known = {0};
    double *number;
    if (!array->data)
        return STATUS_OK;
    TRY(view_make(&group, array, "group", set->samples, 1, error));
    TRY(memory_take(&set->group, (size_t)set->samples, sizeof *set->group, set->name, error));
    TRY(memory_take(&number, (size_t)set->samples, sizeof *number, set->name, error));
    enum status status = number_groups(set, &group, number, &known, error);
    word_set_clear(&known);
    free(number);
    return status;
}

/* --- names ---------------------------------------------------------------------------------- */

static enum status take_label_names(
    struct dataset *set, const struct lockstep_table *table, struct error *error)
{
    TRY(take_names(&set->class_name, table->class_name, set->classes, "class name", set, error));
    if (table->class_name)
        TRY(check_different(table->class_name, set->classes, "classes", set, error));
    return take_names(
        &set->label_name, table->output_name, set->outputs, "output name", set, error);
}

/* --- sizes ---------------------------------------------------------------------------------- */

enum status shape_check(
    const struct lockstep_shape *shape, const char *name, bool labelled, struct error *error)
{
    static const int64_t features_most = 1 << 30, outputs_most = 1 << 24;
    int64_t classes = shape->classes, outputs = shape->outputs;
    if (shape->samples < 1 || shape->features < 1 || shape->features > features_most)
        return fail(error, STATUS_USAGE,
            "%s: %lld samples of %lld features; there must be at least one of each, and at most "
            "2^30 features",
            name, (long long)shape->samples, (long long)shape->features);
    bool either = (classes >= 2 && outputs == 0) || (classes == 0 && outputs >= 1);
    if (labelled && (!either || classes > outputs_most || outputs > outputs_most))
        return fail(error, STATUS_USAGE,
            "%s: %lld classes and %lld targets per sample; there must be at least 2 classes, or "
            "at least 1 target and no classes; at most 2^24 of either",
            name, (long long)classes, (long long)outputs);
    return STATUS_OK;
}

/* --- all of a table ------------------------------------------------------------------------- */

static enum status take_rows(
    struct dataset *set, const struct lockstep_table *table, struct error *error)
{
    TRY(take_labels(set, table, error));
    TRY(take_weights(set, &table->weight, error));
    TRY(take_groups(set, &table->group, error));
    return take_label_names(set, table, error);
}

enum status dataset_take_labels(
    struct dataset *set, const struct lockstep_table *table, struct error *error)
{
    bool has_any = table->y.data || table->weight.data || table->group.data;
    if (table->samples != set->samples && (has_any || table->samples != 0))
        return fail(error, STATUS_USAGE, "%s: %lld samples, and labels for %lld", set->name,
            (long long)set->samples, (long long)table->samples);
    const struct lockstep_shape shape = {
        set->samples, set->features, table->classes, table->outputs};
    TRY(shape_check(&shape, set->name, table->y.data != NULL, error));
    return take_rows(set, table, error);
}

enum status dataset_from_table(
    struct dataset *set, const struct lockstep_table *table, struct error *error)
{
    const struct lockstep_shape shape = {
        table->samples, table->features, table->classes, table->outputs};
    TRY(shape_check(&shape, set->name, table->y.data != NULL, error));
    if (!table->x.data)
        return refuse_null("lockstep_dataset_from_table", "the data of x", error);
    set->samples = table->samples;
    set->features = table->features;
    set->table = true;
    TRY(take_rows(set, table, error));
    TRY(take_names(
        &set->feature_name, table->feature_name, table->features, "feature name", set, error));
    return take_features(set, table, error);
}
