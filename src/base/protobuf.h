/* protobuf.h: writes messages in the wire format of Protocol Buffers
 * (https://protobuf.dev/programming-guides/encoding), in which other programs read what lockstep writes for them.
 *
 *     struct protobuf out = {0};
 *     protobuf_int(&out, 2, step);                field 2
 *     size_t inner = protobuf_begin(&out, 5);     field 5, a message
 *     protobuf_text(&out, 1, "loss");             field 1 of that message
 *     protobuf_end(&out, inner);
 *
 * Field numbers are those of the .proto file, from 1. Every call writes its field, also a value that is the
 * default. A repeated field is one call per value. The caller frees out.bytes.
 *
 * If memory runs out, `failed` stays true, and all later calls do nothing. Threads: any, on different messages.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct protobuf {
    unsigned char *bytes; /* [size] */
    size_t size, capacity;
    bool failed;
};

/* int32, int64, uint32, uint64, bool and enum; a negative number takes 10 bytes. */
void protobuf_int(struct protobuf *out, int field, int64_t value);
void protobuf_float(struct protobuf *out, int field, float value);
void protobuf_double(struct protobuf *out, int field, double value);
void protobuf_bytes(struct protobuf *out, int field, const void *bytes, size_t size);
void protobuf_text(struct protobuf *out, int field, const char *text);

/* Begins a field that is a message. The fields written until protobuf_end(), which gets the number that
 * protobuf_begin() returned, belong to it. */
size_t protobuf_begin(struct protobuf *out, int field);
void protobuf_end(struct protobuf *out, size_t begun);
