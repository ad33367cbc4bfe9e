/* npy_header.h: the header of an NPY file, from its bytes. The format: npy.h.
 *
 * Takes no memory and believes nothing: every size is checked for overflow and against the bytes
 * that are there. Threads: any.
 */
#ifndef DATA_FORMATS_NPY_HEADER_H
#define DATA_FORMATS_NPY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/value.h"

enum { NPY_DIMENSIONS_MAX = 32 };

struct npy_header {
    enum value_type type;
    int n_dimensions; /* at least 1 */
    int64_t dimension[NPY_DIMENSIONS_MAX];
    int64_t samples; /* dimension[0] >= 1 */
    int64_t width;   /* numbers a sample: the product of the other dimensions, 1 ... 2^31 - 1 */
    size_t start;    /* of the data, which fill the rest of the file exactly */
};

/* Whether the bytes begin as an NPY file does. */
bool npy_begins(const char *bytes, size_t size);

/* Reads the header of a file of `size` bytes. STATUS_BAD_DATA: no NPY file, a type or an order that
 * is not read (saying how to change it in numpy), or a header and a length that disagree. */
enum status npy_header_read(struct npy_header *header, const char *path, const char *bytes,
    size_t size, struct error *error);

#endif
