#include "data/idx.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/memory.h"
#include "data/idx_file.h"

static enum status check_finite(
    const struct idx_file *file, const float *values, const char *what, struct error *error)
{
    int64_t n = file->samples * file->width;
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return fail(error, STATUS_BAD_DATA,
                "%s: %s %lld of sample %lld (both from 0) is %f as float32; every number must be "
                "finite",
                file->path, what, (long long)(i % file->width), (long long)(i / file->width),
                (double)values[i]);
    return STATUS_OK;
}

static enum status read_values(struct idx_file *file, struct dataset *dataset, struct error *error)
{
    bool bytes = file->type == IDX_U8;
    size_t size = bytes ? sizeof(uint8_t) : sizeof(float);
    dataset->samples = file->samples;
    dataset->features = file->width;
    dataset->type = bytes ? VALUE_U8 : VALUE_F32;

    enum status status = memory_take(
        &dataset->values, (size_t)file->samples, (size_t)file->width * size, file->path, error);
    if (!status && bytes)
        return idx_load_bytes(file, dataset->values, error);
    if (!status)
        status = idx_load_floats(file, dataset->values, error);
    return status ? status : check_finite(file, dataset->values, "feature", error);
}

static enum status read_targets(struct idx_file *file, struct dataset *dataset, struct error *error)
{
    dataset->outputs = file->width;
    enum status status = memory_take(&dataset->targets, (size_t)file->samples,
        (size_t)file->width * sizeof *dataset->targets, file->path, error);
    if (!status)
        status = idx_load_floats(file, dataset->targets, error);
    return status ? status : check_finite(file, dataset->targets, "target", error);
}

/* More classes than this are believed only if there are as many samples. */
enum { CLASSES_UNASKED = 1000 };

static enum status read_labels(struct idx_file *file, struct dataset *dataset, struct error *error)
{
    enum status status = memory_take(
        &dataset->labels, (size_t)file->samples, sizeof *dataset->labels, file->path, error);
    if (!status)
        status = idx_load_ints(file, dataset->labels, error);
    if (status)
        return status;

    int64_t largest = 0; /* the sample with the largest label */
    dataset->classes = 2;
    for (int64_t i = 0; i < file->samples; i++) {
        int32_t label = dataset->labels[i];
        if (label < 0)
            return fail(error, STATUS_BAD_DATA,
                "%s: the label of sample %lld (from 0) is %d; classes are numbered from 0",
                file->path, (long long)i, label);
        if (label >= dataset->classes)
            dataset->classes = (int64_t)label + 1;
        if (label > dataset->labels[largest])
            largest = i;
    }
    if (dataset->classes > CLASSES_UNASKED && dataset->classes > file->samples)
        return fail(error, STATUS_BAD_DATA,
            "%s: the label of sample %lld (from 0) is %d, which makes %lld classes of %lld "
            "samples; "
            "labels are class numbers 0, 1, 2, ... without gaps",
            file->path, (long long)largest, dataset->labels[largest], (long long)dataset->classes,
            (long long)file->samples);
    return STATUS_OK;
}

static enum status check_pair(
    const struct idx_file *images, const struct idx_file *labels, struct error *error)
{
    int most = idx_is_float(labels) ? 2 : 1;
    if (labels->n_dimensions > most)
        return fail(error, STATUS_BAD_DATA, "%s has %d dimensions; %s at most %d", labels->path,
            labels->n_dimensions,
            idx_is_float(labels) ? "regression targets have" : "class labels have", most);
    if (images->samples != labels->samples)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld samples, but %s has %lld labels; each sample needs one", images->path,
            (long long)images->samples, labels->path, (long long)labels->samples);
    return STATUS_OK;
}

enum status idx_read(
    const char *images, const char *labels, struct dataset *dataset, struct error *error)
{
    struct idx_file image_file, label_file = {0};
    *dataset = (struct dataset){0};
    enum status status = idx_open(&image_file, images, error);
    if (!status)
        status = idx_open(&label_file, labels, error);
    if (!status)
        status = check_pair(&image_file, &label_file, error);
    if (!status)
        status = idx_is_float(&label_file) ? read_targets(&label_file, dataset, error)
                                           : read_labels(&label_file, dataset, error);
    if (!status)
        status = read_values(&image_file, dataset, error);
    snprintf(dataset->name, sizeof dataset->name, "%s", images);

    idx_close(&image_file);
    idx_close(&label_file);
    if (status)
        dataset_clear(dataset);
    return status;
}
