/* model.c: weights on disk. What is written reads back to the bit; what is damaged is refused, or
 * was not damaged where it matters.
 */
#include "model/model_read.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/definition.h"
#include "base/json.h"
#include "support/fill.h"
#include "support/idx_files.h"
#include "support/own_directory.h"
#include "support/unit.h"

/* A network of 4-3-2: tensors 0.weight [3, 4], 0.bias [3], 2.weight [2, 3], 2.bias [2]. */
enum { INPUTS = 4, HIDDEN = 3, OUTPUTS = 2, PARAMETERS = 4 * 3 + 3 + 3 * 2 + 2, BYTES = 8192 };

static const char path[] = "model.safetensors";
static struct mlp mlp;
static float parameters[PARAMETERS];
static struct model model;
static float shifts[INPUTS] = {0.1f, -0.0f, 3.4e38f, 1e-45f};
static float factors[INPUTS] = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f, 1 / 255.0f};
static struct encoding encoding = {
    .columns = INPUTS, .inputs = INPUTS, .scale = {SCALE_UNIT, INPUTS, shifts, factors}};

static int begin(void **state)
{
    struct error error;
    fill_uniform(parameters, PARAMETERS, 5);
    if (mlp_init(&mlp, INPUTS, &(int64_t){HIDDEN}, 1, OUTPUTS, &error))
        return 1;
    model = (struct model){.mlp = mlp,
        .criterion = {.kind = LOSS_CROSS_ENTROPY},
        .input = encoding,
        .parameters = parameters};
    return own_directory_enter(state);
}

/* --- files as bytes ------------------------------------------------------------------------ */

struct file {
    unsigned char bytes[BYTES];
    size_t size;
};

static size_t header_length(const struct file *file)
{
    size_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | file->bytes[i];
    return length;
}

static void write_model(const char *to)
{
    struct error error;
    if (model_write(&directory_current, to, &model, &error))
        fail_msg("%s", error.text);
}

static struct file good_file(void)
{
    struct file file;
    write_model(path);
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    file.size = fread(file.bytes, 1, BYTES, stream);
    fclose(stream);
    assert_in_range(file.size, 8, BYTES - 1);
    return file;
}

