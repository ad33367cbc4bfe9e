/* idx_files.h: IDX files to test with, right and wrong ones, in the working directory.
 *
 * A test program that cannot make them aborts. Threads: no.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { IDX_FILES_PATH = 512, IDX_FILES_BYTES = 4096 };

/* The bytes of an IDX file: a header and `size` bytes of data, already big-endian, into `out`.
 * Returns how many. Nothing is checked, so that wrong files can be made. */
size_t idx_files_compose(unsigned char out[IDX_FILES_BYTES], int type, int n_dimensions,
    const uint32_t *dimension, const void *data, size_t size);

/* Writes the file `name`, gzipped if the name ends in .gz, and copies the name into `path`. */
void idx_files_write(char path[IDX_FILES_PATH], const char *name, const void *bytes, size_t size);

/* Writes the file `name` as it is, whatever its name ends in. */
void idx_files_write_raw(
    char path[IDX_FILES_PATH], const char *name, const void *bytes, size_t size);

/* A whole file of at most IDX_FILES_BYTES. Returns its size. */
size_t idx_files_read_raw(const char *path, unsigned char out[IDX_FILES_BYTES]);

/* A good pair, u8: image i has `features` bytes i, i+1, ... in one dimension; label i is i % 3. */
void idx_files_write_pair(
    const char *images, const char *labels, uint32_t samples, uint32_t features);
