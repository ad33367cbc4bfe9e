#include "base/safetensors.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/output.h"
#include "base/split.h"
#include "base/text.h"

enum { LENGTH_BYTES = 8, HEADER_LIMIT = 100 << 20 };

int64_t tensor_floats(const struct tensor *tensor)
{
    return tensor->shape[0] * (tensor->dimensions == 2 ? tensor->shape[1] : 1);
}

static size_t bytes_of(const struct tensor *tensor)
{
    return (size_t)tensor_floats(tensor) * sizeof(float);
}

/* --- writing ------------------------------------------------------------------------------- */

/* Returns the header as text; the caller frees it. NULL: out of memory. */
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
    return text;
}

static enum status write_parts(struct output *output, const char *header,
    const struct tensor *tensor, int n, struct error *error)
{
    size_t length = strlen(header), padded = (length + 7) / 8 * 8;
    uint64_t stored = htole64(padded);
    TRY(output_write(output, &stored, LENGTH_BYTES, error));
    TRY(output_write(output, header, length, error));
    TRY(output_write(output, "       ", padded - length, error));
    for (int i = 0; i < n; i++)
        TRY(output_write(output, tensor[i].data, bytes_of(&tensor[i]), error));
    return STATUS_OK;
}

enum status safetensors_write_to(struct output *output, struct json *metadata,
    const struct tensor *tensor, int n, struct error *error)
{
    char *header = header_of(metadata, tensor, n);
    if (!header)
        return fail(error, STATUS_NO_RESOURCE, "no memory to write %s", output->name);
    enum status status = write_parts(output, header, tensor, n, error);
    free(header);
    return status;
}

enum status safetensors_write(const struct directory *directory, const char *name,
    struct json *metadata, const struct tensor *tensor, int n, struct error *error)
{
    struct output output;
    enum status status = output_open_in(&output, directory, name, error);
    if (status)
        js_destroy(metadata);
    return status ? status
                  : output_end(
                        &output, safetensors_write_to(&output, metadata, tensor, n, error), error);
}

/* --- reading: the header ------------------------------------------------------------------- */

static enum status read_bytes(
    const struct safetensors *file, int64_t at, void *bytes, size_t size, struct error *error)
{
    if (fseeko(file->stream, (off_t)at, SEEK_SET) == 0 &&
        fread(bytes, 1, size, file->stream) == size)
        return STATUS_OK;
    return fail(error, STATUS_IO, "cannot read %zu bytes of %s at byte %" PRId64 ": %s", size,
        file->path, at, feof(file->stream) ? "it has been truncated" : strerror(errno));
}

static enum status read_header(struct safetensors *file, size_t size, struct error *error)
{
    uint64_t length = 0;
    char *text = NULL;
    TRY(read_bytes(file, 0, &length, size < LENGTH_BYTES ? size : LENGTH_BYTES, error));
    length = le64toh(length);
    if (size < LENGTH_BYTES || length > size - LENGTH_BYTES || length > HEADER_LIMIT)
        return fail(error, STATUS_BAD_DATA,
            "%s is not a safetensors file, or is cut short: %zu bytes, with a header of %" PRIu64,
            file->path, size, length);
    file->header_bytes = LENGTH_BYTES + (size_t)length;
    file->data_bytes = size - file->header_bytes;
    TRY(memory_take(&text, (size_t)length, 1, file->path, error));
    enum status status = read_bytes(file, LENGTH_BYTES, text, (size_t)length, error);
    if (!status)
        status = js_parse(text, (size_t)length, file->path, &file->header, error);
    free(text);
    return status;
}

enum status safetensors_open_stream(
    struct safetensors *file, FILE *stream, size_t size, const char *name, struct error *error)
{
    *file = (struct safetensors){.path = name, .stream = stream};
    enum status status = read_header(file, size, error);
    if (status)
        safetensors_close(file);
    return status;
}

enum status safetensors_open(struct safetensors *file, const char *path, struct error *error)
{
    FILE *stream;
    uint64_t size;
    TRY(file_open_regular(path, &stream, &size, error));
    return safetensors_open_stream(file, stream, (size_t)size, path, error);
}

void safetensors_close(struct safetensors *file)
{
    js_destroy(file->header);
    fclose(file->stream);
}

/* --- reading: the tensors ------------------------------------------------------------------ */

