/* protobuf.c: the bytes of every kind of field, compared with those of the format's description and with
 * those that Google's own encoder gives for the borders. */
#include "base/protobuf.h"

#include <stdlib.h>

#include "support/unit.h"

static void assert_bytes(struct protobuf *out, const char *want, size_t size)
{
    assert_false(out->failed);
    assert_int_equal(out->size, size);
    assert_memory_equal(out->bytes, want, size);
    free(out->bytes);
}
/* `want` without its final 0. */
#define assert_written(out, want) assert_bytes(out, want, sizeof(want) - 1)

static void assert_int(int64_t value, const char *want, size_t size)
{
    struct protobuf out = {0};
    protobuf_int(&out, 1, value);
    assert_bytes(&out, want, size);
}

TEST(integers)
{
    assert_int(0, "\x08\x00", 2);
    assert_int(1, "\x08\x01", 2);
    assert_int(127, "\x08\x7f", 2);
    assert_int(128, "\x08\x80\x01", 3);
    assert_int(150, "\x08\x96\x01", 3); /* the example of the description */
    assert_int(16383, "\x08\xff\x7f", 3);
    assert_int(16384, "\x08\x80\x80\x01", 4);
    assert_int(INT64_MAX, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10);
    assert_int(-1, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
    assert_int(INT64_MIN, "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11);
}

TEST(field_numbers)
{
    struct protobuf out = {0};
    protobuf_int(&out, 15, 1);
    protobuf_int(&out, 16, 1);
    protobuf_int(&out, (1 << 29) - 1, 1); /* the largest */
    assert_written(&out, "\x78\x01\x80\x01\x01\xf8\xff\xff\xff\x0f\x01");
}

TEST(reals)
{
    struct protobuf out = {0};
    protobuf_float(&out, 2, 1.5F);
    protobuf_double(&out, 1, -2);
    assert_written(&out, "\x15\x00\x00\xc0\x3f\x09\x00\x00\x00\x00\x00\x00\x00\xc0");
}

TEST(texts_and_bytes)
{
    struct protobuf out = {0};
    protobuf_text(&out, 2, "testing");
    protobuf_text(&out, 2, "");
    protobuf_bytes(&out, 3, "a\0b", 3);
    assert_written(&out, "\x12\x07testing\x12\x00\x1a\x03"
                         "a\0b");
}

TEST(messages_in_messages)
{
    struct protobuf out = {0};
    size_t outer = protobuf_begin(&out, 3);
    protobuf_int(&out, 1, 150);
    size_t inner = protobuf_begin(&out, 4);
    protobuf_end(&out, inner);
    protobuf_end(&out, outer);
    protobuf_int(&out, 5, 7);
    assert_written(&out, "\x1a\x05\x08\x96\x01\x22\x00\x28\x07");
}

/* Lengths at which the length itself grows by a byte; the bytes after it move by as much. */
TEST(lengths)
{
    static const struct {
        size_t size; /* of the message: the bytes of a field and its 2 or 3 of key and length */
        const char *length;
        size_t length_size;
    } cases[] = {
        {127, "\x7f", 1}, {128, "\x80\x01", 2}, {16383, "\xff\x7f", 2}, {16384, "\x80\x80\x01", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct protobuf out = {0};
        size_t size = cases[i].size, n = cases[i].length_size, head = size < 128 + 3 ? 2 : 3;
        char *bytes = malloc(size);
        memset(bytes, 'x', size);
        size_t begun = protobuf_begin(&out, 1);
        protobuf_bytes(&out, 2, bytes, size - head);
        protobuf_end(&out, begun);
        assert_false(out.failed);
        assert_int_equal(out.size, 1 + n + size);
        assert_memory_equal(out.bytes + 1, cases[i].length, n);
        assert_int_equal(out.bytes[1 + n], 0x12);
        assert_memory_equal(out.bytes + 1 + n + head, bytes, size - head);
        free(bytes);
        free(out.bytes);
    }
}

/* More than the address space: the message stays as it was, and is marked. */
TEST(no_memory)
{
    struct protobuf out = {0};
    protobuf_int(&out, 1, 1);
    protobuf_bytes(&out, 2, "", SIZE_MAX);
    assert_true(out.failed);
    size_t size = out.size;
    protobuf_text(&out, 3, "more");
    protobuf_end(&out, protobuf_begin(&out, 3));
    assert_int_equal(out.size, size);
    free(out.bytes);
}
