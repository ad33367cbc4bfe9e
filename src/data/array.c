#include "data/array.h"

#include <math.h>

#include "base/heartbeat.h"
#include "base/memory.h"

enum status array_measure(struct array *array, size_t header, size_t *length, struct error *error)
{
    array->samples = array->dimension[0];
    array->width = 1;
    for (int d = 1; d < array->n_dimensions; d++)
        if (__builtin_mul_overflow(array->width, array->dimension[d], &array->width) ||
            array->width > INT32_MAX)
            return fail(error, STATUS_BAD_DATA,
                "%s: its header declares more than 2,147,483,647 numbers per sample", array->path);
    if (array->samples == 0 || array->width == 0)
        return fail(error, STATUS_BAD_DATA, "%s contains no %s: a dimension in its header is 0",
            array->path, array->samples == 0 ? "samples" : "features");
    if (__builtin_mul_overflow(array->samples, array->width, length) ||
        __builtin_mul_overflow(*length, value_size(array->type), length) ||
        __builtin_add_overflow(*length, header, length))
        return fail(error, STATUS_BAD_DATA,
            "%s: its header declares more data than any machine can address", array->path);
    return STATUS_OK;
}

enum { VALUES_A_BEAT = 1 << 22 };

enum status array_check_finite(const struct array *array, const void *values, enum value_type type,
    const char *what, struct error *error)
{
    int64_t width = array->width;
    if (!value_is_float(type))
        return STATUS_OK;
    for (int64_t i = 0; i < array->samples * width; i++) {
        if (i % VALUES_A_BEAT == 0)
            heartbeat_beat();
        float value = value_as_float(values, type, i);
        if (!isfinite(value))
            return fail(error, STATUS_BAD_DATA,
                "%s: %s %lld of sample %lld (both from 0) is %f as float32; every number must be "
                "finite",
                array->path, what, (long long)(i % width), (long long)(i / width), (double)value);
    }
    return STATUS_OK;
}

/* More classes than this are accepted only if there are at least as many samples as classes. */
enum { CLASSES_UNASKED = 1000 };

/* Sets dataset->classes from the labels. */
static enum status check_classes(struct dataset *dataset, const char *path, struct error *error)
{
    int64_t largest = 0; /* sample with the largest label */
    dataset->classes = 2;
    for (int64_t i = 0; i < dataset->samples; i++) {
        int32_t label = dataset->labels[i];
        if (label < 0)
            return fail(error, STATUS_BAD_DATA,
                "%s: the label of sample %lld (from 0) is %d; classes are numbered from 0", path,
                (long long)i, label);
        if (label >= dataset->classes)
            dataset->classes = (int64_t)label + 1;
        if (label > dataset->labels[largest])
            largest = i;
    }
    if (dataset->classes > CLASSES_UNASKED && dataset->classes > dataset->samples)
        return fail(error, STATUS_BAD_DATA,
            "%s: the label of sample %lld (from 0) is %d, which implies %lld classes for %lld "
            "samples; labels are class numbers 0, 1, 2, ... without gaps",
            path, (long long)largest, dataset->labels[largest], (long long)dataset->classes,
            (long long)dataset->samples);
    return STATUS_OK;
}

static enum status make_classes(
    struct dataset *dataset, const struct array *array, const void *values, struct error *error)
{
    TRY(memory_take(
        &dataset->labels, (size_t)array->samples, sizeof *dataset->labels, array->path, error));
    for (int64_t i = 0; i < array->samples; i++) {
        double value = value_as_double(values, array->type, i);
        if (!(fabs(value) <= INT32_MAX) || value != floor(value))
            return fail(error, STATUS_BAD_DATA,
                "%s: the label of sample %lld (from 0) is %.17g; class labels are whole numbers 0, "
                "1, 2, ...",
                array->path, (long long)i, value);
        dataset->labels[i] = (int32_t)value;
    }
    return check_classes(dataset, array->path, error);
}

enum status labels_make(struct dataset *dataset, const struct array *array, const void *values,
    bool classes, struct error *error)
{
    if (classes)
        return make_classes(dataset, array, values, error);
    dataset->outputs = array->width;
    TRY(memory_take(&dataset->targets, (size_t)array->samples,
        (size_t)array->width * sizeof *dataset->targets, array->path, error));
    for (int64_t i = 0; i < array->samples * array->width; i++)
        dataset->targets[i] = value_as_float(values, array->type, i);
    return array_check_finite(array, values, array->type, "target", error);
}

enum status labels_expect(const struct dataset *dataset, const struct array *array, bool classes,
    const struct room *room, struct error *error)
{
    struct dataset set = *dataset;
    if (array->samples != dataset->samples)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld samples, but %s has %lld labels; each sample needs one", dataset->name,
            (long long)dataset->samples, array->path, (long long)array->samples);
    set.classes = classes ? 2 : 0;
    set.outputs = classes ? 0 : array->width;
    return room_for_set(room, &set, 0, error);
}
