/* data_encoding.c: columns become the inputs that scikit-learn makes of them
 * (tests/golden/encoding.json, which tests/golden/encoding writes), on every level and in every type;
 * an encoding read from a model's metadata gives the same inputs as the fitted one; refusals.
 */
#include "data/encoding_fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/encoding_counts.h"
#include "data/names.h"
#include "model/model_columns.h"
#include "support/golden.h"
#include "support/unit.h"

static struct error error;
static struct dataset table;
static struct subset train;
static struct encoding encoding;

static int clear(void **state)
{
    (void)state;
    dataset_clear(&table);
    encoding_clear(&encoding);
    return 0;
}

#define TEST_OF_TABLE(name) TEST_BETWEEN(name, NULL, clear)

/* --- tables ---------------------------------------------------------------------------------- */

/* Makes the table of samples x columns, all numbers. */
static float *make_numbers(int64_t samples, int64_t columns)
{
    table = (struct dataset){
        .name = "t", .samples = samples, .features = columns, .type = VALUE_F32, .table = true};
    train = (struct subset){.size = samples};
    assert_int_equal(
        memory_take(&table.values, (size_t)(samples * columns), sizeof(float), "t", &error), 0);
    return table.values;
}

/* Gives `n` levels, in texts of `size` bytes, to one column of a table, and none to the others. */
static void make_category(int64_t column, int64_t n, const char *text, size_t size)
{
    struct levels *levels = &table.levels;
    levels->columns = table.features;
    assert_int_equal(
        memory_take(&levels->first, (size_t)levels->columns + 1, sizeof(int64_t), "t", &error), 0);
    for (int64_t c = column; c < levels->columns; c++)
        levels->first[c + 1] = n;
    assert_int_equal(names_make(&levels->name, n, text, size, "t", &error), STATUS_OK);
}
#define CATEGORY_OF(column, n, text) make_category(column, n, text, sizeof(text))

/* Makes the table of a case of the oracle. */
static void make_case(const struct json *test)
{
    const struct json *columns = js_get(test, "columns");
    int64_t samples = golden_int(test, "samples"), n = (int64_t)js_size(columns), all = 0;
    float *values = make_numbers(samples, n);
    char *name[500];
    struct levels levels = {0};
    assert_int_equal(memory_take(&levels.first, (size_t)n + 1, sizeof(int64_t), "t", &error), 0);
    for (int64_t c = 0; c < n; c++) {
        const struct json *column = js_item(columns, (size_t)c), *own = js_get(column, "levels");
        for (size_t l = 0; l < js_size(own); l++)
            name[all++] = (char *)(uintptr_t)js_as_text(js_item(own, l));
        levels.first[c + 1] = all;
        for (int64_t i = 0; i < samples; i++) {
            double value = (double)NAN;
            js_as_real(js_item(js_get(column, "values"), (size_t)i), &value);
            values[i * n + c] = (float)value;
        }
    }
    levels.columns = all > 0 ? n : 0;
    if (all > 0)
        assert_int_equal(names_copy(&levels.name, name, all, "t", &error), STATUS_OK);
    else
        levels_clear(&levels);
    table.levels = levels;
    train.size = golden_int(test, "train");
}

static enum encode encode = ENCODE_NONE;

static enum status fit(enum scale_kind scale, enum impute impute, int64_t max_levels)
{
    encoding_clear(&encoding);
    return encoding_fit(&encoding, &(struct encoding_choice){scale, impute, max_levels, encode, 5},
        &table, &train, &error);
}

static void fit_case(const struct json *test)
{
    const char *impute = golden_text(test, "impute");
    enum impute kind = 0;
    while (strcmp(impute_words[kind], impute) != 0)
        kind++;
    make_case(test);
    if (fit(SCALE_NONE, kind, golden_int(test, "max_levels")))
        fail_msg("%s: %s", golden_text(test, "name"), error.text);
}

/* Writes the inputs of all samples to x [samples x inputs]. */
static void encode_all(const struct encoding *by, enum level level, float *x)
{
    struct encoding same = *by;
    same.loops = number_loops_of(level);
    for (int64_t i = 0; i < table.samples; i++)
        encoding_row(&same, vector_of(level), &table, i, x + i * by->inputs);
}

/* --- the oracle ------------------------------------------------------------------------------ */

