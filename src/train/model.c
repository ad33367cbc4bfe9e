#include "train/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/split.h"
#include "commit.h"

enum { LENGTH_BYTES = 8, HEADER_LIMIT = 100 << 20 };

/* Tensor 2 l is layer l's weight, tensor 2 l + 1 its bias. */
struct tensor {
    char name[32];
    int64_t shape[2];
    int dimensions;
    int64_t first, floats; /* in the block of parameters */
};

static struct tensor tensor_of(const struct mlp *mlp, int t)
{
    int l = t / 2;
    struct tensor tensor = {.shape = {mlp->width[l + 1], mlp->width[l]}};
    bool bias = t % 2 != 0;
    snprintf(tensor.name, sizeof tensor.name, "%d.%s", 2 * l, bias ? "bias" : "weight");
    tensor.dimensions = bias ? 1 : 2;
    tensor.first = bias ? mlp->bias_at[l] : mlp->weight_at[l];
    tensor.floats = bias ? tensor.shape[0] : tensor.shape[0] * tensor.shape[1];
    return tensor;
}

void model_python(const struct mlp *mlp, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "nn.Sequential(");
    for (int l = 0; l < mlp->layers && used < size; l++)
        used += (size_t)snprintf(out + used, size - used, "%snn.Linear(%" PRId64 ", %" PRId64 ")",
            l ? ", nn.ReLU(), " : "", mlp->width[l], mlp->width[l + 1]);
    if (used < size)
        snprintf(out + used, size - used, ")");
}

/* --- writing ------------------------------------------------------------------------------- */

static char *json_of_floats(const float *x, int64_t n)
{
    struct json *array = js_array();
    bool equal = true;
    for (int64_t i = 1; i < n; i++)
        equal &= x[i] == x[0];
    for (int64_t i = 0; i < (equal ? 1 : n); i++)
        js_append_real(array, (double)x[i]);
    char *text = js_text(array, false);
    js_destroy(array);
    return text;
}

static struct json *metadata_of(
    const struct mlp *mlp, enum loss_kind loss, const struct scale *scale)
{
    struct json *metadata = js_object();
    char text[4096], widths[1024] = "", classes[32];
    size_t used = 0;
    for (int l = 0; l <= mlp->layers && used < sizeof widths; l++)
        used += (size_t)snprintf(
            widths + used, sizeof widths - used, l ? ",%" PRId64 : "%" PRId64, mlp->width[l]);
    bool classifies = loss == LOSS_CROSS_ENTROPY;
    snprintf(classes, sizeof classes, "%" PRId64, classifies ? mlp->width[mlp->layers] : 0);
    model_python(mlp, text, sizeof text);
    char *shift = json_of_floats(scale->shift, scale->features);
    char *factor = json_of_floats(scale->factor, scale->features);
    js_set_text(metadata, "format", "pt");
    js_set_text(metadata, "lockstep", LOCKSTEP_VERSION);
    js_set_text(metadata, "module", text);
    js_set_text(metadata, "widths", widths);
    js_set_text(metadata, "activation", "relu");
    js_set_text(metadata, "loss", loss_name(loss));
    js_set_text(metadata, "classes", classes);
    js_set_text(metadata, "input_shift", shift);
    js_set_text(metadata, "input_factor", factor);
    free(shift);
    free(factor);
    return metadata;
}

static struct json *entry_of(const struct tensor *tensor)
{
    struct json *entry = js_object(), *shape = js_array(), *offsets = js_array();
    for (int d = 0; d < tensor->dimensions; d++)
        js_append_int(shape, tensor->shape[d]);
    js_append_int(offsets, tensor->first * (int64_t)sizeof(float));
    js_append_int(offsets, (tensor->first + tensor->floats) * (int64_t)sizeof(float));
    js_set_text(entry, "dtype", "F32");
    js_set(entry, "shape", shape);
    js_set(entry, "data_offsets", offsets);
    return entry;
}

static void put_length(char *out, uint64_t length)
{
    for (int i = 0; i < LENGTH_BYTES; i++)
        out[i] = (char)(length >> (8 * i));
}

