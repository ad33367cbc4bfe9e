#include "data/gzip_file.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/heartbeat.h"

enum {
    STREAM_BUFFER = 1 << 20,
    READ_MOST = 1 << 24, /* per heartbeat; gzread counts in int */
};

enum status gzip_file_open(struct gzip_file *file, const char *path, struct error *error)
{
    int descriptor;
    uint64_t size;
    unsigned char start[2] = {0};
    *file = (struct gzip_file){.path = path};
    TRY(file_open_descriptor(path, &descriptor, &size, error));
    file->length = (size_t)size;
    file->gzipped = pread(descriptor, start, 2, 0) == 2 && start[0] == 0x1f && start[1] == 0x8b;
    file->stream = gzdopen(descriptor, "rb");
    if (!file->stream) {
        close(descriptor);
        return fail(error, STATUS_NO_RESOURCE, "no memory to unpack %s", path);
    }
    gzbuffer(file->stream, STREAM_BUFFER);
    return STATUS_OK;
}

/* Returns why fewer bytes than requested have arrived; STATUS_OK: the file has ended. */
static enum status check(const struct gzip_file *file, struct error *error)
{
    int code;
    gzerror(file->stream, &code);
    if (code == Z_OK)
        return STATUS_OK;
    if (code == Z_ERRNO)
        return fail_errno(error, STATUS_IO, errno, "cannot read %s", file->path);
    if (code == Z_MEM_ERROR)
        return fail(error, STATUS_NO_RESOURCE, "no memory to unpack %s", file->path);
    return fail(error, STATUS_BAD_DATA, "%s is a %s gzip file; download or create it again",
        file->path, code == Z_BUF_ERROR ? "truncated" : "damaged");
}

enum status gzip_file_read(
    struct gzip_file *file, void *out, size_t size, size_t *got, struct error *error)
{
    unsigned char *at = out;
    for (*got = 0; *got < size;) {
        size_t left = size - *got;
        int some = gzread(file->stream, at + *got, left < READ_MOST ? (unsigned)left : READ_MOST);
        if (some <= 0)
            return check(file, error);
        heartbeat_beat();
        *got += (size_t)some;
    }
    return STATUS_OK;
}

void gzip_file_close(struct gzip_file *file)
{
    if (file->stream)
        gzclose(file->stream);
    file->stream = NULL;
}
