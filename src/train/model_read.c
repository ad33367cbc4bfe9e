#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/split.h"
#include "train/model_layout.h"

/* A file in memory. */
struct source {
    const char *path;
    char *bytes;
    struct json *header;
    const char *data; /* in bytes */
    size_t data_bytes;
    const char *wants; /* who wants these tensors: for messages */
};

static void describe_shape(const struct json *shape, char out[128])
{
    size_t used = (size_t)snprintf(out, 128, "[");
    for (size_t i = 0; i < js_size(shape) && used < 100; i++) {
        int64_t n = -1;
        js_as_int(js_item(shape, i), &n);
        used += (size_t)snprintf(out + used, 128 - used, i ? ", %" PRId64 : "%" PRId64, n);
    }
    snprintf(out + used, 128 - used, "]");
}

static bool same_shape(const struct tensor *tensor, const struct json *shape)
{
    if (js_size(shape) != (size_t)tensor->dimensions)
        return false;
    for (int d = 0; d < tensor->dimensions; d++) {
        int64_t n;
        if (!js_as_int(js_item(shape, (size_t)d), &n) || n != tensor->shape[d])
            return false;
    }
    return true;
}

/* "data_offsets": [first, end). */
static bool read_offsets(const struct json *offsets, struct range *bytes)
{
    return js_size(offsets) == 2 && js_as_int(js_item(offsets, 0), &bytes->first) &&
           js_as_int(js_item(offsets, 1), &bytes->end) && bytes->first >= 0 &&
           bytes->end >= bytes->first;
}

static enum status read_tensor(const struct source *source, const struct tensor *tensor,
    float *parameters, struct range *place, struct error *error)
{
    const struct json *entry = js_get(source->header, tensor->name);
    const struct json *shape = js_get(entry, "shape"), *offsets = js_get(entry, "data_offsets");
    const char *type = js_as_text(js_get(entry, "dtype"));
    char found[128];
    if (!entry)
        return fail(error, STATUS_BAD_DATA, "%s has no tensor %s, which %s needs", source->path,
            tensor->name, source->wants);
    if (!type || strcmp(type, "F32") != 0)
        return fail(error, STATUS_BAD_DATA, "%s: tensor %s has type %.16s; F32 is wanted",
            source->path, tensor->name, type ? type : "(none)");
    if (!same_shape(tensor, shape)) {
        describe_shape(shape, found);
        return fail(error, STATUS_BAD_DATA,
            tensor->dimensions == 2 ? "%s: tensor %s has shape %s; %s needs [%" PRId64 ", %" PRId64
                                      "]"
                                    : "%s: tensor %s has shape %s; %s needs [%" PRId64 "]",
            source->path, tensor->name, found, source->wants, tensor->shape[0], tensor->shape[1]);
    }
    struct range bytes;
    if (!read_offsets(offsets, &bytes) ||
        range_size(bytes) != tensor->floats * (int64_t)sizeof(float) ||
        (uint64_t)bytes.end > source->data_bytes)
        return fail(error, STATUS_BAD_DATA,
            "%s: the data of tensor %s do not lie within the file; it is cut short or damaged",
            source->path, tensor->name);
    memcpy(parameters + tensor->first, source->data + bytes.first, (size_t)range_size(bytes));
    *place = bytes;
    for (int64_t i = 0; i < tensor->floats; i++)
        if (!isfinite(parameters[tensor->first + i]))
            return fail(error, STATUS_BAD_DATA, "%s: tensor %s holds %g; weights must be finite",
                source->path, tensor->name, (double)parameters[tensor->first + i]);
    return STATUS_OK;
}

/* The data of all tensors must fill the file without holes; of the right total size, they do if no
 * two overlap. */
static enum status check_places(const struct source *source, const struct mlp *mlp,
    const struct range *place, struct error *error)
{
    for (int t = 0; t < 2 * mlp->layers; t++)
        for (int other = 0; other < t; other++)
            if (place[t].first < place[other].end && place[other].first < place[t].end)
                return fail(error, STATUS_BAD_DATA,
                    "%s: the data of tensors %s and %s overlap; the file is damaged", source->path,
                    model_tensor(mlp, other).name, model_tensor(mlp, t).name);
    size_t wanted = (size_t)mlp->parameters * sizeof(float);
    if (source->data_bytes != wanted)
        return fail(error, STATUS_BAD_DATA,
            "%s has %zu bytes of data, its tensors take %zu; the file is damaged", source->path,
            source->data_bytes, wanted);
    return STATUS_OK;
}

