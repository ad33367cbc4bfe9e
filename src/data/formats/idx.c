#include "data/formats/idx.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/check.h"
#include "data/formats/idx_file.h"

/* Reads all numbers into a block of their own, which the caller frees, also after a failure. */
static enum status load(
    struct idx_file *file, enum value_type as, void *values_out, struct error *error)
{
    void *values;
    TRY(memory_take(&values, (size_t)file->shape.samples,
        (size_t)file->shape.width * value_size(as), file->path, error));
    memcpy(values_out, &values, sizeof values);
    return idx_load(file, as, values, error);
}

static enum status read_values(struct idx_file *file, struct dataset *dataset, struct error *error)
{
    const struct shape *shape = &file->shape;
    dataset->samples = shape->samples;
    dataset->features = shape->width;
    dataset->type = file->type == VALUE_U8 ? VALUE_U8 : VALUE_F32;
    TRY(load(file, dataset->type, &dataset->values, error));
    return check_finite(
        file->path, dataset->values, dataset->type, shape->samples, shape->width, "feature", error);
}

static enum status read_targets(struct idx_file *file, struct dataset *dataset, struct error *error)
{
    dataset->outputs = file->shape.width;
    TRY(load(file, VALUE_F32, &dataset->targets, error));
    return check_finite(file->path, dataset->targets, VALUE_F32, file->shape.samples,
        file->shape.width, "target", error);
}

static enum status read_classes(struct idx_file *file, struct dataset *dataset, struct error *error)
{
    if (!value_is_float(file->type)) {
        TRY(load(file, VALUE_I32, &dataset->labels, error));
        return check_classes(dataset, file->path, error);
    }
    float *values = NULL;
    enum status status = load(file, VALUE_F32, &values, error);
    if (!status)
        status = classes_from_values(dataset, file->path, values, VALUE_F32, error);
    free(values);
    return status;
}

/* Asks for the memory of both files' numbers; classes are at least two. */
static enum status ask_for_room(const struct room *room, const struct idx_file *images,
    const struct idx_file *labels, bool values, struct error *error)
{
    struct dataset set = {.samples = images->shape.samples,
        .features = images->shape.width,
        .type = images->type == VALUE_U8 ? VALUE_U8 : VALUE_F32,
        .classes = labels && !values ? 2 : 0,
        .outputs = labels && values ? labels->shape.width : 0};
    snprintf(set.name, sizeof set.name, "%s", images->path);
    return room_for_set(room, &set, 0, error);
}

static enum status read_labels(const struct idx_file *images, const char *path, enum task task,
    const struct room *room, struct dataset *dataset, struct error *error)
{
    struct idx_file file;
    enum status status = idx_open(&file, path, error);
    if (status)
        return status;
    bool values = task == TASK_VALUES || (task == TASK_AUTO && value_is_float(file.type));
    int most = values ? 2 : 1;
    dataset->samples = file.shape.samples;
    if (file.shape.n_dimensions > most)
        status = fail(error, STATUS_BAD_DATA, "%s has %d dimensions; %s at most %d", path,
            file.shape.n_dimensions, values ? "regression targets have" : "class labels have",
            most);
    else if (images->shape.samples != file.shape.samples)
        status = fail(error, STATUS_BAD_DATA,
            "%s has %lld samples, but %s has %lld labels; each sample needs one", images->path,
            (long long)images->shape.samples, path, (long long)file.shape.samples);
    else
        status = ask_for_room(room, images, &file, values, error);
    if (!status)
        status = values ? read_targets(&file, dataset, error) : read_classes(&file, dataset, error);
    idx_close(&file);
    return status;
}

enum status idx_read(const char *images, const char *labels, enum task task,
    const struct room *room, struct dataset *dataset, struct error *error)
{
    struct idx_file file;
    *dataset = (struct dataset){0};
    enum status status = idx_open(&file, images, error);
    if (!status && task != TASK_NONE)
        status = read_labels(&file, labels, task, room, dataset, error);
    else if (!status)
        status = ask_for_room(room, &file, NULL, false, error);
    if (!status)
        status = read_values(&file, dataset, error);
    snprintf(dataset->name, sizeof dataset->name, "%s", images);

    idx_close(&file);
    if (status)
        dataset_clear(dataset);
    return status;
}