static void each_case(void (*check)(const struct json *test))
{
    char path[FILE_PATH_MAX];
    assert_int_equal(file_path(path, golden_directory(), "encoding.json", &error), STATUS_OK);
    struct json *root = golden_parse(path);
    const struct json *cases = js_get(root, "cases");
    assert_int_equal(js_size(cases), 9);
    for (size_t i = 0; i < js_size(cases); i++) {
        fit_case(js_item(cases, i));
        check(js_item(cases, i));
        clear(NULL);
    }
    js_destroy(root);
}

static void check_inputs(const struct json *test)
{
    int64_t inputs = golden_int(test, "inputs"), n = inputs * table.samples;
    int64_t given = (int64_t)js_size(js_get(test, "place"));
    double *place = golden_reals(test, "place", given);
    double *some = golden_reals(test, "expected", given);
    double *expected = calloc((size_t)n, sizeof *expected);
    float *x = calloc((size_t)n, sizeof *x);
    for (int64_t i = 0; i < given; i++)
        expected[(int64_t)place[i]] = some[i];
    assert_int_equal(encoding.inputs, inputs);
    for (int level = LEVEL_BASE; level <= (int)level_highest(); level++) {
        encode_all(&encoding, (enum level)level, x);
        for (int64_t i = 0; i < n; i++)
            if (!(fabs((double)x[i] - expected[i]) <= 1e-6 * fabs(expected[i])))
                fail_msg("%s, sample %lld, input %lld: %g, not %g", golden_text(test, "name"),
                    (long long)(i / inputs), (long long)(i % inputs), (double)x[i], expected[i]);
    }
    free(place);
    free(some);
    free(expected);
    free(x);
}

TEST_OF_TABLE(inputs_are_those_of_scikit_learn)
{
    each_case(check_inputs);
}

/* --- models ---------------------------------------------------------------------------------- */

/* Replaces the codes of the table by those that a reader gives to the words for a model. */
static void read_for_model(const struct encoding *model)
{
    float *values = table.values;
    for (int64_t c = 0; c < table.features; c++) {
        int64_t n = levels_in(&model->levels, c);
        for (int64_t i = 0; i < table.samples && n > 0; i++) {
            float *value = &values[i * table.features + c];
            if (isnan(*value))
                continue;
            char *const *name = levels_names(&table.levels, c);
            int64_t code = names_find(levels_names(&model->levels, c), n, name[(int64_t)*value]);
            *value = (float)(code < 0 ? n : code);
        }
    }
}

static void check_model(const struct json *test)
{
    size_t bytes = (size_t)(encoding.inputs * table.samples) * sizeof(float);
    float *x = malloc(bytes), *again = malloc(bytes);
    struct encoding model = {.columns = encoding.inputs};
    encode_all(&encoding, LEVEL_BASE, x);
    if (encoding.column) {
        struct json *columns = model_columns_json(&encoding);
        if (model_columns_read(&model, columns, "m", &error))
            fail_msg("%s: %s", golden_text(test, "name"), error.text);
        js_destroy(columns);
    }
    model.scale = encoding.scale;
    model.fill = encoding.fill;
    assert_int_equal(encoding_complete(&model, &error), STATUS_OK);
    read_for_model(&model);
    encode_all(&model, LEVEL_BASE, again);
    assert_memory_equal(x, again, bytes);
    model.scale.shift = NULL;
    model.fill = NULL;
    encoding_clear(&model);
    free(x);
    free(again);
}

TEST_OF_TABLE(models_give_the_same_inputs)
{
    each_case(check_model);
}

/* --- codes of numbers ------------------------------------------------------------------------ */

static const struct {
    enum scale_kind scale;
    enum encode encode;
    enum number_kind kind;
} codes[] = {{SCALE_ROBUST, ENCODE_NONE, NUMBER_ROBUST},
    {SCALE_QUANTILE, ENCODE_NONE, NUMBER_QUANTILE},
    {SCALE_STANDARD, ENCODE_PIECEWISE, NUMBER_PIECEWISE}};

/* Fits a code to column c by itself. */
static void fit_code(struct number_code *code, enum number_kind kind, int64_t c)
{
    float x[500];
    const float *values = table.values;
    for (int64_t i = 0; i < train.size; i++)
        x[i] = values[subset_at(&train, i) * table.features + c];
    enum status status = kind == NUMBER_PIECEWISE
                             ? number_code_fit_bins(code, x, train.size, NULL, 5, &error)
                             : number_code_fit(code, kind, x, train.size, &error);
    assert_int_equal(status, STATUS_OK);
}

