/* model_metadata.c: what a model file says of itself. All of it reads back; whatever somebody made
 * of it since is refused, or is a model like any other. tests/unit/model.c does the same for
 * tensors.
 */
#include "model/model_read.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/names.h"
#include "support/fill.h"
#include "support/idx_files.h"
#include "support/own_directory.h"
#include "support/unit.h"

/* 3-4-5-2, leaky-relu and gelu-tanh, dropout everywhere, names, scaling of inputs and targets. */
enum { INPUTS = 3, OUTPUTS = 2, PARAMETERS = 3 * 4 + 4 + 4 * 5 + 5 + 5 * 2 + 2, BYTES = 16384 };

static const char path[] = "model.safetensors";
static float parameters[PARAMETERS];
static float shift[INPUTS] = {0.5F, -3, 1e-40F}, factor[INPUTS] = {1, 0, 1 / 3.0F};
static float target_shift[OUTPUTS] = {100, 0.1F}, target_factor[OUTPUTS] = {0.25F, 8};
static float class_weight[OUTPUTS] = {0.2F, 5};
static struct model rich;

static char **names(const char *texts, size_t size, int64_t n)
{
    struct error error;
    char **made = NULL;
    if (names_make(&made, n, texts, size, "names", &error))
        fail_msg("%s", error.text);
    return made;
}

static int begin(void **state)
{
    /* As a header of a table may have them: quotes, no text, one twice. */
    static const char features[] = "\xe2\x84\x93 \"length\", a\0\0";
    static const char outputs[] = "no\0yes";
    struct error error;
    fill_uniform(parameters, PARAMETERS, 5);
    rich = (struct model){
        .criterion = {LOSS_CROSS_ENTROPY, .label_smoothing = 0.1F, .class_weight = class_weight},
        .feature_name = names(features, sizeof features, INPUTS),
        .output_name = names(outputs, sizeof outputs, OUTPUTS),
        .input = {.columns = INPUTS,
            .inputs = INPUTS,
            .scale = {SCALE_STANDARD, INPUTS, shift, factor}},
        .target = {SCALE_STANDARD, OUTPUTS, target_shift, target_factor},
        .parameters = parameters};
    if (mlp_init(&rich.mlp, INPUTS, (int64_t[]){4, 5}, 2, OUTPUTS, &error))
        return 1;
    rich.mlp.activation[0] = ACTIVATION_LEAKY_RELU;
    rich.mlp.activation[1] = ACTIVATION_GELU_TANH;
    rich.mlp.leaky_slope = 0.01F;
    rich.mlp.dropout_input = 0.2F;
    rich.mlp.dropout_hidden = 0.5F;
    return own_directory_enter(state);
}

