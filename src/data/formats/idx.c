#include "data/formats/idx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/array.h"
#include "data/gzip_file.h"

/* --- an open file -------------------------------------------------------------------------- */

struct idx_file {
    struct gzip_file packed;
    struct array array; /* at most 8 dimensions */
};

enum {
    IDX_DIMENSIONS_MAX = 8,
    BLOCK_BYTES = 1 << 16, /* decoded at a time, on the stack */
    DEFLATE_RATIO = 1032,  /* the largest compression ratio of deflate */
};

static enum status read_exactly(struct idx_file *file, void *out, size_t size, struct error *error)
{
    size_t got;
    TRY(gzip_file_read(&file->packed, out, size, &got, error));
    return got == size ? STATUS_OK
                       : fail(error, STATUS_BAD_DATA, "%s ends %zu bytes too early",
                             file->array.path, size - got);
}

/* Checks that the stream ends here. This also makes zlib verify the checksum, which follows the
 * last byte. */
static enum status read_end(struct idx_file *file, struct error *error)
{
    unsigned char extra;
    size_t got;
    TRY(gzip_file_read(&file->packed, &extra, 1, &got, error));
    return got == 0 ? STATUS_OK
                    : fail(error, STATUS_BAD_DATA,
                          "%s continues after the data that its header declares", file->array.path);
}

static bool find_type(unsigned char code, enum value_type *type)
{
    static const struct {
        unsigned char code;
        enum value_type type;
    } known[] = {{0x08, VALUE_U8}, {0x09, VALUE_I8}, {0x0b, VALUE_I16}, {0x0c, VALUE_I32},
        {0x0d, VALUE_F32}, {0x0e, VALUE_F64}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == code) {
            *type = known[i].type;
            return true;
        }
    return false;
}

/* Converts n big-endian numbers to this machine's byte order. */
static void to_native(unsigned char *number, size_t n, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; n > 0; n--, number += size)
        for (size_t i = 0, j = size - 1; i < j; i++, j--) {
            unsigned char byte = number[i];
            number[i] = number[j];
            number[j] = byte;
        }
#else
    (void)number, (void)n, (void)size;
#endif
}

/* Reads the header and checks the file's length. A plain file must have exactly the declared
 * length. The unpacked length of a gzipped one is known only at its end, but is limited by
 * deflate's largest compression ratio. */
static enum status read_header(
    struct idx_file *file, size_t length, bool gzipped, struct error *error)
{
    size_t wanted;
    unsigned char magic[4], size[4 * IDX_DIMENSIONS_MAX];
    struct array *array = &file->array;
    TRY(read_exactly(file, magic, sizeof magic, error));
    if (magic[0] || magic[1] || !find_type(magic[2], &file->array.type) || magic[3] < 1 ||
        magic[3] > IDX_DIMENSIONS_MAX)
        return fail(error, STATUS_BAD_DATA,
            "%s is not an IDX file: it begins %02x %02x %02x %02x; expected 00 00, a type (08, 09, "
            "0b, 0c, 0d or 0e) and a number of dimensions (01 to 08)",
            file->array.path, magic[0], magic[1], magic[2], magic[3]);
    size_t size_bytes = 4 * (size_t)magic[3];
    TRY(read_exactly(file, size, size_bytes, error));
    to_native(size, magic[3], 4);
    array->n_dimensions = magic[3];
    for (int d = 0; d < array->n_dimensions; d++)
        array->dimension[d] = (int64_t)value_as_double(size, VALUE_U32, d);
    TRY(array_measure(array, 4 + size_bytes, &wanted, error));
    if (gzipped && wanted / DEFLATE_RATIO > length)
        return fail(error, STATUS_BAD_DATA,
            "%s: its header declares %zu bytes, more than its %zu compressed bytes can hold",
            array->path, wanted, length);
    if (!gzipped && wanted != length)
        return fail(error, STATUS_BAD_DATA, "%s has %zu bytes, but its header declares %zu",
            array->path, length, wanted);
    return STATUS_OK;
}

/* Opens a file and checks its header against its length, without allocating memory for the data. On
 * failure nothing is left open. */
static enum status idx_open(struct idx_file *file, const char *path, struct error *error)
{
    *file = (struct idx_file){.array.path = path};
    TRY(gzip_file_open(&file->packed, path, error));
    enum status status = read_header(file, file->packed.length, file->packed.gzipped, error);
    if (status)
        gzip_file_close(&file->packed);
    return status;
}

/* Reads all numbers, row-major, into a new block, which the caller frees, even after a failure.
 * They keep their type, or become VALUE_F32. Checks that the file then ends. Called once per
 * file. */
static enum status idx_load(
    struct idx_file *file, enum value_type as, void *values_out, struct error *error)
{
    unsigned char block[BLOCK_BYTES];
    enum value_type type = file->array.type;
    size_t size = value_size(type), all = (size_t)file->array.samples * (size_t)file->array.width;
    void *values;
    TRY(memory_take(&values, all, value_size(as), file->array.path, error));
    memcpy(values_out, &values, sizeof values);
    if (as == type) {
        TRY(read_exactly(file, values, all * size, error));
        to_native(values, all, size);
        return read_end(file, error);
    }
    float *floats = values;
    for (size_t done = 0; done < all;) {
        size_t n = all - done < BLOCK_BYTES / size ? all - done : BLOCK_BYTES / size;
        TRY(read_exactly(file, block, n * size, error));
        to_native(block, n, size);
        for (size_t i = 0; i < n; i++)
            floats[done++] = value_as_float(block, type, (int64_t)i);
    }
    return read_end(file, error);
}

/* --- datasets ------------------------------------------------------------------------------ */

/* The stored numbers are freed before the inputs are read, so they do not raise the peak memory. */
static enum status read_labels(struct dataset *dataset, const char *path, enum task task,
    const struct room *room, struct error *error)
{
    struct idx_file file;
    void *values = NULL;
    enum status status = idx_open(&file, path, error);
    if (status)
        return status;
    const struct array *array = &file.array;
    bool classes = task == TASK_CLASSES || (task == TASK_AUTO && !value_is_float(array->type));
    int most = classes ? 1 : 2;
    if (array->n_dimensions > most)
        status = fail(error, STATUS_BAD_DATA, "%s has %d dimensions; %s at most %d", path,
            array->n_dimensions, classes ? "class labels have" : "regression targets have", most);
    else
        status = labels_expect(dataset, array, classes, room, error);
    if (!status)
        status = idx_load(&file, array->type, &values, error);
    if (!status)
        status = labels_make(dataset, array, values, classes, error);
    free(values);
    gzip_file_close(&file.packed);
    return status;
}

enum status idx_read(const char *images, const char *labels, enum task task,
    const struct room *room, struct dataset *dataset, struct error *error)
{
    struct idx_file file;
    *dataset = (struct dataset){0};
    TRY(idx_open(&file, images, error));
    snprintf(dataset->name, sizeof dataset->name, "%s", images);
    dataset->samples = file.array.samples;
    dataset->features = file.array.width;
    dataset->type = file.array.type == VALUE_U8 ? VALUE_U8 : VALUE_F32;
    enum status status = task == TASK_NONE ? room_for_set(room, dataset, 0, error)
                                           : read_labels(dataset, labels, task, room, error);
    if (!status)
        status = idx_load(&file, dataset->type, &dataset->values, error);
    if (!status)
        status = array_check_finite(&file.array, dataset->values, dataset->type, "feature", error);
    gzip_file_close(&file.packed);
    if (status)
        dataset_clear(dataset);
    return status;
}
