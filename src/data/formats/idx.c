#include "data/formats/idx.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/check.h"
#include "data/formats/idx_file.h"

/* Reads all numbers into a block of their own, which the caller frees, also after a failure. */
static enum status load_floats(struct idx_file *file, void *values_out, struct error *error)
{
    float *values;
    TRY(memory_take(
        &values, (size_t)file->samples, (size_t)file->width * sizeof *values, file->path, error));
    memcpy(values_out, &values, sizeof(values));
    return idx_load_floats(file, values, error);
}

static enum status read_values(struct idx_file *file, struct dataset *dataset, struct error *error)
{
    bool bytes = file->type == IDX_U8;
    dataset->samples = file->samples;
    dataset->features = file->width;
    dataset->type = bytes ? VALUE_U8 : VALUE_F32;
    if (!bytes) {
        TRY(load_floats(file, &dataset->values, error));
        return check_finite(
            file->path, dataset->values, VALUE_F32, file->samples, file->width, "feature", error);
    }
    TRY(memory_take(
        &dataset->values, (size_t)file->samples, (size_t)file->width, file->path, error));
    return idx_load_bytes(file, dataset->values, error);
}

static enum status read_targets(struct idx_file *file, struct dataset *dataset, struct error *error)
{
    dataset->outputs = file->width;
    TRY(load_floats(file, &dataset->targets, error));
    return check_finite(
        file->path, dataset->targets, VALUE_F32, file->samples, file->width, "target", error);
}

static enum status read_classes(struct idx_file *file, struct dataset *dataset, struct error *error)
{
    if (idx_is_float(file)) {
        float *values = NULL;
        enum status status = load_floats(file, &values, error);
        if (!status)
            status = classes_from_values(dataset, file->path, values, VALUE_F32, error);
        free(values);
        return status;
    }
    enum status status = memory_take(
        &dataset->labels, (size_t)file->samples, sizeof *dataset->labels, file->path, error);
    if (!status)
        status = idx_load_ints(file, dataset->labels, error);
    return status ? status : check_classes(dataset, file->path, error);
}

/* Asks for the memory of both files' numbers; classes are at least two. */
static enum status ask_for_room(const struct room *room, const struct idx_file *images,
    const struct idx_file *labels, bool values, struct error *error)
{
    struct dataset set = {.samples = images->samples,
        .features = images->width,
        .type = images->type == IDX_U8 ? VALUE_U8 : VALUE_F32,
        .classes = labels && !values ? 2 : 0,
        .outputs = labels && values ? labels->width : 0};
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
    bool values = task == TASK_VALUES || (task == TASK_AUTO && idx_is_float(&file));
    int most = values ? 2 : 1;
    dataset->samples = file.samples;
    if (file.n_dimensions > most)
        status = fail(error, STATUS_BAD_DATA, "%s has %d dimensions; %s at most %d", path,
            file.n_dimensions, values ? "regression targets have" : "class labels have", most);
    else if (images->samples != file.samples)
        status = fail(error, STATUS_BAD_DATA,
            "%s has %lld samples, but %s has %lld labels; each sample needs one", images->path,
            (long long)images->samples, path, (long long)file.samples);
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