/* Compares the inputs of column c in x [samples x inputs] with those of its own code. */
static void check_code(const float *x, enum number_kind kind, int64_t c)
{
    struct number_code code;
    float expected[6];
    const float *values = table.values;
    const struct encoded_column *column = &encoding.column[c];
    fit_code(&code, kind, c);
    int64_t width = number_code_width(&code);
    assert_int_equal(column->inputs, width + column->missing);
    for (int64_t i = 0; i < table.samples; i++) {
        float value = values[i * table.features + c];
        number_code_apply(&code, isnan(value) ? encoding.fill[c] : value, expected);
        expected[width] = isnan(value) ? 1.0F : 0.0F;
        assert_memory_equal(x + i * encoding.inputs + column->input, expected,
            (size_t)column->inputs * sizeof *expected);
    }
    number_code_clear(&code);
}

/* On every level; with gaps and without, in training and after it. */
static void check_codes(const struct json *test)
{
    (void)test;
    for (size_t k = 0; k < sizeof codes / sizeof *codes; k++) {
        encode = codes[k].encode;
        assert_int_equal(fit(codes[k].scale, IMPUTE_MEDIAN, 64), STATUS_OK);
        assert_int_equal(encoding_is_piecewise(&encoding), encode == ENCODE_PIECEWISE);
        float *x = calloc((size_t)(encoding.inputs * table.samples), sizeof *x);
        for (int level = LEVEL_BASE; level <= (int)level_highest(); level++) {
            encode_all(&encoding, (enum level)level, x);
            for (int64_t c = 0; c < table.features; c++)
                if (encoding.column[c].kind != COLUMN_CATEGORY)
                    check_code(x, codes[k].kind, c);
        }
        free(x);
        encode = ENCODE_NONE;
    }
}

TEST_OF_TABLE(numbers_can_be_coded)
{
    each_case(check_codes);
}

/* Models keep the codes, also of a column whose values are all equal. */
static void check_models_of_codes(const struct json *test)
{
    for (size_t k = 0; k < sizeof codes / sizeof *codes; k++) {
        float *values = table.values;
        for (int64_t i = 0; i < table.samples; i++)
            values[(i + 1) * table.features - 1] = 7.0F;
        encode = codes[k].encode;
        assert_int_equal(fit(codes[k].scale, IMPUTE_MEDIAN, 4), STATUS_OK);
        encode = ENCODE_NONE;
        check_model(test);
        dataset_clear(&table);
        make_case(test);
    }
}

TEST_OF_TABLE(models_keep_codes)
{
    each_case(check_models_of_codes);
}

/* Without fill values, what is missing stays so. */
TEST_OF_TABLE(refused_gaps_give_nan)
{
    float *values = make_numbers(4, 1), x[4 * 6];
    memcpy(values, (float[]){1, 2, 3, NAN}, 4 * sizeof *values);
    train.size = 3;
    for (size_t k = 0; k < sizeof codes / sizeof *codes; k++) {
        encode = codes[k].encode;
        assert_int_equal(fit(codes[k].scale, IMPUTE_REFUSE, 64), STATUS_OK);
        encode = ENCODE_NONE;
        encode_all(&encoding, LEVEL_BASE, x);
        for (int64_t i = 0; i < encoding.inputs; i++)
            assert_true(!isnan(x[i]) && isnan(x[3 * encoding.inputs + i]));
    }
}

static void assert_columns_refused(const char *text, const char *says)
{
    struct json *columns;
    struct encoding model = {0};
    assert_int_equal(js_parse(text, strlen(text), "columns", &columns, &error), STATUS_OK);
    enum status status = model_columns_read(&model, columns, "m", &error);
    if (status != STATUS_BAD_DATA || !strstr(error.text, says))
        fail_msg("%s: status %d \"%s\"", text, status, status ? error.text : "");
    encoding_clear(&model);
    js_destroy(columns);
}

