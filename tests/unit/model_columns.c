/* model_columns.c: a model whose columns are of every kind: its file gives the same inputs; a file
 * that is cut or has a wrong byte anywhere is refused, or is a model that can be used, and exported.
 */
#include "model/model_columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/encoding_fit.h"
#include "data/names.h"
#include "model/model.h"
#include "model/model_read.h"
#include "model/onnx/export.h"
#include "support/own_directory.h"
#include "support/unit.h"

enum { SAMPLES = 12, COLUMNS = 4, PARAMETERS_MOST = 64 };

static const char path[] = "model.safetensors";
static struct error error;
static struct dataset table;
static struct model model;
static float parameters[PARAMETERS_MOST];

/* Samples 6 and later are not for training. */
static void make_table(void)
{
    static const float values[SAMPLES * COLUMNS] = {1, 0, 3, 2, NAN, 1, 4, 7, 2, 0, 9, 7, 5, NAN, 1,
        7, 3, 2, 6, 7, 4, 3, 0, 7, 9, 4, 5, 1, NAN, NAN, NAN, NAN, 2, 2, 2, 2, 0, 1, 100, -100, -5,
        3, -1, 0, 1, 0, 1, 0};
    static const char words[] = "a\0b\0\"c\"\0d,\0late";
    table = (struct dataset){
        .name = "t", .samples = SAMPLES, .features = COLUMNS, .type = VALUE_F32, .table = true};
    assert_int_equal(dataset_take(&table, "t", &error), STATUS_OK);
    memcpy(table.values, values, sizeof values);
    table.levels.columns = COLUMNS;
    assert_int_equal(memory_take(&table.levels.first, COLUMNS + 1, 8, "t", &error), STATUS_OK);
    for (int c = 2; c <= COLUMNS; c++)
        table.levels.first[c] = 5;
    assert_int_equal(
        names_make(&table.levels.name, 5, words, sizeof words, "t", &error), STATUS_OK);
}

static void make_model(enum scale_kind scale, enum encode encode)
{
    const struct subset train = {.size = 6};
    struct encoding_choice choice = {scale, IMPUTE_MEDIAN, 3, encode, 4};
    model = (struct model){.criterion = {.kind = LOSS_MSE, .huber_delta = 1}};
    make_table();
    if (encoding_fit(&model.input, &choice, &table, &train, &error))
        fail_msg("%s", error.text);
    assert_int_equal(mlp_init(&model.mlp, model.input.inputs, NULL, 0, 1, &error), STATUS_OK);
    assert_in_range(model.mlp.parameters, 1, PARAMETERS_MOST);
    model.parameters = parameters;
    if (model_write(&directory_current, path, &model, &error))
        fail_msg("%s", error.text);
}

static void clear_model(void)
{
    model.parameters = NULL;
    model_clear(&model);
    dataset_clear(&table);
}

/* The same words by the codes of a model's levels, as a reader gives them. */
static void recode(const struct encoding *encoding, float row[COLUMNS])
{
    int64_t n = levels_in(&encoding->levels, 1);
    if (isnan(row[1]) || n == 0)
        return;
    int64_t code = names_find(
        levels_names(&encoding->levels, 1), n, levels_names(&table.levels, 1)[(int64_t)row[1]]);
    row[1] = (float)(code < 0 ? n : code);
}

/* Encodes all samples with a model that was read. */
static void encode_all(const struct encoding *encoding, float *x)
{
    for (int64_t i = 0; i < SAMPLES; i++) {
        float row[COLUMNS];
        memcpy(row, (const float *)table.values + i * COLUMNS, sizeof row);
        recode(encoding, row);
        struct dataset one = {.features = COLUMNS, .type = VALUE_F32, .values = row};
        encoding_row(encoding, vector_of(LEVEL_BASE), &one, 0, x + i * encoding->inputs);
    }
}

static const struct {
    enum scale_kind scale;
    enum encode encode;
} codes[] = {{SCALE_STANDARD, ENCODE_NONE}, {SCALE_ROBUST, ENCODE_NONE},
    {SCALE_QUANTILE, ENCODE_NONE}, {SCALE_NONE, ENCODE_PIECEWISE}};
enum { CODES = sizeof codes / sizeof *codes };

