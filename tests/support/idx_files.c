#include "support/idx_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void must(int good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

size_t idx_files_compose(unsigned char out[IDX_FILES_BYTES], int type, int n_dimensions,
    const uint32_t *dimension, const void *data, size_t size)
{
    unsigned char *at = out;
    must(4 + 4 * (size_t)n_dimensions + size <= IDX_FILES_BYTES, "IDX_FILES_BYTES");
    *at++ = 0;
    *at++ = 0;
    *at++ = (unsigned char)type;
    *at++ = (unsigned char)n_dimensions;
    for (int d = 0; d < n_dimensions; d++)
        for (int shift = 24; shift >= 0; shift -= 8)
            *at++ = (unsigned char)(dimension[d] >> shift);
    if (size > 0)
        memcpy(at, data, size);
    return (size_t)(at - out) + size;
}

void idx_files_write_raw(
    char path[IDX_FILES_PATH], const char *name, const void *bytes, size_t size)
{
    must(snprintf(path, IDX_FILES_PATH, "%s", name) < IDX_FILES_PATH, name);
    FILE *file = fopen(path, "wb");
    must(file != NULL, path);
    must(fwrite(bytes, 1, size, file) == size, path);
    must(fclose(file) == 0, path);
}

void idx_files_write(char path[IDX_FILES_PATH], const char *name, const void *bytes, size_t size)
{
    size_t length = strlen(name);
    if (length < 3 || strcmp(name + length - 3, ".gz") != 0) {
        idx_files_write_raw(path, name, bytes, size);
        return;
    }
    must(snprintf(path, IDX_FILES_PATH, "%s", name) < IDX_FILES_PATH, name);
    gzFile file = gzopen(path, "wb");
    must(file != NULL, path);
    must(gzwrite(file, bytes, (unsigned)size) == (int)size, path);
    must(gzclose(file) == Z_OK, path);
}

size_t idx_files_read_raw(const char *path, unsigned char out[IDX_FILES_BYTES])
{
    FILE *file = fopen(path, "rb");
    must(file != NULL, path);
    size_t size = fread(out, 1, IDX_FILES_BYTES, file);
    must(feof(file) != 0, path);
    fclose(file);
    return size;
}

void idx_files_write_pair(
    const char *images, const char *labels, uint32_t samples, uint32_t features)
{
    unsigned char data[IDX_FILES_BYTES], file[IDX_FILES_BYTES];
    char path[IDX_FILES_PATH];
    uint32_t dimension[] = {samples, features};
    must(samples * features <= sizeof data, "IDX_FILES_BYTES");

    for (uint32_t i = 0; i < samples; i++)
        for (uint32_t f = 0; f < features; f++)
            data[i * features + f] = (unsigned char)(i + f);
    idx_files_write(
        path, images, file, idx_files_compose(file, 0x08, 2, dimension, data, samples * features));

    for (uint32_t i = 0; i < samples; i++)
        data[i] = (unsigned char)(i % 3);
    idx_files_write(path, labels, file, idx_files_compose(file, 0x08, 1, dimension, data, samples));
}
