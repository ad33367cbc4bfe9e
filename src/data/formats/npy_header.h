/* npy_header.h: parses the header of an NPY file. For the format, see npy.h.
 *
 * Allocates no memory and trusts nothing in the header: every size is checked for overflow and
 * against the number of bytes present. Threads: any.
 */
#ifndef DATA_FORMATS_NPY_HEADER_H
#define DATA_FORMATS_NPY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "data/check.h"

struct npy_header {
    enum value_type type;
    struct shape shape;
    size_t start; /* offset of the data, which fills the rest of the file exactly */
};

/* True if the bytes begin like an NPY file. */
bool npy_begins(const char *bytes, size_t size);

/* Reads the header of a file of `size` bytes. STATUS_BAD_DATA: not an NPY file, an unsupported type
 * or order (the message says how to convert it in numpy), or a header that disagrees with the
 * length. */
enum status npy_header_read(struct npy_header *header, const char *path, const char *bytes,
    size_t size, struct error *error);

#endif