TEST_BETWEEN(files_give_the_same_inputs, own_directory_enter, own_directory_leave)
{
    for (int k = 0; k < CODES; k++) {
        struct model got;
        make_model(codes[k].scale, codes[k].encode);
        if (model_read(path, &got, &error))
            fail_msg("%s", error.text);
        assert_int_equal(got.input.columns, COLUMNS);
        assert_int_equal(got.input.inputs, model.input.inputs);
        int64_t inputs = model.input.inputs;
        float *want = calloc((size_t)(SAMPLES * inputs), sizeof *want),
              *x = calloc((size_t)(SAMPLES * inputs), sizeof *x);
        for (int64_t i = 0; i < SAMPLES; i++)
            encoding_row(&model.input, vector_of(LEVEL_BASE), &table, i, want + i * inputs);
        encode_all(&got.input, x);
        assert_memory_equal(x, want, (size_t)(SAMPLES * inputs) * sizeof *x);
        free(want);
        free(x);
        model_clear(&got);
        clear_model();
    }
}

/* --- export ---------------------------------------------------------------------------------- */

static enum status export(const char *name, size_t *size) {
    struct protobuf file; enum status status = onnx_export(&file, &name, 1, &error);
    *size = file.size;
    free(file.bytes);
    return status;
}

/* Whichever allocation fails, nothing is left behind (leaks show under AddressSanitizer). */
TEST_BETWEEN(export_without_memory, own_directory_enter, own_directory_leave)
{
    for (int k = 0; k < CODES; k++) {
        size_t size, all;
        int refused = 0;
        make_model(codes[k].scale, codes[k].encode);
        assert_int_equal(export(path, &all), STATUS_OK);
        assert_in_range(all, 1000, 100000);
        for (int nth = 1;; nth++, refused++) {
            memory_inject_failure(nth);
            enum status status = export(path, &size);
            if (memory_inject_failure(0) > 0)
                break;
            assert_int_equal(status, STATUS_NO_RESOURCE);
        }
        assert_int_equal(size, all);
        assert_true(refused > 20);
        clear_model();
    }
}

/* --- damage ---------------------------------------------------------------------------------- */

static int accepted;

static void attempt(void *context, const unsigned char *bytes, size_t size)
{
    struct model got;
    FILE *file = fopen("damaged", "wb");
    (void)context;
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    enum status status = model_read("damaged", &got, &error);
    if (status == STATUS_BAD_DATA) {
        assert_says(error.text, "damaged");
        return;
    }
    assert_int_equal(status, STATUS_OK);
    if (got.input.columns == COLUMNS) {
        float *x = calloc((size_t)(SAMPLES * got.input.inputs), sizeof *x);
        encode_all(&got.input, x);
        free(x);
        accepted++;
    }
    model_clear(&got);
    size_t exported;
    assert_int_equal(export("damaged", &exported), STATUS_OK);
}

static void damage(int k)
{
    unsigned char bytes[8192];
    make_model(codes[k].scale, codes[k].encode);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_in_range(size, 100, sizeof bytes - 1);
    const char *columns = memmem(bytes, size, "\"columns\"", 9);
    const char *end =
        columns ? memmem(columns, size - (size_t)(columns - (char *)bytes), "]\"", 2) : NULL;
    assert_non_null(end);
    accepted = 0;
    for (size_t at = (size_t)(columns - (char *)bytes); at < (size_t)(end - (char *)bytes) + 2;
         at++)
        for (int bit = 0; bit < 10; bit++) {
            unsigned char old = bytes[at];
            bytes[at] = (unsigned char)(bit == 8 ? '9' : bit == 9 ? '"' : old ^ 1 << bit);
            attempt(NULL, bytes, size);
            bytes[at] = old;
        }
    assert_true(accepted > 20); /* other names of levels, other knots */
    clear_model();
}

TEST_BETWEEN(any_byte_of_the_columns_changed, own_directory_enter, own_directory_leave)
{
    damage(0);
    damage(2);
}

/* --- what does not fit ----------------------------------------------------------------------- */

static void assert_refused(const char *says)
{
    struct model got;
    if (model_write(&directory_current, path, &model, &error))
        fail_msg("%s", error.text);
    enum status status = model_read(path, &got, &error);
    if (status != STATUS_BAD_DATA || !strstr(error.text, says))
        fail_msg("status %d \"%s\"; wanted \"... %s ...\"", status, status ? error.text : "", says);
}

TEST_BETWEEN(columns_must_fit_the_network, own_directory_enter, own_directory_leave)
{
    make_model(SCALE_STANDARD, ENCODE_NONE);
    int64_t inputs = model.input.inputs;
    assert_int_equal(mlp_init(&model.mlp, inputs + 1, NULL, 0, 1, &error), STATUS_OK);
    assert_refused("the columns of its metadata have 7 inputs, but its network has 8");
    assert_int_equal(mlp_init(&model.mlp, inputs, NULL, 0, 1, &error), STATUS_OK);
    free(model.input.fill);
    model.input.fill = NULL;
    assert_refused("input_fill");
    clear_model();
}