static int end(void **state)
{
    free(rich.feature_name);
    free(rich.output_name);
    return own_directory_leave(state);
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

static void load_file(struct file *file)
{
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    file->size = fread(file->bytes, 1, BYTES, stream);
    fclose(stream);
    assert_in_range(file->size, 8, BYTES - 1);
}

static void write_model(const struct model *model)
{
    struct error error;
    if (model_write(&directory_current, path, model, &error))
        fail_msg("%s", error.text);
}

static struct file good_file(void)
{
    struct file file;
    write_model(&rich);
    load_file(&file);
    return file;
}

/* The rich file with `from` in its header replaced by `to`, once. */
static void write_replaced(const char *from, const char *to)
{
    struct file file = good_file(), other;
    char header[BYTES], changed[BYTES], written[IDX_FILES_PATH];
    size_t length = header_length(&file);
    memcpy(header, file.bytes + 8, length);
    header[length] = 0;
    char *at = strstr(header, from);
    if (!at)
        fail_msg("no %s in %s", from, header);
    snprintf(
        changed, sizeof changed, "%.*s%s%s", (int)(at - header), header, to, at + strlen(from));
    size_t padded = (strlen(changed) + 7) / 8 * 8, data = file.size - 8 - length;
    for (int i = 0; i < 8; i++)
        other.bytes[i] = (unsigned char)((uint64_t)padded >> (8 * i));
    memset(other.bytes + 8, ' ', padded);
    memcpy(other.bytes + 8, changed, strlen(changed));
    memcpy(other.bytes + 8 + padded, file.bytes + 8 + length, data);
    idx_files_write_raw(written, "model.safetensors", other.bytes, 8 + padded + data);
}

/* --- the good way -------------------------------------------------------------------------- */

static void assert_names(char *const *got, char *const *want, int64_t n)
{
    assert_non_null(got);
    for (int64_t i = 0; i < n; i++)
        assert_string_equal(got[i], want[i]);
}

TEST(all_reads_back)
{
    struct model got;
    struct error error;
    write_model(&rich);
    if (model_read(path, &got, &error))
        fail_msg("%s", error.text);
    assert_memory_equal(&got.mlp, &rich.mlp, sizeof got.mlp);
    assert_int_equal(got.criterion.kind, LOSS_CROSS_ENTROPY);
    assert_true(got.criterion.label_smoothing == 0.1F);
    assert_memory_equal(got.criterion.class_weight, class_weight, sizeof class_weight);
    assert_names(got.feature_name, rich.feature_name, INPUTS);
    assert_names(got.output_name, rich.output_name, OUTPUTS);
    assert_int_equal(got.input.columns, INPUTS);
    assert_int_equal(got.input.scale.kind, SCALE_STANDARD);
    assert_memory_equal(got.input.scale.shift, shift, sizeof shift);
    assert_memory_equal(got.input.scale.factor, factor, sizeof factor);
    assert_int_equal(got.target.features, OUTPUTS);
    assert_memory_equal(got.target.shift, target_shift, sizeof target_shift);
    assert_memory_equal(got.target.factor, target_factor, sizeof target_factor);
    assert_compare(compare_bits(got.parameters, parameters, PARAMETERS, why));
    model_clear(&got);
    assert_null(got.parameters);
}

/* A model of values, which leaves out all that may be. */
TEST(a_plain_one_reads_back)
{
    struct model got, plain = {.criterion = {.kind = LOSS_HUBER, .huber_delta = 1.35F},
                          .input = {.columns = 1,
                              .inputs = 1,
                              .scale = {SCALE_NONE, 1, &(float){0}, &(float){1}}},
                          .parameters = (float[]){2, -1}};
    struct error error;
    assert_int_equal(mlp_init(&plain.mlp, 1, NULL, 0, 1, &error), STATUS_OK);
    write_model(&plain);
    if (model_read(path, &got, &error))
        fail_msg("%s", error.text);
    assert_memory_equal(&got.mlp, &plain.mlp, sizeof got.mlp);
    assert_int_equal(got.criterion.kind, LOSS_HUBER);
    assert_true(got.criterion.huber_delta == 1.35F);
    assert_int_equal(got.input.scale.kind, SCALE_NONE);
    assert_int_equal(got.target.features, 0);
    assert_true(!got.output_name && !got.feature_name && !got.criterion.class_weight);
    assert_true(got.parameters[0] == 2 && got.parameters[1] == -1);
    model_clear(&got);
}

/* torch counts all modules: dropout on the inputs is module 0. */
TEST(the_line_of_python)
{
    char line[MODEL_PYTHON_MAX];
    struct mlp mlp = rich.mlp;
    model_python(&mlp, line, sizeof line);
    assert_string_equal(line,
        "nn.Sequential(nn.Dropout(0.2), nn.Linear(3, 4), nn.LeakyReLU(0.01), nn.Dropout(0.5), "
        "nn.Linear(4, 5), nn.GELU(approximate='tanh'), nn.Dropout(0.5), nn.Linear(5, 2))");
    mlp.dropout_input = mlp.dropout_hidden = 0;
    mlp.activation[0] = ACTIVATION_SILU;
    mlp.activation[1] = ACTIVATION_GELU;
    model_python(&mlp, line, sizeof line);
    assert_string_equal(line, "nn.Sequential(nn.Linear(3, 4), nn.SiLU(), nn.Linear(4, 5), "
                              "nn.GELU(), nn.Linear(5, 2))");
    mlp.activation[0] = ACTIVATION_TANH;
    mlp.activation[1] = ACTIVATION_SIGMOID;
    model_python(&mlp, line, sizeof line);
    assert_string_equal(line, "nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 5), "
                              "nn.Sigmoid(), nn.Linear(5, 2))");
}

/* The largest network that there can be still has room for its line. */
TEST(the_longest_line)
{
    static char line[MODEL_PYTHON_MAX];
    struct mlp mlp = {
        .layers = MLP_LAYERS_MAX, .dropout_input = 0.123456789F, .dropout_hidden = 0.987654321F};
    for (int l = 0; l <= MLP_LAYERS_MAX; l++) {
        mlp.width[l] = 1 << 30;
        mlp.activation[l % MLP_LAYERS_MAX] = ACTIVATION_GELU_TANH;
    }
    model_python(&mlp, line, sizeof line);
    assert_string_equal(line + strlen(line) - strlen("1073741824))"), "1073741824))");
}

/* Weights alone also go to a network with other dropout, whose tensors have other numbers. */
TEST(parameters_for_other_dropout)
{
    float out[PARAMETERS] = {0};
    struct error error;
    write_model(&rich);
    for (int dropouts = 0; dropouts < 4; dropouts++) {
        struct mlp other = rich.mlp;
        other.dropout_input = dropouts & 1 ? 0.1F : 0;
        other.dropout_hidden = dropouts & 2 ? 0.1F : 0;
        memset(out, 0, sizeof out);
        if (model_read_parameters(path, &other, out, &error))
            fail_msg("%s", error.text);
        assert_compare(compare_bits(out, parameters, PARAMETERS, why));
    }
}

/* Of three hidden layers the last module has the same number with dropout and, as a fourth,
 * without: a file of the one was taken for the other, and no checkpoint of such a network could be
 * read. */
TEST(parameters_of_any_depth)
{
    enum { DEEPEST = 9 };
    int64_t hidden[DEEPEST];
    float in[200], out[200], one[4] = {1, 1, 1, 1}, zero[4] = {0};
    struct error error;
    for (int i = 0; i < DEEPEST; i++)
        hidden[i] = 2;
    for (int i = 0; i < 200; i++)
        in[i] = (float)i;
    for (int wrote = 0; wrote < 4; wrote++)
        for (int depth = 0; depth <= DEEPEST; depth++)
            for (int reads = 0; reads < 4; reads++) {
                struct model model = {.parameters = in,
                    .input = {.columns = 4, .inputs = 4, .scale = {SCALE_NONE, 4, zero, one}}};
                assert_int_equal(mlp_init(&model.mlp, 4, hidden, depth, 2, &error), STATUS_OK);
                struct mlp other = model.mlp;
                assert_true(model.mlp.parameters <= 200);
                model.mlp.dropout_input = wrote & 1 ? 0.5F : 0;
                model.mlp.dropout_hidden = wrote & 2 ? 0.5F : 0;
                other.dropout_input = reads & 1 ? 0.25F : 0;
                other.dropout_hidden = reads & 2 ? 0.25F : 0;
                memset(out, 0, sizeof out);
                write_model(&model);
                if (model_read_parameters(path, &other, out, &error))
                    fail_msg("%d hidden layers, %d to %d: %s", depth, wrote, reads, error.text);
                assert_compare(compare_bits(out, in, model.mlp.parameters, why));
            }
}

/* --- damage -------------------------------------------------------------------------------- */

/* What is read is a model: its parts have the sizes of its network, and it can be written again. */
static void assert_sound(struct model *model)
{
    struct error error;
    assert_int_equal(model->mlp.parameters, PARAMETERS);
    assert_int_equal(model->input.columns, model->mlp.width[0]);
    if (model_write(&directory_current, "again.safetensors", model, &error))
        fail_msg("%s", error.text);
}

static bool refused_or_sound(const char *what, size_t at)
{
    struct model got;
    struct error error = {0};
    enum status status = model_read(path, &got, &error);
    if (status != STATUS_OK && status != STATUS_BAD_DATA)
        fail_msg("%s %zu: status %d: %s", what, at, (int)status, error.text);
    if (status == STATUS_BAD_DATA) {
        assert_says(error.text, path);
        assert_null(got.parameters);
        return true;
    }
    assert_sound(&got);
    model_clear(&got);
    return false;
}

TEST(cut_at_any_byte)
{
    struct file file = good_file();
    for (size_t size = file.size; size-- > 0;) {
        assert_int_equal(truncate(path, (off_t)size), 0);
        if (!refused_or_sound("cut to", size))
            fail_msg("a file cut to %zu of %zu bytes is taken", size, file.size);
    }
}

TEST(any_byte_of_the_header_changed)
{
    struct file file = good_file();
    int descriptor = open(path, O_WRONLY);
    size_t refused = 0;
    assert_true(descriptor >= 0);
    for (size_t at = 0; at < 8 + header_length(&file); at++) {
        for (int damage = 0; damage < 10; damage++) {
            unsigned char byte = file.bytes[at], bad = (unsigned char)(byte ^ 1 << damage);
            bad = damage == 8 ? (unsigned char)~byte : damage == 9 ? '9' : bad;
            assert_int_equal(pwrite(descriptor, &bad, 1, (off_t)at), 1);
            refused += refused_or_sound("byte", at);
        }
        assert_int_equal(pwrite(descriptor, &file.bytes[at], 1, (off_t)at), 1);
    }
    close(descriptor);
    assert_true(refused > 5 * header_length(&file));
    assert_false(refused_or_sound("mended", 0));
}

/* What somebody might write, and words of what is then said. */
TEST(hostile_metadata)
{
    static const char *const row[][3] = {
        {"\"widths\":\"3,4,5,2\"", "\"width\":\"3,4,5,2\"", "no widths"},
        {"\"widths\":\"3,4,5,2\"", "\"widths\":[3,4,5,2]", "no widths"},
        {"3,4,5,2", "", "widths = \"\""},
        {"3,4,5,2", "3", "widths = \"3\""},
        {"3,4,5,2", "3,4,5,", "widths = \"3,4,5,\""},
        {"3,4,5,2", "3,4,,2", "widths"},
        {"3,4,5,2", "3,-4,5,2", "widths"},
        {"3,4,5,2", "3,0,5,2", "widths"},
        {"3,4,5,2", "3,4_0,5,2", "widths"},
        {"3,4,5,2", "3, 4,5,2", "widths"},
        {"3,4,5,2", "3,4,5,3", "the line that its other metadata implies"},
        {"3,4,5,2", "99999999999999999999,4,5,2", "widths"},
        {"3,4,5,2", "999999999,999999999,2", "not too large"},
        {"3,4,5,2",
            "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
            "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
            "widths"},
        {"leaky-relu,gelu-tanh", "leaky-relu,gelu-tan", "activation"},
        {"leaky-relu,gelu-tanh", "relu,relu,relu", "activation"},
        {"leaky-relu,gelu-tanh", "none", "activation"},
        {"leaky-relu,gelu-tanh", "", "activation"},
        {"leaky-relu,gelu-tanh", "relu,", "activation"},
        {"leaky-relu,gelu-tanh", "relu", "nn.LeakyReLU"},
        {"nn.Sequential(", "__import__('os').system(", "module"},
        {"\"definition\":\"", "\"definition\":\"-", "definition = \"-"},
        {"\"definition\":\"", "\"definition\":\"one", "definition = \"one"},
        {"\"definition\":", "\"definition\":0,\"was\":", "no definition"},
        {"\"leaky_slope\":\"0.01\"", "\"leaky_slope\":\"nan\"", "leaky_slope"},
        {"\"leaky_slope\":\"0.01\"", "\"leaky_slope\":\"-1\"", "leaky_slope"},
        {"\"leaky_slope\":\"0.01\"", "\"leaky_slope\":0.01", "leaky_slope"},
        {"\"dropout_input\":\"0.2\"", "\"dropout_input\":\"1\"", ">= 0 and < 1"},
        {"\"dropout_hidden\":\"0.5\"", "\"dropout_hidden\":\"\"", "dropout_hidden"},
        {"\"dropout_hidden\":\"0.5\"", "\"dropout_hidden\":\"0\"", "module"},
        {"\"loss\":\"cross-entropy\"", "\"loss\":\"cross-entrop\"", "the name of a loss"},
        {"\"loss\":\"cross-entropy\"", "\"loss\":\"mse\"", "not cross-entropy"},
        {"\"loss\":\"cross-entropy\",", "", "no loss"},
        {"\"label_smoothing\":\"0.1\"", "\"label_smoothing\":\"2\"", "label_smoothing"},
        {"\"classes\":\"2\"", "\"classes\":\"3\"", "the number of outputs"},
        {"\"classes\":\"2\"", "\"classes\":2", "no classes"},
        {"[\\\"no\\\",\\\"yes\\\"]", "[\\\"no\\\"]", "1 class_names; expected 2"},
        {"[\\\"no\\\",\\\"yes\\\"]", "[\\\"no\\\",\\\"no\\\"]", "two of its class_names"},
        {"[\\\"no\\\",\\\"yes\\\"]", "[\\\"no\\\",7]", "is not a string"},
        {"[\\\"no\\\",\\\"yes\\\"]", "[\\\"no\\\",\\\"\\\\u0000\\\"]", "a JSON array"},
        {"[\\\"no\\\",\\\"yes\\\"]", "{\\\"no\\\":1,\\\"yes\\\":2}", "is not a string"},
        {"[\\\"no\\\",\\\"yes\\\"]", "", "a JSON array"},
        {",\\\"\\\",\\\"\\\"]", ",\\\"\\\"]", "2 feature_names; expected 3"},
        {"\"input_shift\":\"[0.5,", "\"input_shift\":\"[", "2 numbers as input_shift"},
        {"\"input_shift\":\"[0.5,", "\"input_shift\":\"[1e39,", "not a finite float32"},
        {"\"input_shift\":\"[0.5,", "\"input_shift\":\"[1e999,", "a JSON array"},
        {"\"input_shift\":\"[0.5,", "\"input_shift\":\"[null,", "not a finite float32"},
        {"\"input_shift\":\"[0.5,", "\"input_shift\":\"[\\\"0.5\\\",", "not a finite float32"},
        {"\"input_factor\"", "\"input_facto\"", "no input_factor"},
        {"\"target_factor\"", "\"target_facto\"", "no target_factor"},
        {"\"target_shift\"", "\"target_shif\"", "no target_shift"},
        {"\"class_weight\":\"[", "\"class_weight\":\"[1,1,", "4 numbers as class_weight"},
        {"\"__metadata__\"", "\"__metadat__\"", "no widths"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct model got;
        struct error error = {0};
        write_replaced(row[i][0], row[i][1]);
        enum status status = model_read(path, &got, &error);
        if (status != STATUS_BAD_DATA || !strstr(error.text, path) ||
            !strstr(error.text, row[i][2]))
            fail_msg("%s for %s: status %d: %s", row[i][1], row[i][0], (int)status, error.text);
    }
}

/* Metadata that claim much cost no memory: the file's size is looked at first. */
TEST(large_claims)
{
    struct mlp huge;
    struct model got;
    struct error error = {0};
    char module[MODEL_PYTHON_MAX], header[BYTES], bytes[BYTES] = {0}, written[IDX_FILES_PATH];
    assert_int_equal(mlp_init(&huge, 2000000000, NULL, 0, 1, &error), STATUS_OK);
    model_python(&huge, module, sizeof module);
    snprintf(header, sizeof header,
        "{\"__metadata__\":{\"module\":\"%s\",\"widths\":\"2000000000,1\","
        "\"activation\":\"none\"}}",
        module);
    size_t length = strlen(header);
    bytes[0] = (char)(length & 255);
    bytes[1] = (char)(length >> 8);
    memcpy(bytes + 8, header, length);
    idx_files_write_raw(written, "model.safetensors", bytes, 8 + length + 400);
    assert_int_equal(model_read(path, &got, &error), STATUS_BAD_DATA);
    assert_says(error.text, "2000000001 weights");
}

int main(void)
{
    return unit_run(begin, end);
}
