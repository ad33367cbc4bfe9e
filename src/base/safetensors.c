#include "base/safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

enum { LENGTH_BYTES = 8 };

static size_t bytes_of(const struct tensor *tensor)
{
    int64_t floats = tensor->shape[0] * (tensor->dimensions == 2 ? tensor->shape[1] : 1);
    return (size_t)floats * sizeof(float);
}

/* The header as text, padded; the caller frees it. NULL: no memory. */
static char *header_of(struct json *metadata, const struct tensor *tensor, int n)
{
    struct json *header = js_object();
    int64_t at = 0;
    if (metadata)
        js_set(header, "__metadata__", metadata);
    for (int i = 0; i < n; i++) {
        struct json *entry = js_object(), *shape = js_array(), *offsets = js_array();
        for (int d = 0; d < tensor[i].dimensions; d++)
            js_append_int(shape, tensor[i].shape[d]);
        js_append_int(offsets, at);
        at += (int64_t)bytes_of(&tensor[i]);
        js_append_int(offsets, at);
        js_set_text(entry, "dtype", "F32");
        js_set(entry, "shape", shape);
        js_set(entry, "data_offsets", offsets);
        js_set(header, tensor[i].name, entry);
    }
    char *text = js_text(header, false);
    js_destroy(header);
    size_t length = text ? strlen(text) : 0, padded = (length + 7) / 8 * 8;
    char *grown = text ? realloc(text, padded + 1) : NULL;
    if (!grown) {
        free(text);
        return NULL;
    }
    memset(grown + length, ' ', padded - length);
    grown[padded] = '\0';
    return grown;
}

enum status safetensors_write(const char *path, struct json *metadata, const struct tensor *tensor,
    int n, struct error *error)
{
    char *header = header_of(metadata, tensor, n), *file = NULL;
    if (!header)
        return fail(error, STATUS_NO_RESOURCE, "no memory to write %s", path);
    size_t length = strlen(header), size = LENGTH_BYTES + length;
    for (int i = 0; i < n; i++)
        size += bytes_of(&tensor[i]);
    enum status status = memory_take(&file, size, 1, path, error);
    if (!status) {
        char *at = file;
        for (int i = 0; i < LENGTH_BYTES; i++)
            *at++ = (char)((uint64_t)length >> (8 * i));
        memcpy(at, header, length);
        at += length;
        for (int i = 0; i < n; at += bytes_of(&tensor[i]), i++)
            memcpy(at, tensor[i].data, bytes_of(&tensor[i]));
        status = file_write_whole(path, file, size, error);
    }
    free(header);
    free(file);
    return status;
}

/* --- reading ------------------------------------------------------------------------------- */

static bool is_shape(const struct json *shape, const struct tensor *tensor)
{
    int64_t n;
    if (js_size(shape) != (size_t)tensor->dimensions)
        return false;
    for (int d = 0; d < tensor->dimensions; d++)
        if (!js_as_int(js_item(shape, (size_t)d), &n) || n != tensor->shape[d])
            return false;
    return true;
}

/* Of one entry, whose data must begin at *at; *at moves on to their end. */
static enum status check_entry(const char *path, const struct json *header,
    const struct tensor *tensor, int64_t *at, struct error *error)
{
    const struct json *entry = js_get(header, tensor->name);
    const struct json *offsets = js_get(entry, "data_offsets");
    const char *type = js_as_text(js_get(entry, "dtype"));
    int64_t first = -1, end = -1, wanted = *at + (int64_t)bytes_of(tensor);
    if (!entry)
        return fail(error, STATUS_BAD_DATA, "%s has no tensor %s", path, tensor->name);
    if (!type || strcmp(type, "F32") != 0 || !is_shape(js_get(entry, "shape"), tensor))
        return fail(error, STATUS_BAD_DATA, "%s: tensor %s is not float32 of the shape wanted",
            path, tensor->name);
    if (js_size(offsets) != 2 || !js_as_int(js_item(offsets, 0), &first) ||
        !js_as_int(js_item(offsets, 1), &end) || first != *at || end != wanted)
        return fail(error, STATUS_BAD_DATA,
            "%s: the data of tensor %s do not lie where they should", path, tensor->name);
    *at = end;
    return STATUS_OK;
}

static enum status check_header(const char *path, const char *bytes, size_t size,
    const struct tensor *tensor, int n, const char **data, struct error *error)
{
    struct json *header = NULL;
    uint64_t length = 0;
    int64_t at = 0;
    for (int i = 0; size >= LENGTH_BYTES && i < LENGTH_BYTES; i++)
        length |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    if (size < LENGTH_BYTES || length > size - LENGTH_BYTES)
        return fail(error, STATUS_BAD_DATA,
            "%s is no safetensors file, or cut short: %zu bytes, a header of %" PRIu64, path, size,
            length);
    enum status status = js_parse(bytes + LENGTH_BYTES, (size_t)length, path, &header, error);
    for (int i = 0; !status && i < n; i++)
        status = check_entry(path, header, &tensor[i], &at, error);
    size_t others = js_get(header, "__metadata__") != NULL;
    if (!status && js_size(header) != (size_t)n + others)
        status = fail(error, STATUS_BAD_DATA, "%s has %zu tensors; %d are wanted", path,
            js_size(header) - others, n);
    if (!status && size - LENGTH_BYTES - (size_t)length != (size_t)at)
        status = fail(error, STATUS_BAD_DATA, "%s has %zu bytes of data; its tensors take %lld",
            path, size - LENGTH_BYTES - (size_t)length, (long long)at);
    js_destroy(header);
    *data = bytes + LENGTH_BYTES + length;
    return status;
}

enum status safetensors_read(
    const char *path, const struct tensor *tensor, int n, struct error *error)
{
    char *bytes = NULL;
    const char *data = NULL;
    size_t size = 0;
    enum status status = file_read_whole(path, (size_t)1 << 40, &bytes, &size, error);
    if (!status)
        status = check_header(path, bytes, size, tensor, n, &data, error);
    for (int i = 0; !status && i < n; data += bytes_of(&tensor[i]), i++)
        memcpy(tensor[i].data, data, bytes_of(&tensor[i]));
    free(bytes);
    return status;
}