/* A header, padded to a multiple of 8 with spaces, and the right number of bytes of data. */
static struct file compose(const char *header, const void *data, size_t data_bytes)
{
    struct file file;
    size_t length = (strlen(header) + 7) / 8 * 8;
    file.size = 8 + length + data_bytes;
    assert_true(file.size <= BYTES);
    for (int i = 0; i < 8; i++)
        file.bytes[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memset(file.bytes + 8, ' ', length);
    memcpy(file.bytes + 8, header, strlen(header));
    memcpy(file.bytes + 8 + length, data, data_bytes);
    return file;
}

static struct file with_header(const char *header)
{
    return compose(header, parameters, sizeof parameters);
}

static enum status read_file(const struct file *file, float *out, struct error *error)
{
    char written[IDX_FILES_PATH];
    idx_files_write_raw(written, "model.safetensors", file->bytes, file->size);
    *error = (struct error){0};
    return model_read_parameters(path, &mlp, out, error);
}

/* The file is refused as bad data, with a message that names it and says each of `says`. */
static void assert_refused(struct file file, const char *first, const char *second)
{
    float out[PARAMETERS];
    struct error error;
    enum status status = read_file(&file, out, &error);
    if (status != STATUS_BAD_DATA || error.status != STATUS_BAD_DATA)
        fail_msg("'%s' expected, but status %d: %s", first, (int)status, error.text);
    if (!strstr(error.text, path) || !strstr(error.text, first) || !strstr(error.text, second))
        fail_msg("'%s' and '%s' expected in: %s", first, second, error.text);
}

/* --- the good way -------------------------------------------------------------------------- */

static struct json *header_of(const struct file *file)
{
    struct json *header = NULL;
    struct error error;
    size_t length = header_length(file);
    assert_true(length <= file->size - 8);
    if (js_parse((const char *)file->bytes + 8, length, "header", &header, &error))
        fail_msg("%s", error.text);
    return header;
}

TEST(reads_back_to_the_bit)
{
    static const float odd[] = {-0.0f, 1e-45f, 3.4028235e38f, -1e-38f, 0.1f};
    float out[PARAMETERS] = {0};
    struct error error;
    memcpy(parameters, odd, sizeof odd);
    write_model(path);
    enum status status = model_read_parameters(path, &mlp, out, &error);
    assert_int_equal(status, STATUS_OK);
    assert_compare(compare_bits(out, parameters, PARAMETERS, why));
}

static int64_t int_at(const struct json *array, size_t i)
{
    int64_t n = -1;
    assert_true(js_as_int(js_item(array, i), &n));
    return n;
}

/* What torch.nn.Sequential(Linear(4, 3), ReLU(), Linear(3, 2)).state_dict() holds, end to end. */
TEST(tensors_are_those_of_the_sequential)
{
    static const struct {
        const char *name;
        size_t dimensions;
        int64_t shape[2], floats;
    } want[] = {{"0.weight", 2, {3, 4}, 12}, {"0.bias", 1, {3}, 3}, {"2.weight", 2, {2, 3}, 6},
        {"2.bias", 1, {2}, 2}};
    struct file file = good_file();
    struct json *header = header_of(&file);
    int64_t at = 0;
    assert_int_equal(header_length(&file) % 8, 0);
    assert_int_equal(js_size(header), 5);
    assert_string_equal(js_key(header, 0), "__metadata__");
    for (size_t t = 0; t < 4; t++) {
        const struct json *entry = js_get(header, want[t].name);
        const struct json *shape = js_get(entry, "shape"), *offset = js_get(entry, "data_offsets");
        assert_string_equal(js_key(header, t + 1), want[t].name);
        assert_string_equal(js_as_text(js_get(entry, "dtype")), "F32");
        assert_int_equal(js_size(entry), 3);
        assert_int_equal(js_size(shape), want[t].dimensions);
        for (size_t d = 0; d < want[t].dimensions; d++)
            assert_int_equal(int_at(shape, d), want[t].shape[d]);
        assert_int_equal(js_size(offset), 2);
        assert_int_equal(int_at(offset, 0), at);
        at += want[t].floats * 4;
        assert_int_equal(int_at(offset, 1), at);
    }
    assert_int_equal(file.size, 8 + header_length(&file) + (size_t)at);
    assert_memory_equal(file.bytes + file.size - (size_t)at, parameters, (size_t)at);
    js_destroy(header);
}

static void assert_metadata(const struct json *metadata, const char *key, const char *want)
{
    const char *got = js_as_text(js_get(metadata, key));
    if (!got || strcmp(got, want) != 0)
        fail_msg("%s is %s, not %s", key, got ? got : "missing or no text", want);
}

/* A metadata text that is a JSON array of `n` floats. */
static void assert_floats(const struct json *metadata, const char *key, const float *want, size_t n)
{
    const char *text = js_as_text(js_get(metadata, key));
    struct json *array = NULL;
    struct error error;
    assert_non_null(text);
    if (js_parse(text, strlen(text), key, &array, &error))
        fail_msg("%s", error.text);
    assert_int_equal(js_size(array), n);
    for (size_t i = 0; i < n; i++) {
        double x = 0;
        float got;
        assert_true(js_as_real(js_item(array, i), &x));
        got = (float)x;
        assert_memory_equal(&got, &want[i], sizeof got);
    }
    js_destroy(array);
}

TEST(metadata_say_how_to_use_it)
{
    struct file file = good_file();
    struct json *header = header_of(&file);
    const struct json *metadata = js_get(header, "__metadata__");
    assert_metadata(metadata, "format", "pt");
    assert_metadata(
        metadata, "module", "nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))");
    assert_metadata(metadata, "widths", "4,3,2");
    assert_metadata(metadata, "activation", "relu");
    assert_metadata(metadata, "loss", "cross-entropy");
    assert_metadata(metadata, "classes", "2");
    assert_non_null(js_as_text(js_get(metadata, "lockstep")));
    assert_int_equal(definition_of(metadata), DEFINITION);
    assert_floats(metadata, "input_shift", shifts, INPUTS);
    assert_floats(metadata, "input_factor", factors, 1); /* one serves all */
    for (size_t i = 0; i < js_size(metadata); i++)       /* safetensors wants texts alone */
        assert_non_null(js_as_text(js_get(metadata, js_key(metadata, i))));
    js_destroy(header);
}

/* A linear model for regression, of no hidden layer and one feature. */
TEST(a_linear_model)
{
    struct mlp linear;
    float weights[2] = {3, 4}, out[2] = {0};
    char line[100];
    struct error error;
    assert_int_equal(mlp_init(&linear, 1, NULL, 0, 1, &error), STATUS_OK);
    model_python(&linear, line, sizeof line);
    assert_string_equal(line, "nn.Sequential(nn.Linear(1, 1))");
    struct model small = {.mlp = linear,
        .criterion = {.kind = LOSS_MSE},
        .input = {.columns = 1, .inputs = 1, .scale = {SCALE_NONE, 1, &(float){0}, &(float){1}}},
        .parameters = weights};
    assert_int_equal(model_write(&directory_current, path, &small, &error), STATUS_OK);
    assert_int_equal(model_read_parameters(path, &linear, out, &error), STATUS_OK);
    assert_compare(compare_bits(out, weights, 2, why));
}

TEST(a_long_line_of_python_is_cut)
{
    char line[40];
    memset(line, 'x', sizeof line);
    model_python(&mlp, line, 30);
    assert_int_equal(strlen(line), 29);
    assert_int_equal(strncmp(line, "nn.Sequential(nn.Linear(4, 3), nn.", 29), 0);
    assert_int_equal(line[30], 'x');
}

/* Others may write the tensors in any order, with other metadata or none. */
TEST(tensors_in_another_order)
{
    struct file file =
        with_header("{\"2.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                    "\"0.weight\":{\"dtype\":\"F32\",\"shape\":[3,4],\"data_offsets\":[8,56]},"
                    "\"2.weight\":{\"data_offsets\":[56,80],\"shape\":[2,3],\"dtype\":\"F32\"},"
                    "\"0.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[80,92]}}");
    float out[PARAMETERS];
    struct error error;
    assert_int_equal(read_file(&file, out, &error), STATUS_OK);
    assert_compare(compare_bits(out, parameters + 2, 12, why));      /* 0.weight */
    assert_compare(compare_bits(out + 12, parameters + 20, 3, why)); /* 0.bias */
    assert_compare(compare_bits(out + 15, parameters + 14, 6, why)); /* 2.weight */
    assert_compare(compare_bits(out + 21, parameters, 2, why));      /* 2.bias */
}

/* --- damage -------------------------------------------------------------------------------- */

TEST(cut_short_at_any_byte)
{
    struct file file = good_file();
    for (size_t size = file.size; size-- > 0;) {
        float out[PARAMETERS];
        struct error error = {0};
        assert_int_equal(truncate(path, (off_t)size), 0);
        enum status status = model_read_parameters(path, &mlp, out, &error);
        if (status != STATUS_BAD_DATA || !strstr(error.text, path))
            fail_msg("%zu of %zu bytes: status %d: %s", size, file.size, (int)status, error.text);
    }
}

TEST(longer_than_its_tensors)
{
    struct file file = good_file();
    memset(file.bytes + file.size, 0, 4);
    file.size += 4;
    assert_refused(file, "", "");
}

/* Each bit on its own, all of them, and a zero. */
enum { DAMAGES = 10 };

static unsigned char damaged(unsigned char byte, int damage)
{
    return (unsigned char)(damage < 8 ? byte ^ 1 << damage : damage == 8 ? ~byte : 0);
}

/* The file is refused, or (damaged in its metadata) gives the same weights. */
static bool refused_or_the_same(size_t at, int damage)
{
    float out[PARAMETERS] = {0};
    struct error error = {0};
    char why[COMPARE_TEXT];
    enum status status = model_read_parameters(path, &mlp, out, &error);
    if (status != STATUS_OK && status != STATUS_BAD_DATA)
        fail_msg("byte %zu, damage %d: status %d: %s", at, damage, (int)status, error.text);
    if (status == STATUS_OK && !compare_bits(out, parameters, PARAMETERS, why))
        fail_msg("byte %zu, damage %d is taken for other weights: %s", at, damage, why);
    return status != STATUS_OK;
}

TEST(any_byte_of_the_header_damaged)
{
    struct file file = good_file();
    int descriptor = open(path, O_WRONLY);
    size_t refused = 0;
    assert_true(descriptor >= 0);
    for (size_t at = 0; at < 8 + header_length(&file); at++) {
        for (int damage = 0; damage < DAMAGES; damage++) {
            unsigned char bad = damaged(file.bytes[at], damage);
            assert_int_equal(pwrite(descriptor, &bad, 1, (off_t)at), 1);
            refused += refused_or_the_same(at, damage);
        }
        assert_int_equal(pwrite(descriptor, &file.bytes[at], 1, (off_t)at), 1);
    }
    close(descriptor);
    assert_true(refused > 100 * DAMAGES);
    assert_false(refused_or_the_same(0, 0)); /* all is mended again */
}

/* The header again with `from` replaced by `to`, once. */
static struct file replaced(const char *from, const char *to)
{
    struct file file = good_file();
    char header[BYTES], other[BYTES];
    size_t length = header_length(&file);
    memcpy(header, file.bytes + 8, length);
    header[length] = 0;
    char *at = strstr(header, from);
    if (!at)
        fail_msg("no %s in %s", from, header);
    snprintf(other, sizeof other, "%.*s%s%s", (int)(at - header), header, to, at + strlen(from));
    return with_header(other);
}

TEST(another_type)
{
    assert_refused(replaced("F32", "F16"), "0.weight", "F16");
    assert_refused(replaced("\"F32\"", "32"), "0.weight", "F32 is required");
    assert_refused(replaced("\"dtype\"", "\"type\""), "0.weight", "F32 is required");
    assert_refused(replaced("F32", "an unreasonably long name of a type"), "0.weight", "F32");
}

/* The tensor, what was found and what is required. */
TEST(another_shape)
{
    assert_refused(replaced("[3,4]", "[4,3]"), "0.weight has shape [4, 3]", "needs [3, 4]");
    assert_refused(replaced("[3,4]", "[3,5]"), "0.weight has shape [3, 5]", "needs [3, 4]");
    assert_refused(replaced("[3,4]", "[12]"), "0.weight has shape [12]", "needs [3, 4]");
    assert_refused(replaced("[3,4]", "[3,4,1]"), "0.weight has shape [3, 4, 1]", "needs [3, 4]");
    assert_refused(replaced("[3,4]", "[]"), "0.weight has shape []", "needs [3, 4]");
    assert_refused(replaced("[3]", "[1,3]"), "0.bias has shape [1, 3]", "needs [3]");
    assert_refused(replaced("[2,3]", "[3,2]"), "2.weight has shape [3, 2]", "needs [2, 3]");
    assert_refused(replaced("[3,4]", "[3.0,4]"), "0.weight has shape", "needs [3, 4]");
    assert_refused(replaced("[3,4]", "[-3,-4]"), "0.weight has shape [-3, -4]", "needs [3, 4]");
    assert_refused(replaced("[3,4]", "\"3,4\""), "0.weight has shape", "needs [3, 4]");
    assert_refused(replaced("\"shape\":[3,4]", "\"shap\":0"), "0.weight has shape", "needs [3, 4]");
}

TEST(a_shape_of_very_many_numbers)
{
    char shape[1000] = "[9223372036854775807";
    for (int i = 0; i < 40; i++)
        strcat(shape, ",-9223372036854775808");
    strcat(shape, "]");
    assert_refused(replaced("[3,4]", shape), "0.weight has shape [9223372036854775807", "[3, 4]");
}

TEST(missing_and_extra_tensors)
{
    assert_refused(replaced("\"2.bias\"", "\"4.bias\""), "2.bias", "no tensor");
    assert_refused(replaced("\"0.weight\"", "\"0.Weight\""), "0.weight", "no tensor");
    assert_refused(replaced("\"0.weight\"", "\"9.w\":{\"dtype\":\"F32\",\"shape\":[0],"
                                            "\"data_offsets\":[0,0]},\"0.weight\""),
        "5 tensors", "4");
    assert_refused(with_header("{}"), "0.weight", "no tensor");
    assert_refused(with_header("[]"), "0.weight", "no tensor");
    assert_refused(with_header("{\"0.weight\":7}"), "0.weight", "");
    assert_refused(replaced("\"0.bias\"", "\"0.weight\""), "", "0.weight"); /* twice */
}

TEST(offsets_outside_the_data)
{
    static const char *const offsets[] = {"[4,96]", "[-48,0]", "[48,0]", "[0,44]", "[0,52]", "[0]",
        "[]", "[0,48,96]", "[0.0,48.0]", "[\"0\",\"48\"]", "48", "[92,140]",
        "[9223372036854775759,9223372036854775807]", "[-9223372036854775808,-9223372036854775760]",
        "[-9223372036854775808,9223372036854775807]", "[9223372036854775807,47]",
        "[0,9223372036854775807]", "[0,4294967344]", "[4294967296,4294967344]"};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++)
        assert_refused(replaced("[0,48]", offsets[i]), "", "");
}

