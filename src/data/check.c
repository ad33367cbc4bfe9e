#include "data/check.h"

#include <math.h>

#include "base/heartbeat.h"
#include "base/memory.h"

enum status check_shape(struct shape *shape, enum value_type type, size_t header, size_t *length,
    const char *path, struct error *error)
{
    shape->samples = shape->dimension[0];
    shape->width = 1;
    for (int d = 1; d < shape->n_dimensions; d++)
        if (__builtin_mul_overflow(shape->width, shape->dimension[d], &shape->width) ||
            shape->width > INT32_MAX)
            return fail(error, STATUS_BAD_DATA,
                "%s: its header declares more than 2,147,483,647 numbers per sample", path);
    if (shape->samples == 0 || shape->width == 0)
        return fail(error, STATUS_BAD_DATA, "%s contains no %s: a dimension in its header is 0",
            path, shape->samples == 0 ? "samples" : "features");
    if (__builtin_mul_overflow(shape->samples, shape->width, length) ||
        __builtin_mul_overflow(*length, value_size(type), length) ||
        __builtin_add_overflow(*length, header, length))
        return fail(error, STATUS_BAD_DATA,
            "%s: its header declares more data than any machine can address", path);
    return STATUS_OK;
}

enum { VALUES_A_BEAT = 1 << 22 };

enum status check_finite(const char *path, const void *values, enum value_type type,
    int64_t samples, int64_t width, const char *what, struct error *error)
{
    if (!value_is_float(type))
        return STATUS_OK;
    for (int64_t i = 0; i < samples * width; i++) {
        if (i % VALUES_A_BEAT == 0)
            heartbeat_beat();
        float value = value_as_float(values, type, i);
        if (!isfinite(value))
            return fail(error, STATUS_BAD_DATA,
                "%s: %s %lld of sample %lld (both from 0) is %f as float32; every number must be "
                "finite",
                path, what, (long long)(i % width), (long long)(i / width), (double)value);
    }
    return STATUS_OK;
}

/* More classes than this are accepted only if there are at least as many samples as classes. */
enum { CLASSES_UNASKED = 1000 };

enum status check_classes(struct dataset *dataset, const char *path, struct error *error)
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

enum status classes_from_values(struct dataset *dataset, const char *path, const void *values,
    enum value_type type, struct error *error)
{
    TRY(memory_take(
        &dataset->labels, (size_t)dataset->samples, sizeof *dataset->labels, path, error));
    for (int64_t i = 0; i < dataset->samples; i++) {
        double value = value_as_double(values, type, i);
        if (!(fabs(value) <= INT32_MAX) || value != floor(value))
            return fail(error, STATUS_BAD_DATA,
                "%s: the label of sample %lld (from 0) is %.17g; class labels are whole numbers 0, "
                "1, 2, ...",
                path, (long long)i, value);
        dataset->labels[i] = (int32_t)value;
    }
    return check_classes(dataset, path, error);
}
