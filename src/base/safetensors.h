/* safetensors.h: named arrays of float32 in a file.
 *
 *   8 bytes    length of the header, little-endian
 *   header     JSON, padded with spaces to a multiple of 8: for each tensor "dtype", "shape",
 *              "data_offsets" [first, end) in the data, and "__metadata__", text by name
 *   data       little-endian, in the order of the tensors, without holes
 *
 * Source: https://github.com/huggingface/safetensors#format. Threads: any, on different files.
 */
#ifndef BASE_SAFETENSORS_H
#define BASE_SAFETENSORS_H

#include "base/json.h"

enum { TENSOR_NAME_MAX = 64 };

struct tensor {
    char name[TENSOR_NAME_MAX];
    int dimensions; /* 1 or 2 */
    int64_t shape[2];
    float *data; /* row-major; the caller's */
};

/* Writes the file whole or not at all. `metadata` is taken; NULL: none. STATUS_CANNOT_CREATE,
 * STATUS_IO, STATUS_NO_RESOURCE. */
enum status safetensors_write(const char *path, struct json *metadata, const struct tensor *tensor,
    int n, struct error *error);

/* Fills the data of tensors as safetensors_write() wrote them: these, of these shapes, in this
 * order. STATUS_NO_INPUT, STATUS_BAD_DATA (which tensor), STATUS_IO, STATUS_NO_RESOURCE. */
enum status safetensors_read(
    const char *path, const struct tensor *tensor, int n, struct error *error);

#endif
