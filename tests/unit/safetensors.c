/* Tensors in a file: what is read is what was written, and nothing else is taken for it. */
#include "base/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/output.h"
#include "support/own_directory.h"
#include "support/unit.h"

static const char path[] = "x.safetensors";
static float first[6] = {1, -2, 3.5f, 0, 1e-30f, 1e30f}, second[2] = {7, 8};

static void write_two(void)
{
    struct error error = {0};
    struct json *metadata = js_object();
    const struct tensor tensor[] = {{"a", 2, {2, 3}, first}, {"b", 1, {2, 0}, second}};
    js_set_text(metadata, "format", "pt");
    if (safetensors_write(&directory_current, path, metadata, tensor, 2, &error))
        fail_msg("%s", error.text);
}

static enum status read_all(const struct tensor *tensor, int n, struct error *error)
{
    struct safetensors file;
    enum status status = safetensors_open(&file, path, error);
    if (status)
        return status;
    status = safetensors_read(&file, tensor, n, "this test", error);
    safetensors_close(&file);
    return status;
}

TEST(round_trip)
{
    float a[6] = {0}, b[2] = {0};
    const struct tensor tensor[] = {{"a", 2, {2, 3}, a}, {"b", 1, {2, 0}, b}};
    struct error error = {0};
    write_two();
    if (read_all(tensor, 2, &error))
        fail_msg("%s", error.text);
    assert_memory_equal(a, first, sizeof a);
    assert_memory_equal(b, second, sizeof b);
    /* in any order */
    const struct tensor turned[] = {tensor[1], tensor[0]};
    memset(a, 0, sizeof a);
    assert_int_equal(read_all(turned, 2, &error), STATUS_OK);
    assert_memory_equal(a, first, sizeof a);
    /* none at all is a file too */
    assert_int_equal(safetensors_write(&directory_current, path, NULL, NULL, 0, &error), STATUS_OK);
    assert_int_equal(read_all(NULL, 0, &error), STATUS_OK);
    assert_int_equal(read_all(tensor, 1, &error), STATUS_BAD_DATA);
}

TEST(metadata)
{
    struct safetensors file;
    struct error error = {0};
    write_two();
    assert_int_equal(safetensors_open(&file, path, &error), STATUS_OK);
    const struct json *metadata = js_get(file.header, "__metadata__");
    assert_string_equal(js_as_text(js_get(metadata, "format")), "pt");
    assert_int_equal(file.data_bytes, sizeof first + sizeof second);
    assert_int_equal(file.header_bytes % 8, 0);
    safetensors_close(&file);
    assert_int_equal(safetensors_open(&file, ".", &error), STATUS_NO_INPUT);
}

TEST(other_tensors)
{
    static const struct {
        struct tensor tensor[2];
        int n;
        const char *says;
    } wanted[] = {{{{"a", 2, {3, 2}, NULL}, {"b", 1, {2, 0}, NULL}}, 2,
                      "a has shape [2, 3]; this test needs [3, 2]"},
        {{{"a", 1, {6, 0}, NULL}, {"b", 1, {2, 0}, NULL}}, 2,
            "a has shape [2, 3]; this test needs [6]"},
        {{{"a", 2, {2, 3}, NULL}, {"c", 1, {2, 0}, NULL}}, 2, "no tensor c, which this test needs"},
        {{{"a", 2, {2, 3}, NULL}}, 1, "2 tensors; this test has 1"}};
    write_two();
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct error error = {0};
        assert_int_equal(read_all(wanted[i].tensor, wanted[i].n, &error), STATUS_BAD_DATA);
        if (!strstr(error.text, wanted[i].says))
            fail_msg("\"%s\" is not in \"%s\"", wanted[i].says, error.text);
    }
}

/* Cut anywhere it is refused; no changed byte of its header makes it read or write beyond. */
TEST(damaged)
{
    float a[6], b[2];
    const struct tensor tensor[] = {{"a", 2, {2, 3}, a}, {"b", 1, {2, 0}, b}};
    struct error error = {0};
    char *bytes = NULL;
    size_t size;
    write_two();
    assert_int_equal(file_read_whole(path, 1 << 20, &bytes, &size, &error), STATUS_OK);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(output_write_whole(&directory_current, path, bytes, i, &error), STATUS_OK);
        assert_int_equal(read_all(tensor, 2, &error), STATUS_BAD_DATA);
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
        assert_int_equal(
            output_write_whole(&directory_current, path, bytes, size, &error), STATUS_OK);
        enum status status = read_all(tensor, 2, &error);
        assert_true(status == STATUS_OK || status == STATUS_BAD_DATA);
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
    }
    free(bytes);
}

int main(void)
{
    return unit_run(own_directory_enter, own_directory_leave);
}
