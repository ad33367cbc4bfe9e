#include "base/protobuf.h"

#include <stdlib.h>
#include <string.h>

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2, WIRE_FIXED32 = 5 };
enum { VARINT_MAX = 10, LEAST_CAPACITY = 256 };

/* Makes room for `more` bytes; false: there is none. */
static bool reserve(struct protobuf *out, size_t more)
{
    if (!out->failed && more > out->capacity - out->size) {
        size_t capacity = out->size + more + out->capacity + LEAST_CAPACITY;
        unsigned char *bytes = capacity > more ? realloc(out->bytes, capacity) : NULL;
        out->failed = !bytes;
        if (bytes) {
            out->bytes = bytes;
            out->capacity = capacity;
        }
    }
    return !out->failed;
}

static void append(struct protobuf *out, const void *bytes, size_t size)
{
    if (size == 0 || !reserve(out, size))
        return;
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

/* Seven bits per byte, the lowest first; the highest bit means that more bytes follow. Returns their number. */
static size_t varint(unsigned char out[VARINT_MAX], uint64_t value)
{
    size_t n = 0;
    for (; value > 0x7f; value >>= 7)
        out[n++] = (unsigned char)(value | 0x80);
    out[n++] = (unsigned char)value;
    return n;
}

static void append_varint(struct protobuf *out, uint64_t value)
{
    unsigned char bytes[VARINT_MAX];
    size_t n = varint(bytes, value);
    append(out, bytes, n);
}

static void append_key(struct protobuf *out, int field, enum wire_type type)
{
    append_varint(out, (uint64_t)field << 3 | type);
}

/* The lowest `size` bytes of a number, the lowest first on every machine. */
static void append_fixed(struct protobuf *out, uint64_t value, size_t size)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
    append(out, bytes, size);
}

void protobuf_int(struct protobuf *out, int field, int64_t value)
{
    append_key(out, field, WIRE_VARINT);
    append_varint(out, (uint64_t)value);
}

void protobuf_float(struct protobuf *out, int field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    append_key(out, field, WIRE_FIXED32);
    append_fixed(out, bits, sizeof bits);
}

void protobuf_double(struct protobuf *out, int field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    append_key(out, field, WIRE_FIXED64);
    append_fixed(out, bits, sizeof bits);
}

void protobuf_bytes(struct protobuf *out, int field, const void *bytes, size_t size)
{
    append_key(out, field, WIRE_LENGTH);
    append_varint(out, size);
    append(out, bytes, size);
}

void protobuf_text(struct protobuf *out, int field, const char *text)
{
    protobuf_bytes(out, field, text, strlen(text));
}

size_t protobuf_begin(struct protobuf *out, int field)
{
    append_key(out, field, WIRE_LENGTH);
    return out->size;
}

/* The length of a message is known, and so is the length of its length, only at its end; so it moves. */
void protobuf_end(struct protobuf *out, size_t begun)
{
    unsigned char length[VARINT_MAX];
    size_t size = out->size - begun, n = varint(length, size);
    if (!reserve(out, n))
        return;
    memmove(out->bytes + begun + n, out->bytes + begun, size);
    memcpy(out->bytes + begun, length, n);
    out->size += n;
}