TEST(wrong_columns_of_models_are_refused)
{
#define NUMBER "{\"kind\": \"number\", \"missing\": true}"
#define CATEGORY(levels)                                                                           \
    "{\"kind\": \"category\", \"levels\": " levels ", \"missing\": false, \"other\": true}"
    assert_columns_refused("[]", "has no columns");
    assert_columns_refused("{}", "has no columns");
    assert_columns_refused("[1]", "column 0 (from 0) in the columns of its metadata needs a kind");
    assert_columns_refused("[" NUMBER ", {\"kind\": \"word\"}]", "column 1 (from 0)");
#define CODE(code) "[{\"kind\": \"number\", \"missing\": true, \"code\": " code "}]"
    assert_columns_refused(CODE("1"), "needs a code");
    assert_columns_refused(CODE("\"category\""), "needs a code");
    assert_columns_refused(CODE("\"piecewise\""), "needs \"knots\"");
    assert_columns_refused(CODE("\"quantile\", \"knots\": [2, 1]"), "needs \"knots\"");
    assert_columns_refused(CODE("\"piecewise\", \"knots\": [1, 1]"), "needs \"knots\"");
    assert_columns_refused(CODE("\"piecewise\", \"knots\": [1, 1e39]"), "needs \"knots\"");
    assert_columns_refused(CODE("\"piecewise\", \"knots\": [1, \"2\"]"), "needs \"knots\"");
    assert_columns_refused("[{\"kind\": \"number\", \"missing\": 1}]", "needs \"missing\"");
    assert_columns_refused(
        "[{\"kind\": \"category\", \"levels\": [\"a\"], \"missing\": true}]", "needs \"other\"");
    assert_columns_refused("[" CATEGORY("[]") "]", "needs \"levels\"");
    assert_columns_refused("[" CATEGORY("[\"a\", 1]") "]", "needs \"levels\"");
    assert_columns_refused("[" CATEGORY("[\"a\", \"b\", \"a\"]") "]", "needs different levels");
}

/* --- names, hashes --------------------------------------------------------------------------- */

static void assert_name(int64_t input, char *const *names, const char *expected)
{
    char name[ENCODING_NAME];
    assert_string_equal(encoding_input_name(&encoding, names, input, name), expected);
}

TEST_OF_TABLE(inputs_have_names)
{
    char age[] = "age", colour[] = "colour", size[] = "size", *names[] = {age, colour, size};
    float *values = make_numbers(5, 3);
    CATEGORY_OF(1, 3, "red\0green\0blue");
    memcpy(values, (float[]){1, 0, 1, NAN, 0, 2, 2, 1, 3, 4, 1, 4, 5, 2, 5}, 15 * sizeof *values);
    assert_int_equal(fit(SCALE_STANDARD, IMPUTE_MEDIAN, 3), STATUS_OK);
    assert_int_equal(encoding.inputs, 6);
    assert_name(0, names, "age");
    assert_name(1, names, "age is missing");
    assert_name(2, names, "colour=red");
    assert_name(4, names, "colour=blue");
    assert_name(5, names, "size");
    names[2] = (char[]){""};
    assert_name(5, names, "3 (\"\")");
    assert_name(1, NULL, "1 is missing");
    assert_int_equal(fit(SCALE_STANDARD, IMPUTE_MEDIAN, 2), STATUS_OK);
    assert_name(3, names, "colour=other");
    values[4] = NAN;
    assert_int_equal(fit(SCALE_STANDARD, IMPUTE_MEDIAN, 64), STATUS_OK);
    assert_name(5, names, "colour is missing");
    encode = ENCODE_PIECEWISE;
    assert_int_equal(fit(SCALE_NONE, IMPUTE_MEDIAN, 64), STATUS_OK);
    encode = ENCODE_NONE;
    assert_name(1, names, "age bin 2");
}

TEST_OF_TABLE(the_hash_sees_everything)
{
    float *values = make_numbers(6, 2), once = 7;
    CATEGORY_OF(1, 3, "a\0b\0c");
    memcpy(values, (float[]){1, 0, 2, 0, 3, 1, 4, 1, 5, 2, NAN, 0}, 12 * sizeof *values);
    uint64_t seen[6];
    int n = 0;
    assert_int_equal(fit(SCALE_NONE, IMPUTE_MEDIAN, 64), STATUS_OK);
    seen[n++] = encoding_hash(&encoding, 0);
    encoding.fill[0] += once;
    seen[n++] = encoding_hash(&encoding, 0);
    assert_int_equal(fit(SCALE_STANDARD, IMPUTE_MEDIAN, 64), STATUS_OK);
    seen[n++] = encoding_hash(&encoding, 0);
    assert_int_equal(fit(SCALE_NONE, IMPUTE_MEDIAN, 2), STATUS_OK);
    seen[n++] = encoding_hash(&encoding, 0);
    encoding.slot[0] = 3;
    seen[n++] = encoding_hash(&encoding, 0);
    values[10] = 6; /* without an indicator */
    assert_int_equal(fit(SCALE_NONE, IMPUTE_MEDIAN, 64), STATUS_OK);
    seen[n++] = encoding_hash(&encoding, 0);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            assert_true(seen[i] != seen[j]);
}