static enum status read_tensors(
    const struct source *source, const struct mlp *mlp, float *parameters, struct error *error)
{
    struct range place[2 * MLP_LAYERS_MAX];
    size_t wanted = 2 * (size_t)mlp->layers, found = js_size(source->header);
    found -= js_get(source->header, "__metadata__") != NULL;
    for (int t = 0; t < 2 * mlp->layers; t++) {
        struct tensor tensor = model_tensor(mlp, t);
        enum status status = read_tensor(source, &tensor, parameters, &place[t], error);
        if (status)
            return status;
    }
    if (found != wanted)
        return fail(error, STATUS_BAD_DATA, "%s has %zu tensors; %s has %zu", source->path, found,
            source->wants, wanted);
    return check_places(source, mlp, place, error);
}

/* --- the file ------------------------------------------------------------------------------ */

static enum status parse_header(struct source *source, size_t size, struct error *error)
{
    uint64_t length = 0;
    for (int i = 0; size >= MODEL_LENGTH_BYTES && i < MODEL_LENGTH_BYTES; i++)
        length |= (uint64_t)(unsigned char)source->bytes[i] << (8 * i);
    if (size < MODEL_LENGTH_BYTES || length > size - MODEL_LENGTH_BYTES ||
        length > MODEL_HEADER_LIMIT)
        return fail(error, STATUS_BAD_DATA,
            "%s is not a safetensors file, or cut short: %zu bytes, a header of %" PRIu64,
            source->path, size, length);
    source->data = source->bytes + MODEL_LENGTH_BYTES + length;
    source->data_bytes = size - MODEL_LENGTH_BYTES - (size_t)length;
    return js_parse(
        source->bytes + MODEL_LENGTH_BYTES, (size_t)length, source->path, &source->header, error);
}

static void source_close(struct source *source)
{
    js_destroy(source->header);
    free(source->bytes);
}

static enum status source_open(
    struct source *source, const char *path, const char *wants, struct error *error)
{
    size_t size = 0;
    *source = (struct source){.path = path, .wants = wants};
    enum status status = file_read_whole(path, (size_t)1 << 40, &source->bytes, &size, error);
    if (!status)
        status = parse_header(source, size, error);
    if (status)
        source_close(source);
    return status;
}

/* The same network with dropout modules where the file's names count some: it may have been trained
 * otherwise. */
static struct mlp as_named(const struct source *source, const struct mlp *mlp)
{
    for (int dropouts = 0; dropouts < 4; dropouts++) {
        struct mlp other = *mlp;
        other.dropout_input = dropouts & 1 ? 0.5F : 0;
        other.dropout_hidden = dropouts & 2 ? 0.5F : 0;
        struct tensor first = model_tensor(&other, 0);
        struct tensor last = model_tensor(&other, 2 * mlp->layers - 2);
        if (js_get(source->header, first.name) && js_get(source->header, last.name))
            return other;
    }
    return *mlp;
}

enum status model_read_parameters(
    const char *path, const struct mlp *mlp, float *parameters, struct error *error)
{
    struct source source;
    enum status status = source_open(&source, path, "the network of --hidden and --data", error);
    if (status)
        return status;
    struct mlp named = as_named(&source, mlp);
    status = read_tensors(&source, &named, parameters, error);
    source_close(&source);
    return status;
}

/* Before memory is taken for what metadata claim. */
static enum status check_size(
    const struct source *source, const struct mlp *mlp, struct error *error)
{
    if (source->data_bytes / sizeof(float) == (size_t)mlp->parameters &&
        source->data_bytes % sizeof(float) == 0)
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s: its metadata speak of %" PRId64 " weights, %" PRId64
        " bytes, but it holds %zu; the file is damaged or cut short",
        source->path, mlp->parameters, mlp->parameters * (int64_t)sizeof(float),
        source->data_bytes);
}

enum status model_read(const char *path, struct model *model, struct error *error)
{
    struct source source;
    *model = (struct model){.parameters = NULL};
    enum status status =
        source_open(&source, path, "the network that its metadata speak of", error);
    if (status)
        return status;
    const struct json *metadata = js_get(source.header, "__metadata__");
    status = model_mlp_of(path, metadata, &model->mlp, error);
    if (!status)
        status = check_size(&source, &model->mlp, error);
    if (!status)
        status = model_rest_of(path, metadata, model, error);
    if (!status)
        status = memory_take(&model->parameters, (size_t)model->mlp.parameters, sizeof(float),
            "the weights of a model", error);
    if (!status)
        status = read_tensors(&source, &model->mlp, model->parameters, error);
    source_close(&source);
    if (status)
        model_clear(model);
    return status;
}