enum status model_write(const char *path, const struct mlp *mlp, enum loss_kind loss,
    const struct scale *scale, const float *parameters, struct error *error)
{
    struct json *header = js_object();
    js_set(header, "__metadata__", metadata_of(mlp, loss, scale));
    for (int t = 0; t < 2 * mlp->layers; t++) {
        struct tensor tensor = tensor_of(mlp, t);
        js_set(header, tensor.name, entry_of(&tensor));
    }
    char *text = js_text(header, false), *file = NULL;
    js_destroy(header);
    if (!text)
        return fail(error, STATUS_NO_RESOURCE, "no memory to write %s", path);

    size_t length = (strlen(text) + 7) / 8 * 8, data = (size_t)mlp->parameters * sizeof(float);
    enum status status = memory_take(&file, LENGTH_BYTES + length + data, 1, path, error);
    if (!status) {
        put_length(file, length);
        memset(file + LENGTH_BYTES, ' ', length);
        memcpy(file + LENGTH_BYTES, text, strlen(text));
        memcpy(file + LENGTH_BYTES + length, parameters, data);
        status = file_write_whole(path, file, LENGTH_BYTES + length + data, error);
    }
    free(text);
    free(file);
    return status;
}

/* --- reading ------------------------------------------------------------------------------- */

struct source {
    const char *path;
    const struct json *header;
    const char *data;
    size_t data_bytes;
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
        return fail(error, STATUS_BAD_DATA, "%s has no tensor %s, which this network needs",
            source->path, tensor->name);
    if (!type || strcmp(type, "F32") != 0)
        return fail(error, STATUS_BAD_DATA, "%s: tensor %s has type %.16s; F32 is wanted",
            source->path, tensor->name, type ? type : "(none)");
    if (!same_shape(tensor, shape)) {
        describe_shape(shape, found);
        return fail(error, STATUS_BAD_DATA,
            tensor->dimensions == 2 ? "%s: tensor %s has shape %s; this network needs [%" PRId64
                                      ", %" PRId64 "]: see --hidden and --data"
                                    : "%s: tensor %s has shape %s; this network needs [%" PRId64
                                      "]",
            source->path, tensor->name, found, tensor->shape[0], tensor->shape[1]);
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
                    tensor_of(mlp, other).name, tensor_of(mlp, t).name);
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
        struct tensor tensor = tensor_of(mlp, t);
        enum status status = read_tensor(source, &tensor, parameters, &place[t], error);
        if (status)
            return status;
    }
    if (found != wanted)
        return fail(error, STATUS_BAD_DATA, "%s has %zu tensors; this network has %zu",
            source->path, found, wanted);
    return check_places(source, mlp, place, error);
}

static enum status parse_header(const char *path, const char *bytes, size_t size, uint64_t *length,
    struct json **header, struct error *error)
{
    *length = 0;
    for (int i = 0; size >= LENGTH_BYTES && i < LENGTH_BYTES; i++)
        *length |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    if (size < LENGTH_BYTES || *length > size - LENGTH_BYTES || *length > HEADER_LIMIT)
        return fail(error, STATUS_BAD_DATA,
            "%s is not a safetensors file, or cut short: %zu bytes, a header of %" PRIu64, path,
            size, *length);
    return js_parse(bytes + LENGTH_BYTES, (size_t)*length, path, header, error);
}

enum status model_read_parameters(
    const char *path, const struct mlp *mlp, float *parameters, struct error *error)
{
    char *bytes = NULL;
    struct json *header = NULL;
    size_t size = 0;
    uint64_t length;
    enum status status = file_read_whole(path, (size_t)1 << 40, &bytes, &size, error);
    if (!status)
        status = parse_header(path, bytes, size, &length, &header, error);
    if (!status) {
        const char *data = bytes + LENGTH_BYTES + length;
        struct source source = {path, header, data, size - LENGTH_BYTES - (size_t)length};
        status = read_tensors(&source, mlp, parameters, error);
    }
    js_destroy(header);
    free(bytes);
    return status;
}