/* --- scaling, types -------------------------------------------------------------------------- */

/* Statistics are those of the values that are present, and what fills a gap is scaled with them. */
TEST_OF_TABLE(present_values_are_scaled)
{
    enum { PRESENT = 5 };
    float *values = make_numbers(8, 1), *plain;
    memcpy(values, (float[]){NAN, 3, 1, NAN, 8, 4, NAN, 2}, 8 * sizeof *values);
    assert_int_equal(fit(SCALE_STANDARD, IMPUTE_MEDIAN, 64), STATUS_OK);
    float x[16], shift = encoding.scale.shift[0], factor = encoding.scale.factor[0];
    encode_all(&encoding, LEVEL_BASE, x);
    for (int i = 0; i < 8; i++) {
        bool missing = isnan(values[i]);
        assert_true(x[2 * i] == ((missing ? 3 : values[i]) - shift) * factor);
        assert_true(x[2 * i + 1] == (missing ? 1.0F : 0.0F));
    }
    dataset_clear(&table);
    plain = make_numbers(PRESENT, 1);
    memcpy(plain, (float[]){3, 1, 8, 4, 2}, PRESENT * sizeof *plain);
    assert_int_equal(fit(SCALE_STANDARD, IMPUTE_MEDIAN, 64), STATUS_OK);
    assert_null(encoding.column);
    assert_true(shift == encoding.scale.shift[0] && factor == encoding.scale.factor[0]);
}

/* Values that are missing for the first time after training, among many that are not. */
TEST_OF_TABLE(late_gaps_are_filled)
{
    enum { COLUMNS = 37 };
    float *values = make_numbers(4, COLUMNS), x[COLUMNS];
    for (int i = 0; i < 4 * COLUMNS; i++)
        values[i] = (float)(i * 7 % 11);
    train.size = 3;
    values[3 * COLUMNS] = values[3 * COLUMNS + 20] = NAN;
    assert_int_equal(fit(SCALE_UNIT, IMPUTE_MEDIAN, 64), STATUS_OK);
    assert_null(encoding.column);
    encoding_row(&encoding, vector_of(level_highest()), &table, 3, x);
    for (int c = 0; c < COLUMNS; c++) {
        float value = isnan(values[3 * COLUMNS + c]) ? encoding.fill[c] : values[3 * COLUMNS + c];
        assert_true(x[c] == (value - encoding.scale.shift[c]) * encoding.scale.factor[c]);
    }
}

TEST_OF_TABLE(doubles_can_be_missing_too)
{
    double *values;
    make_numbers(4, 2);
    assert_int_equal(memory_take(&values, 8, sizeof *values, "t", &error), STATUS_OK);
    memcpy(values, (double[]){1, 5, (double)NAN, 6, 3, 7, 2, 8}, 8 * sizeof *values);
    free(table.values);
    table.values = values;
    table.type = VALUE_F64;
    assert_int_equal(fit(SCALE_NONE, IMPUTE_MEAN, 64), STATUS_OK);
    float x[12];
    encode_all(&encoding, LEVEL_BASE, x);
    assert_memory_equal(x, ((float[]){1, 0, 5, 2, 1, 6, 3, 0, 7, 2, 0, 8}), sizeof x);
}

/* --- counts ---------------------------------------------------------------------------------- */

static void assert_counts(const char *expected)
{
    char age[] = "age", colour[] = "colour", size[] = "size", hair[] = "hair";
    char *names[] = {age, colour, size, hair}, text[ENCODING_COUNTS_TEXT];
    struct encoding_counts counts;
    assert_int_equal(encoding_counts_init(&counts, &encoding, &error), STATUS_OK);
    encoding_counts_add(&counts, vector_of(level_highest()), &table);
    assert_string_equal(encoding_counts_text(&counts, names, text), expected);
    encoding_counts_clear(&counts);
}

