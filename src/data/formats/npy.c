#include "data/formats/npy.h"

#include <stdint.h>
#include <stdio.h>

#include "base/memory.h"
#include "data/check.h"
#include "data/formats/npy_header.h"

static enum status open_array(
    struct mapped_file *file, struct npy_header *header, const char *path, struct error *error)
{
    enum status status = mapped_file_open(file, path, error);
    if (!status)
        status = mapped_file_check(
            file, path, npy_header_read(header, path, file->bytes, file->size, error), error);
    if (status)
        mapped_file_close(file);
    return status;
}

static enum status map_inputs(const char *path, struct dataset *dataset, struct error *error)
{
    struct npy_header header;
    TRY(open_array(&dataset->file, &header, path, error));
    if (snprintf(dataset->path, sizeof dataset->path, "%s", path) >= (int)sizeof dataset->path)
        return fail(error, STATUS_USAGE, "path too long: %.60s...", path);
    dataset->samples = header.shape.samples;
    dataset->features = header.shape.width;
    dataset->type = header.type;
    dataset->values = (void *)(uintptr_t)(dataset->file.bytes + header.start);
    enum status status = check_finite(path, dataset->values, header.type, header.shape.samples,
        header.shape.width, "feature", error);
    return dataset_check(dataset, status, error);
}

static enum status make_targets(const char *path, const struct npy_header *header,
    const void *values, struct dataset *dataset, struct error *error)
{
    int64_t n = header->shape.samples * header->shape.width;
    dataset->outputs = header->shape.width;
    TRY(memory_take(&dataset->targets, (size_t)header->shape.samples,
        (size_t)header->shape.width * sizeof *dataset->targets, path, error));
    for (int64_t i = 0; i < n; i++)
        dataset->targets[i] = value_as_float(values, header->type, i);
    return check_finite(
        path, values, header->type, header->shape.samples, header->shape.width, "target", error);
}

/* Asks for the memory for the labels or targets; the inputs are mapped. */
static enum status ask_for_room(const struct room *room, const struct npy_header *header,
    bool classes, const struct dataset *dataset, struct error *error)
{
    struct dataset set = *dataset;
    set.classes = header && classes ? 2 : 0;
    set.outputs = header && !classes ? header->shape.width : 0;
    snprintf(set.name, sizeof set.name, "%.255s", dataset->path);
    return room_for_set(room, &set, 0, error);
}

static enum status make_labels(const char *path, const struct npy_header *header,
    const void *values, enum task task, const struct room *room, struct dataset *dataset,
    struct error *error)
{
    if (header->shape.n_dimensions > 2)
        return fail(error, STATUS_BAD_DATA,
            "%s has %d dimensions; labels have one, or two with several targets per sample", path,
            header->shape.n_dimensions);
    if (header->shape.samples != dataset->samples)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld samples, but %s has %lld labels; each sample needs one", dataset->path,
            (long long)dataset->samples, path, (long long)header->shape.samples);
    if (header->shape.width > 1 && task == TASK_CLASSES)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld numbers per sample; a class label is a single number (several are targets "
            "for --loss bce or mse)",
            path, (long long)header->shape.width);
    bool one_integer = header->shape.width == 1 && !value_is_float(header->type);
    bool classes = task == TASK_CLASSES || (task == TASK_AUTO && one_integer);
    TRY(ask_for_room(room, header, classes, dataset, error));
    if (classes)
        return classes_from_values(dataset, path, values, header->type, error);
    return make_targets(path, header, values, dataset, error);
}

static enum status read_labels(const char *path, enum task task, const struct room *room,
    struct dataset *dataset, struct error *error)
{
    struct npy_header header;
    struct mapped_file file;
    enum status status = open_array(&file, &header, path, error);
    if (!status)
        status = make_labels(path, &header, file.bytes + header.start, task, room, dataset, error);
    status = mapped_file_check(&file, path, status, error);
    mapped_file_close(&file);
    return status;
}

enum status npy_read(const char *inputs, const char *labels, enum task task,
    const struct room *room, struct dataset *dataset, struct error *error)
{
    *dataset = (struct dataset){0};
    enum status status = map_inputs(inputs, dataset, error);
    if (!status && task != TASK_NONE)
        status = read_labels(labels, task, room, dataset, error);
    else if (!status)
        status = ask_for_room(room, NULL, false, dataset, error);
    snprintf(dataset->name, sizeof dataset->name, "%s", inputs);
    if (status)
        dataset_clear(dataset);
    return status;
}
