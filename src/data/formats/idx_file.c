#include "data/formats/idx_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/heartbeat.h"
#include "base/memory.h"

enum {
    STREAM_BUFFER = 1 << 20,
    BLOCK_BYTES = 1 << 16, /* decoded at a time, on the stack */
    READ_MOST = 1 << 24,   /* per heartbeat; gzread counts in int */
    DEFLATE_RATIO = 1032,  /* the largest ratio of a deflate stream */
};

/* Reports why fewer bytes arrived than were requested. */
static enum status stream_failure(struct idx_file *file, size_t missing, struct error *error)
{
    int code;
    gzerror(file->stream, &code);
    if (code == Z_ERRNO)
        return fail_errno(error, STATUS_IO, errno, "cannot read %s", file->path);
    if (code == Z_MEM_ERROR)
        return fail(error, STATUS_NO_RESOURCE, "no memory to unpack %s", file->path);
    if (code == Z_OK)
        return fail(error, STATUS_BAD_DATA, "%s ends %zu bytes too early", file->path, missing);
    return fail(error, STATUS_BAD_DATA, "%s is a %s gzip file; fetch or make it again", file->path,
        code == Z_BUF_ERROR ? "truncated" : "damaged");
}

static enum status read_exactly(struct idx_file *file, void *out, size_t size, struct error *error)
{
    unsigned char *at = out;
    while (size > 0) {
        int got = gzread(file->stream, at, size < READ_MOST ? (unsigned)size : READ_MOST);
        if (got <= 0)
            return stream_failure(file, size, error);
        heartbeat_beat();
        at += got;
        size -= (size_t)got;
    }
    return STATUS_OK;
}

/* Also makes zlib check the checksum, which follows the last byte. */
static enum status read_end(struct idx_file *file, struct error *error)
{
    unsigned char extra;
    int code;
    if (gzread(file->stream, &extra, 1) > 0)
        return fail(error, STATUS_BAD_DATA, "%s continues after the data that its header announces",
            file->path);
    gzerror(file->stream, &code);
    return code == Z_OK ? STATUS_OK : stream_failure(file, 0, error);
}

static size_t type_size(enum idx_type type)
{
    switch (type) {
    case IDX_U8:
    case IDX_I8:
        return 1;
    case IDX_I16:
        return 2;
    case IDX_I32:
    case IDX_F32:
        return 4;
    case IDX_F64:
        return 8;
    }
    return 0; /* no such type */
}

static inline uint64_t big_endian(const unsigned char *byte, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | byte[i];
    return value;
}

static enum status read_header(struct idx_file *file, struct error *error)
{
    unsigned char magic[4], size[4 * IDX_DIMENSIONS_MAX];
    TRY(read_exactly(file, magic, sizeof magic, error));
    file->type = magic[2];
    file->n_dimensions = magic[3];
    if (magic[0] || magic[1] || type_size(file->type) == 0 || magic[3] < 1 ||
        magic[3] > IDX_DIMENSIONS_MAX)
        return fail(error, STATUS_BAD_DATA,
            "%s is not an IDX file: it begins %02x %02x %02x %02x; expected 00 00, a type (08, 09, "
            "0b, 0c, 0d or 0e) and a number of dimensions (01 to 08)",
            file->path, magic[0], magic[1], magic[2], magic[3]);
    TRY(read_exactly(file, size, 4 * (size_t)file->n_dimensions, error));

    file->width = 1;
    for (size_t d = 0; d < (size_t)file->n_dimensions; d++) {
        file->dimension[d] = (int64_t)big_endian(size + 4 * d, 4);
        if (d > 0 && (__builtin_mul_overflow(file->width, file->dimension[d], &file->width) ||
                         file->width > INT32_MAX))
            return fail(error, STATUS_BAD_DATA,
                "%s: its header announces more than 2,147,483,647 numbers per sample", file->path);
    }
    file->samples = file->dimension[0];
    if (file->samples == 0 || file->width == 0)
        return fail(error, STATUS_BAD_DATA, "%s contains no %s: a dimension in its header is 0",
            file->path, file->samples == 0 ? "samples" : "features");
    return STATUS_OK;
}

/* A plain file must have exactly the announced length. The unpacked length of a gzipped one is
 * known only at its end, but it is limited by deflate's largest ratio. */