/* Offsets that fit, but two tensors are the same bytes, and others are nobody's. The format
 * knows no such file: "the byte buffer needs to be entirely indexed, and cannot contain holes". */
TEST(tensors_that_overlap)
{
    assert_refused(replaced("[60,84]", "[0,24]"), "2.weight", "");
    assert_refused(replaced("[60,84]", "[59,83]"), "", "");
    assert_refused(replaced("[84,92]", "[48,56]"), "2.bias", "");
}

TEST(lengths_of_the_header)
{
    struct file file = good_file();
    size_t right = header_length(&file);
    const uint64_t lengths[] = {0, 1, right - 8, right + 8, file.size - 8, file.size - 7, file.size,
        UINT32_MAX, INT64_MAX - 7, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX - 8,
        UINT64_MAX - 7, UINT64_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int b = 0; b < 8; b++)
            file.bytes[b] = (unsigned char)(lengths[i] >> (8 * b));
        assert_refused(file, lengths[i] > file.size - 8 ? "cut short" : "", "");
    }
}

/* --- files that are not there, or cannot be ------------------------------------------------ */

TEST(no_file)
{
    float out[PARAMETERS];
    struct error error;
    enum status status = model_read_parameters("/nowhere/x.safetensors", &mlp, out, &error);
    assert_int_equal(status, STATUS_NO_INPUT);
    assert_says(error.text, "/nowhere/x.safetensors");
    status = model_write(&directory_current, "/nowhere/x.safetensors", &model, &error);
    assert_int_equal(status, STATUS_CANNOT_CREATE);
    assert_says(error.text, "/nowhere/x.safetensors");
}

int main(void)
{
    return unit_run(begin, own_directory_leave);
}
