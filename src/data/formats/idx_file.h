/* idx_file.h: an open IDX file: checks its header, reads its numbers. The format: idx.h.
 *
 * Errors: STATUS_NO_INPUT, STATUS_BAD_DATA (file, what was found, what was expected), STATUS_IO,
 * STATUS_NO_RESOURCE. Threads: any, each with its own file.
 */
#ifndef DATA_FORMATS_IDX_FILE_H
#define DATA_FORMATS_IDX_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum idx_type {
    IDX_U8 = 0x08,
    IDX_I8 = 0x09,
    IDX_I16 = 0x0b,
    IDX_I32 = 0x0c,
    IDX_F32 = 0x0d,
    IDX_F64 = 0x0e,
};

enum { IDX_DIMENSIONS_MAX = 8 };

struct idx_file {
    const char *path; /* borrowed */
    struct gzFile_s *stream;
    enum idx_type type;
    int n_dimensions;
    int64_t dimension[IDX_DIMENSIONS_MAX];
    int64_t samples; /* dimension[0] >= 1 */
    int64_t width;   /* numbers per sample: the product of the other dimensions, 1 ... 2^31 - 1 */
};

/* Reads the header and checks it against the file's length; allocates no memory for the data. On
 * failure nothing is left open. */
enum status idx_open(struct idx_file *file, const char *path, struct error *error);
void idx_close(struct idx_file *file); /* takes a zeroed struct */

bool idx_is_float(const struct idx_file *file);

/* Each reads all samples x width numbers, row-major, into the caller's memory, and checks that the
 * file then ends. One of them is called, once per file. */
enum status idx_load_bytes(struct idx_file *file, uint8_t *out, struct error *error); /* IDX_U8 */
enum status idx_load_ints(
    struct idx_file *file, int32_t *out, struct error *error); /* not floats */
enum status idx_load_floats(struct idx_file *file, float *out, struct error *error); /* any type */

#endif