static enum status check_length(
    const struct idx_file *file, size_t length, bool gzipped, struct error *error)
{
    size_t wanted;
    if (!checked_product((size_t)file->samples, (size_t)file->width, &wanted) ||
        !checked_product(wanted, type_size(file->type), &wanted) ||
        !checked_sum(wanted, 4 + 4 * (size_t)file->n_dimensions, &wanted))
        return fail(error, STATUS_BAD_DATA,
            "%s: its header announces more data than any machine can address", file->path);
    if (gzipped && wanted / DEFLATE_RATIO > length)
        return fail(error, STATUS_BAD_DATA,
            "%s: its header announces %zu bytes, more than its %zu compressed bytes can hold",
            file->path, wanted, length);
    if (!gzipped && wanted != length)
        return fail(error, STATUS_BAD_DATA, "%s has %zu bytes, but its header announces %zu",
            file->path, length, wanted);
    return STATUS_OK;
}

static enum status open_stream(
    struct idx_file *file, size_t *length, bool *gzipped, struct error *error)
{
    int descriptor;
    uint64_t size;
    unsigned char start[2] = {0};
    TRY(file_open_descriptor(file->path, &descriptor, &size, error));
    *length = (size_t)size;
    *gzipped = pread(descriptor, start, 2, 0) == 2 && start[0] == 0x1f && start[1] == 0x8b;
    file->stream = gzdopen(descriptor, "rb");
    if (!file->stream) {
        close(descriptor);
        return fail(error, STATUS_NO_RESOURCE, "no memory to unpack %s", file->path);
    }
    gzbuffer(file->stream, STREAM_BUFFER);
    return STATUS_OK;
}

enum status idx_open(struct idx_file *file, const char *path, struct error *error)
{
    *file = (struct idx_file){.path = path};
    size_t length = 0;
    bool gzipped = false;
    enum status status = open_stream(file, &length, &gzipped, error);
    if (!status)
        status = read_header(file, error);
    if (!status)
        status = check_length(file, length, gzipped, error);
    if (status)
        idx_close(file);
    return status;
}

void idx_close(struct idx_file *file)
{
    if (file->stream)
        gzclose(file->stream);
    file->stream = NULL;
}

bool idx_is_float(const struct idx_file *file)
{
    return file->type == IDX_F32 || file->type == IDX_F64;
}

static inline double decode_f32(const unsigned char *byte)
{
    uint32_t bits = (uint32_t)big_endian(byte, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static inline double decode_f64(const unsigned char *byte)
{
    uint64_t bits = big_endian(byte, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Decodes one number; a double represents those of every type exactly. */
static inline double decode(enum idx_type type, const unsigned char *byte)
{
    switch (type) {
    case IDX_U8:
        return *byte;
    case IDX_I8:
        return (int8_t)*byte;
    case IDX_I16:
        return (int16_t)big_endian(byte, 2);
    case IDX_I32:
        return (int32_t)big_endian(byte, 4);
    case IDX_F32:
        return decode_f32(byte);
    case IDX_F64:
        return decode_f64(byte);
    }
    return 0; /* no such type */
}

/* Reads everything, block by block, into the one of the two arrays that is given. */
static enum status load(struct idx_file *file, float *floats, int32_t *ints, struct error *error)
{
    unsigned char block[BLOCK_BYTES];
    size_t size = type_size(file->type), left = (size_t)file->samples * (size_t)file->width;
    enum status status = STATUS_OK;
    while (left > 0 && !status) {
        size_t n = left < BLOCK_BYTES / size ? left : BLOCK_BYTES / size;
        status = read_exactly(file, block, n * size, error);
        for (size_t i = 0; i < n && !status; i++) {
            double value = decode(file->type, block + i * size);
            if (floats)
                *floats++ = (float)value;
            else
                *ints++ = (int32_t)value;
        }
        left -= n;
    }
    return status ? status : read_end(file, error);
}

enum status idx_load_bytes(struct idx_file *file, uint8_t *out, struct error *error)
{
    enum status status =
        read_exactly(file, out, (size_t)file->samples * (size_t)file->width, error);
    return status ? status : read_end(file, error);
}

enum status idx_load_ints(struct idx_file *file, int32_t *out, struct error *error)
{
    return load(file, NULL, out, error);
}

enum status idx_load_floats(struct idx_file *file, float *out, struct error *error)
{
    return load(file, out, NULL, error);
}