/* Training has gaps in age, and two of three colours. */
TEST_OF_TABLE(values_without_inputs_are_counted)
{
    float *values = make_numbers(6, 4);
    CATEGORY_OF(1, 3, "red\0green\0blue");
    memcpy(values,
        (float[]){
            NAN, 0, 1, 5, 2, 1, 2, 6, 3, 0, 3, 7, NAN, 2, NAN, NAN, 4, NAN, NAN, NAN, 5, 3, 6, 8},
        24 * sizeof *values);
    train.size = 3;
    assert_int_equal(fit(SCALE_STANDARD, IMPUTE_MEDIAN, 64), STATUS_OK);
    encoding.column[1].codes = 2; /* as when data are read for the model */
    assert_counts(
        "colour: 2 and 1 missing (all its inputs are 0); size: 2 missing (as 2); hair: 2 missing "
        "(as 6)");
    encoding.column[1].other = true;
    table.samples = 4;
    assert_counts("colour: 1 (as other); size: 1 missing (as 2); hair: 1 missing (as 6)");
    values[4] = NAN;
    train.size = 4;
    table.samples = 3;
    assert_int_equal(fit(SCALE_STANDARD, IMPUTE_MEDIAN, 64), STATUS_OK);
    assert_counts("");
}

TEST_OF_TABLE(scaled_columns_are_counted)
{
    float *values = make_numbers(3, 4);
    for (int i = 0; i < 12; i++)
        values[i] = (float)i;
    train.size = 2;
    assert_int_equal(fit(SCALE_STANDARD, IMPUTE_MEDIAN, 64), STATUS_OK);
    assert_null(encoding.column);
    assert_counts("");
    for (int c = 0; c < 4; c++)
        values[8 + c] = NAN;
    assert_counts("age: 1 missing (as 2); colour: 1 missing (as 3); size: 1 missing (as 4); and 1 "
                  "more column");
}

/* --- refusals -------------------------------------------------------------------------------- */

static void assert_refused(enum impute impute, const char *says)
{
    enum status status = fit(SCALE_STANDARD, impute, 64);
    if (status != STATUS_BAD_DATA || !strstr(error.text, says))
        fail_msg("status %d \"%s\"; wanted \"... %s ...\"", status, error.text, says);
}

TEST_OF_TABLE(columns_without_values_are_refused)
{
    float *values = make_numbers(3, 2);
    memcpy(values, (float[]){1, NAN, 2, NAN, NAN, 3}, 6 * sizeof *values);
    train.size = 2;
    table.first_line = 2;
    assert_refused(IMPUTE_MEDIAN, "t: feature 2 is missing in all 2 training samples");
    CATEGORY_OF(1, 1, "late");
    assert_refused(IMPUTE_REFUSE, "t: feature 2 is missing in all 2 training samples");
    values[0] = values[2] = NAN;
    assert_refused(IMPUTE_MEDIAN,
        "features 1,2 are missing in all 2 training samples; omit these columns (--ignore)");
    values[0] = 1;
    values[2] = 2;
    values[1] = 0;
    assert_int_equal(fit(SCALE_NONE, IMPUTE_REFUSE, 64), STATUS_OK);
    values[0] = NAN;
    assert_refused(IMPUTE_REFUSE, "t: feature 1 is missing in line 2, which --impute refuse");
    values[0] = INFINITY;
    assert_refused(IMPUTE_MEDIAN, "t: feature 0 of line 2 is inf");
}

TEST_OF_TABLE(memory_may_run_out)
{
    float *values = make_numbers(6, 2);
    enum status status = STATUS_NO_RESOURCE;
    CATEGORY_OF(1, 3, "a\0b\0c");
    memcpy(values, (float[]){1, 0, 2, 0, 3, 1, 4, 1, 5, 2, NAN, 0}, 12 * sizeof *values);
    for (int nth = 1; status; nth++) {
        memory_inject_failure(nth);
        status = fit(SCALE_STANDARD, IMPUTE_MEDIAN, 2);
        assert_true(status == STATUS_OK || (status == STATUS_NO_RESOURCE && !encoding.column));
        assert_true(nth < 30);
    }
    memory_inject_failure(0);
}
