/* idx_file.h: an open IDX file: checks its header, reads its numbers. The format: idx.h.
 *
 * Errors: STATUS_NO_INPUT, STATUS_BAD_DATA (file, what was found, what was expected), STATUS_IO,
 * STATUS_NO_RESOURCE. Threads: any, each with its own file.
 */
#ifndef DATA_FORMATS_IDX_FILE_H
#define DATA_FORMATS_IDX_FILE_H

#include "data/check.h"

struct idx_file {
    const char *path; /* borrowed */
    struct gzFile_s *stream;
    enum value_type type;
    struct shape shape; /* of at most 8 dimensions */
};

/* Reads the header and checks it against the file's length; allocates no memory for the data. On
 * failure nothing is left open. */
enum status idx_open(struct idx_file *file, const char *path, struct error *error);
void idx_close(struct idx_file *file); /* takes a zeroed struct */

/* Reads all samples x width numbers, row-major, into the caller's memory, and checks that the file
 * then ends: as VALUE_U8 from a file of that type, as VALUE_I32 from one of integers, as VALUE_F32
 * from any. Called once per file. */
enum status idx_load(struct idx_file *file, enum value_type as, void *out, struct error *error);

#endif
