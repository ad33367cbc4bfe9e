/* safetensors.h: reads and writes files of named float32 arrays.
 *
 *   8 bytes    length of the header, little-endian
 *   header     JSON, padded with spaces to a multiple of 8: for each tensor "dtype", "shape",
 *              "data_offsets" [first, end) in the data, and "__metadata__", strings by key
 *   data       little-endian; every byte belongs to exactly one tensor
 *
 * Arrays are written directly from memory and read directly into it, without a second copy.
 *
 * Source: https://github.com/huggingface/safetensors#format. Threads: any, on different files.
 */
#pragma once

#include <stdio.h>

#include "base/directory.h"
#include "base/json.h"

enum { TENSOR_NAME_MAX = 64 };

struct tensor {
    char name[TENSOR_NAME_MAX];
    int dimensions; /* 1 or 2 */
    int64_t shape[2];
    float *data; /* row-major; owned by the caller */
};

int64_t tensor_floats(const struct tensor *tensor);

/* Writes a file in a directory, completely or not at all, with the data in the order of the
 * tensors. Takes ownership of `metadata`; NULL: none. STATUS_CANNOT_CREATE, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status safetensors_write(const struct directory *directory, const char *name,
    struct json *metadata, const struct tensor *tensor, int n, struct error *error);

/* The same into an output that is open (base/output.h). STATUS_IO, STATUS_NO_RESOURCE. */
struct output;
enum status safetensors_write_to(struct output *output, struct json *metadata,
    const struct tensor *tensor, int n, struct error *error);

/* An open file whose header is parsed but not yet checked. */
struct safetensors {
    const char *path; /* owned by the caller */
    FILE *stream;
    struct json *header;
    size_t header_bytes, data_bytes;
};

/* Opens a file and parses its header. STATUS_NO_INPUT, STATUS_BAD_DATA (not in this format, or cut
 * short), STATUS_IO, STATUS_NO_RESOURCE; on failure there is nothing to close. */
enum status safetensors_open(struct safetensors *file, const char *path, struct error *error);

/* The same from a stream of `size` bytes, which safetensors_close() closes, also on failure. `name` is
 * used in messages. */
enum status safetensors_open_stream(
    struct safetensors *file, FILE *stream, size_t size, const char *name, struct error *error);
void safetensors_close(struct safetensors *file);

/* Reads the data of the tensors, after checking that the file has these tensors and no others, with
 * these shapes, in any order, and that their data fills it without overlaps or gaps. `reader` is
 * the name, for messages, of the object that needs the tensors. STATUS_BAD_DATA (which tensor, what
 * was found and required), STATUS_IO, STATUS_NO_RESOURCE. */
enum status safetensors_read(const struct safetensors *file, const struct tensor *tensor, int n,
    const char *reader, struct error *error);