/* Writes a shape as "[3, 4]" to `out`, truncated if it does not fit. */
static void describe_shape(const struct json *shape, char out[128])
{
    strcpy(out, "[");
    for (size_t i = 0; i < js_size(shape) && strlen(out) < 100; i++) {
        int64_t n = -1;
        js_as_int(js_item(shape, i), &n);
        text_append(out, 128, i ? ", %" PRId64 : "%" PRId64, n);
    }
    text_append(out, 128, "]");
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

static enum status check_kind(const struct safetensors *file, const struct json *entry,
    const struct tensor *tensor, const char *reader, struct error *error)
{
    const struct json *shape = js_get(entry, "shape");
    const char *type = js_as_text(js_get(entry, "dtype"));
    char found[128];
    if (!entry)
        return fail(error, STATUS_BAD_DATA, "%s has no tensor %s, which %s needs", file->path,
            tensor->name, reader);
    if (!type || strcmp(type, "F32") != 0)
        return fail(error, STATUS_BAD_DATA, "%s: tensor %s has type %.16s; F32 is required",
            file->path, tensor->name, type ? type : "(none)");
    if (same_shape(tensor, shape))
        return STATUS_OK;
    describe_shape(shape, found);
    return fail(error, STATUS_BAD_DATA,
        tensor->dimensions == 2 ? "%s: tensor %s has shape %s; %s needs [%" PRId64 ", %" PRId64 "]"
                                : "%s: tensor %s has shape %s; %s needs [%" PRId64 "]",
        file->path, tensor->name, found, reader, tensor->shape[0], tensor->shape[1]);
}

/* Finds where a tensor's data is: "data_offsets" [first, end). */
static enum status find_place(const struct safetensors *file, const struct json *entry,
    const struct tensor *tensor, struct range *place, struct error *error)
{
    const struct json *offsets = js_get(entry, "data_offsets");
    if (js_size(offsets) == 2 && js_as_int(js_item(offsets, 0), &place->first) &&
        js_as_int(js_item(offsets, 1), &place->end) && place->first >= 0 &&
        place->end >= place->first && (uint64_t)place->end <= file->data_bytes &&
        (size_t)range_size(*place) == bytes_of(tensor))
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s: the data of tensor %s is not within the file, which is cut short or damaged",
        file->path, tensor->name);
}

/* Checks the total size and that no two tensors overlap, so that the data fills the file without
 * gaps. */
static enum status check_places(const struct safetensors *file, const struct tensor *tensor, int n,
    const struct range *place, struct error *error)
{
    size_t wanted = 0;
    for (int t = 0; t < n; t++) {
        wanted += bytes_of(&tensor[t]);
        for (int other = 0; other < t; other++)
            if (place[t].first < place[other].end && place[other].first < place[t].end)
                return fail(error, STATUS_BAD_DATA,
                    "%s: the data of tensors %s and %s overlaps; the file is damaged", file->path,
                    tensor[other].name, tensor[t].name);
    }
    if (file->data_bytes != wanted)
        return fail(error, STATUS_BAD_DATA,
            "%s has %zu bytes of data, but its tensors take %zu; the file is damaged", file->path,
            file->data_bytes, wanted);
    return STATUS_OK;
}

static enum status check_tensors(const struct safetensors *file, const struct tensor *tensor, int n,
    const char *reader, struct range *place, struct error *error)
{
    size_t found = js_size(file->header) - (js_get(file->header, "__metadata__") != NULL);
    for (int t = 0; t < n; t++) {
        const struct json *entry = js_get(file->header, tensor[t].name);
        TRY(check_kind(file, entry, &tensor[t], reader, error));
        TRY(find_place(file, entry, &tensor[t], &place[t], error));
    }
    if (found != (size_t)n)
        return fail(
            error, STATUS_BAD_DATA, "%s has %zu tensors; %s has %d", file->path, found, reader, n);
    return check_places(file, tensor, n, place, error);
}

enum status safetensors_read(const struct safetensors *file, const struct tensor *tensor, int n,
    const char *reader, struct error *error)
{
    struct range *place = NULL;
    enum status status = memory_take(&place, (size_t)n, sizeof *place, file->path, error);
    if (!status)
        status = check_tensors(file, tensor, n, reader, place, error);
    for (int t = 0; !status && t < n; t++)
        status = read_bytes(file, (int64_t)file->header_bytes + place[t].first, tensor[t].data,
            bytes_of(&tensor[t]), error);
    free(place);
    return status;
}
