/* library.c: the functions of the C interface on data in memory: what they refuse, what they leave, and
 * the bits that they give. */
#include "lockstep/lockstep.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "support/arrow_frame.h"
#include "support/library.h"
#include "support/own_directory.h"
#include "support/unit.h"

static struct lockstep_error error;
static struct library_arrays arrays;
static const char *const nothing[] = {NULL};

/* --- helpers -------------------------------------------------------------------------------- */

static void assert_refused(int status, int wanted, const char *says)
{
    if (status != wanted || error.status != wanted || !strstr(error.message, says))
        fail_msg("status %d (%d) \"%s\"; wanted %d \"... %s ...\"", status, error.status,
            error.message, wanted, says);
}

static void assert_table_refused(const struct lockstep_table *table, int wanted, const char *says)
{
    struct lockstep_dataset *dataset = (struct lockstep_dataset *)&error;
    assert_refused(lockstep_dataset_from_table(&dataset, table, &error), wanted, says);
    assert_null(dataset);
}

static struct lockstep_table fresh_table(void)
{
    library_fill(&arrays);
    return library_table(&arrays);
}

/* Trains on a table. */
static struct lockstep_model *fit(const struct lockstep_table *table, const char *const *more)
{
    struct lockstep_options *options = library_options(more);
    struct lockstep_dataset *data = library_dataset(table);
    struct lockstep_model *model;
    const struct lockstep_sets sets = {.train = data};
    if (lockstep_fit(&model, options, &sets, NULL, NULL, NULL, &error))
        fail_msg("%s", error.message);
    lockstep_dataset_free(data);
    lockstep_options_free(options);
    return model;
}

static uint64_t hash_of_fit(const struct lockstep_table *table, const char *const *more)
{
    struct lockstep_model *model = fit(table, more);
    uint64_t hash = lockstep_model_hash(model);
    lockstep_model_free(model);
    return hash;
}

/* --- NULL ----------------------------------------------------------------------------------- */

TEST(test_null_where_it_is_not_allowed)
{
    const struct lockstep_table table = fresh_table(), no_x = {.samples = 1, .features = 1};
    struct lockstep_options *options = library_options(nothing);
    struct lockstep_dataset *data = library_dataset(&table), *dataset;
    struct lockstep_model *model = fit(&table, nothing), *other;
    struct ArrowArrayStream stream = {0};
    struct lockstep_metrics metrics;
    struct lockstep_result result;
    const struct lockstep_sets none = {0};
    const struct lockstep_shape shape = {150, 4, 3, 0};
    float out[LIBRARY_SAMPLES];
    size_t size;
    void *bytes;
    char *json;
    const struct {
        int status;
        const char *says;
    } call[] = {{lockstep_options_set(NULL, "lr", "1", &error), error.message},
        {lockstep_options_set(options, NULL, "1", &error), ""},
        {lockstep_dataset_from_table(NULL, &table, &error), ""},
        {lockstep_dataset_from_table(&dataset, NULL, &error), ""},
        {lockstep_dataset_from_table(&dataset, &no_x, &error), ""},
        {lockstep_dataset_read(NULL, "x.csv", LOCKSTEP_TRAIN, NULL, NULL, &error), ""},
        {lockstep_dataset_read(&dataset, NULL, LOCKSTEP_TRAIN, NULL, NULL, &error), ""},
        {lockstep_dataset_from_arrow(NULL, &stream, NULL, NULL, NULL, &error), ""},
        {lockstep_dataset_from_arrow(&dataset, NULL, NULL, NULL, NULL, &error), ""},
        {lockstep_fit(NULL, options, &none, NULL, NULL, NULL, &error), ""},
        {lockstep_fit(&other, options, NULL, NULL, NULL, NULL, &error), ""},
        {lockstep_fit(&other, options, &none, NULL, NULL, NULL, &error), ""},
        {lockstep_model_load(NULL, "m", &error), ""},
        {lockstep_model_load(&other, NULL, &error), ""},
        {lockstep_model_save(NULL, "m", &error), ""},
        {lockstep_model_save(model, NULL, &error), ""},
        {lockstep_model_from_bytes(NULL, "m", 1, &error), ""},
        {lockstep_model_from_bytes(&other, NULL, 1, &error), ""},
        {lockstep_model_to_bytes(NULL, &bytes, &size, &error), ""},
        {lockstep_model_to_bytes(model, NULL, &size, &error), ""},
        {lockstep_model_to_bytes(model, &bytes, NULL, &error), ""},
        {lockstep_predict(NULL, data, LOCKSTEP_CLASSES, 1, out, LIBRARY_SAMPLES, &error), ""},
        {lockstep_predict(model, NULL, LOCKSTEP_CLASSES, 1, out, LIBRARY_SAMPLES, &error), ""},
        {lockstep_predict(model, data, LOCKSTEP_CLASSES, 1, NULL, LIBRARY_SAMPLES, &error), ""},
        {lockstep_evaluate(NULL, data, 1, &metrics, &error), ""},
        {lockstep_evaluate(model, NULL, 1, &metrics, &error), ""},
        {lockstep_evaluate(model, data, 1, NULL, &error), ""},
        {lockstep_train(1, NULL, NULL, &result), ""}, {lockstep_train(-1, nothing, NULL, NULL), ""},
        {lockstep_train(2, (const char *const[]){"--epochs", NULL}, NULL, NULL), ""},
        {lockstep_plan(NULL, options, &shape, &error), ""},
        {lockstep_plan(&json, options, NULL, &error), "shape is NULL"}};
    for (size_t i = 0; i < sizeof call / sizeof *call; i++)
        if (call[i].status != LOCKSTEP_USAGE)
            fail_msg("call %zu: status %d", i, call[i].status);
    assert_says(error.message, "is NULL");
    dataset = (struct lockstep_dataset *)&error;
    other = (struct lockstep_model *)&error;
    lockstep_dataset_read(&dataset, NULL, LOCKSTEP_TRAIN, NULL, NULL, &error);
    assert_null(dataset);
    lockstep_model_load(&other, NULL, &error);
    assert_null(other);
    other = (struct lockstep_model *)&error;
    lockstep_model_from_bytes(&other, NULL, 1, &error);
    assert_null(other);
    assert_null(bytes);
    assert_null(json);
    lockstep_options_free(options);
    lockstep_dataset_free(data);
    lockstep_model_free(model);
}

TEST(test_null_where_it_is_allowed)
{
    const struct lockstep_table table = fresh_table();
    lockstep_options_free(NULL);
    lockstep_dataset_free(NULL);
    lockstep_model_free(NULL);
    lockstep_free(NULL);
    assert_int_equal(lockstep_dataset_shape(NULL).samples, 0);
    assert_string_equal(lockstep_dataset_note(NULL), "");
    assert_int_equal(lockstep_model_shape(NULL).features, 0);
    assert_true(lockstep_model_hash(NULL) == 0);
    assert_null(lockstep_model_feature_name(NULL, 0));
    assert_null(lockstep_model_output_name(NULL, 0));
    assert_int_equal(lockstep_dataset_from_table(NULL, &table, NULL), LOCKSTEP_USAGE);
    struct lockstep_dataset *data = library_dataset(&table);
    struct lockstep_model *model; /* all options have defaults */
    assert_int_equal(
        lockstep_fit(&model, NULL, &(struct lockstep_sets){.train = data}, NULL, NULL, NULL, NULL),
        LOCKSTEP_OK);
    assert_null(lockstep_model_feature_name(model, 0));
    lockstep_model_free(model);
    lockstep_dataset_free(data);
}

/* --- options -------------------------------------------------------------------------------- */

TEST(test_options)
{
    struct lockstep_options *options = lockstep_options_create();
    static const struct {
        const char *name, *value, *says;
    } wrong[] = {{"epoch", "3", "did you mean epochs?"}, {"", "3", "unknown option"},
        {"epochs", "0", "option epochs: \"0\""}, {"lr", "fast", "option lr"},
        {"optimizer", "adamx", "adam"}, {"out", "runs/x", "about the files"},
        {"data", "x.csv", "about the files"}, {"progress", "off", "about the files"},
        {"resume", "x", "about the files"}, {"top-k", "3", "training has no option top-k"},
        {"--lr", "1", "unknown option"}, {"tensorboard", "on", "about the files"},
        {"log-csv", "on", "about the files"}, {"samples", "data", "about the files"},
        {"features", "3", "about the files"}, {"outputs", "3", "about the files"},
        {"measure", "on", "about the files"}, {"json", "on", "about the files"},
        {"verify-every", "-1", "verify-every"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(lockstep_options_set(options, wrong[i].name, wrong[i].value, &error),
            LOCKSTEP_USAGE, wrong[i].says);
    assert_int_equal(lockstep_options_set(options, "lr", "0.5", &error), LOCKSTEP_OK);
    assert_string_equal(error.message, "");
    assert_int_equal(lockstep_options_set(options, "lr", NULL, &error), LOCKSTEP_OK);
    lockstep_options_free(options);
}

/* An option that is set again, or unset, has no trace. */
/* The list has every option that can be set, each once. */
TEST(test_list_of_options)
{
    struct lockstep_options *options = lockstep_options_create();
    int n = 0;
    for (; lockstep_option_at(n).name; n++) {
        struct lockstep_option option = lockstep_option_at(n);
        assert_true(*option.help != '\0');
        assert_int_equal(lockstep_options_set(options, option.name, NULL, NULL), LOCKSTEP_OK);
    }
    assert_in_range(n, 50, 200);
    assert_null(lockstep_option_at(-1).name);
    assert_null(lockstep_option_at(n + 1).name);
    assert_null(lockstep_option_at(1 << 30).name);
    lockstep_options_free(options);
}

TEST(test_options_are_replaced_and_unset)
{
    const struct lockstep_table table = fresh_table();
    static const char *const twice[] = {"lr", "0.5", "lr", "0.02", "seed", "9", "seed", NULL, NULL};
    uint64_t plain = hash_of_fit(&table, nothing);
    struct lockstep_options *options = library_options(nothing);
    for (int i = 0; i < 8; i += 2)
        assert_int_equal(lockstep_options_set(options, twice[i], twice[i + 1], NULL), LOCKSTEP_OK);
    struct lockstep_dataset *data = library_dataset(&table);
    struct lockstep_fit_result result;
    struct lockstep_model *model;
    assert_int_equal(lockstep_fit(&model, options, &(struct lockstep_sets){.train = data}, NULL,
                         NULL, &result, &error),
        LOCKSTEP_OK);
    assert_true(result.weights_xxh3 == plain);
    assert_true(lockstep_model_hash(model) == plain);
    assert_string_equal(result.stopped_by, "epochs");
    assert_int_equal(result.steps, 15);
    assert_int_equal(result.epochs, 3);
    assert_true(isnan(result.validation.loss) && result.test.samples == 0);
    lockstep_model_free(model);
    lockstep_dataset_free(data);
    lockstep_options_free(options);
}

/* Contradictions of options are found when they are used. */
TEST(test_options_that_do_not_fit_the_data)
{
    const struct lockstep_table table = fresh_table();
    struct lockstep_dataset *data = library_dataset(&table);
    static const struct {
        const char *name, *value, *says;
    } wrong[] = {{"val-split", "150", "val"}, {"loss", "mse", "loss"}, {"batch", "151", "batch"},
        {"early-stop", "val_loss", "val"}, {"init-from", "/nowhere/x", "/nowhere/x"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const more[] = {wrong[i].name, wrong[i].value, "drop-last", "on", NULL};
        struct lockstep_options *options = library_options(more);
        struct lockstep_model *model = (struct lockstep_model *)&error;
        int status = lockstep_fit(
            &model, options, &(struct lockstep_sets){.train = data}, NULL, NULL, NULL, &error);
        if (status == 0 || !strstr(error.message, wrong[i].says))
            fail_msg("%s: status %d: %s", wrong[i].name, status, error.message);
        assert_null(model);
        lockstep_options_free(options);
    }
    lockstep_dataset_free(data);
}

/* --- tables --------------------------------------------------------------------------------- */

TEST(test_sizes_of_tables)
{
    static const struct {
        int64_t samples, features, classes, outputs;
    } wrong[] = {{0, 4, 3, 0}, {-1, 4, 3, 0}, {150, 0, 3, 0}, {150, -4, 3, 0}, {150, 4, 1, 0},
        {150, 4, -3, 0}, {150, 4, 0, 0}, {150, 4, 0, -1}, {150, 4, 3, 1}, {150, 4, 3, -1},
        {150, 4, INT64_MAX, 0}, {150, 4, 0, INT64_MAX}, {INT64_MAX, 4, 3, 0},
        {INT64_MAX / 2, 2, 0, 1}, {150, INT64_MAX, 3, 0}, {INT64_MAX, INT64_MAX, 3, 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct lockstep_table table = fresh_table();
        table.samples = wrong[i].samples;
        table.features = wrong[i].features;
        table.classes = wrong[i].classes;
        table.outputs = wrong[i].outputs;
        assert_table_refused(&table, LOCKSTEP_USAGE, "");
    }
}

TEST(test_strides_and_types)
{
    static const int64_t wrong[][2] = {{INT64_MAX, 4}, {INT64_MIN, 4}, {16, INT64_MAX / 2},
        {INT64_MAX / 100, -4}, {16, INT64_MIN}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct lockstep_table table = fresh_table();
        memcpy(table.x.stride, wrong[i], sizeof wrong[i]);
        assert_table_refused(&table, LOCKSTEP_USAGE, "stride");
    }
    for (int type = -1; type <= LOCKSTEP_F64 + 1; type += LOCKSTEP_F64 + 2) {
        struct lockstep_table table = fresh_table();
        table.x.type = (enum lockstep_type)type;
        assert_table_refused(&table, LOCKSTEP_USAGE, "x: ");
        table = fresh_table();
        table.y.type = (enum lockstep_type)type;
        assert_table_refused(&table, LOCKSTEP_USAGE, "y: ");
        table = fresh_table();
        table.weight = (struct lockstep_array){arrays.weight, (enum lockstep_type)type, {0, 0}};
        assert_table_refused(&table, LOCKSTEP_USAGE, "weight: ");
    }
}

TEST(test_values_of_tables)
{
    struct lockstep_table table = fresh_table();
    arrays.x[7][2] = INFINITY;
    assert_table_refused(&table, LOCKSTEP_BAD_DATA, "x, row 7, column 2 (both from 0) is inf");
    arrays.x[7][2] = NAN; /* missing */
    lockstep_dataset_free(library_dataset(&table));
    arrays.y[3] = LIBRARY_CLASSES;
    assert_table_refused(&table, LOCKSTEP_BAD_DATA, "y, row 3 (from 0) is 3");
    arrays.y[3] = -1;
    assert_table_refused(&table, LOCKSTEP_BAD_DATA, "y, row 3 (from 0) is -1");
    table = fresh_table();
    table.classes = 0;
    table.outputs = 2;
    table.y = (struct lockstep_array){arrays.target, LOCKSTEP_F32, {0, 0}};
    lockstep_dataset_free(library_dataset(&table));
    arrays.target[5][1] = NAN;
    assert_table_refused(&table, LOCKSTEP_BAD_DATA, "y, row 5, column 1 (both from 0) is");
    arrays.target[5][1] = -INFINITY;
    assert_table_refused(&table, LOCKSTEP_BAD_DATA, "is -inf");
}

TEST(test_labels_that_are_not_whole)
{
    double y[LIBRARY_SAMPLES];
    struct lockstep_table table = fresh_table();
    table.y = (struct lockstep_array){y, LOCKSTEP_F64, {0, 0}};
    for (int i = 0; i < LIBRARY_SAMPLES; i++)
        y[i] = arrays.y[i];
    uint64_t want = hash_of_fit(&table, nothing);
    table.y = (struct lockstep_array){arrays.y, LOCKSTEP_I32, {0, 0}};
    assert_true(hash_of_fit(&table, nothing) == want);
    table.y = (struct lockstep_array){y, LOCKSTEP_F64, {0, 0}};
    static const double wrong[] = {0.5, -0.25, 1e300, NAN, INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        y[9] = wrong[i];
        assert_table_refused(&table, LOCKSTEP_BAD_DATA, "y, row 9 (from 0)");
    }
}

TEST(test_weights_and_groups)
{
    static const float wrong[] = {-1, NAN, INFINITY, -INFINITY, 2e30F};
    static const double wrong_group[] = {0.5, NAN, INFINITY, 0x1p60};
    double group[LIBRARY_SAMPLES] = {0};
    struct lockstep_table table = fresh_table();
    table.weight = (struct lockstep_array){arrays.weight, LOCKSTEP_F32, {0, 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        arrays.weight[4] = wrong[i];
        assert_table_refused(&table, LOCKSTEP_BAD_DATA, "weight, row 4");
    }
    table = fresh_table();
    table.group = (struct lockstep_array){group, LOCKSTEP_F64, {0, 0}};
    for (size_t i = 0; i < sizeof wrong_group / sizeof *wrong_group; i++) {
        group[6] = wrong_group[i];
        assert_table_refused(&table, LOCKSTEP_BAD_DATA, "group, row 6");
    }
}

TEST(test_names_and_levels)
{
    const char *feature[] = {"a", "b", NULL, "d"}, *classes[] = {"x", "\xff", "z"};
    const char *level[] = {"red", "green", "blue"};
    int64_t levels[] = {0, 0, 0, 3};
    struct lockstep_table table = fresh_table();
    table.feature_name = feature;
    assert_table_refused(&table, LOCKSTEP_USAGE, "feature name 2 (from 0) is NULL");
    feature[2] = "c";
    table.class_name = classes;
    assert_table_refused(&table, LOCKSTEP_USAGE, "class name 1 (from 0) is not UTF-8");
    classes[1] = "y";
    table.levels = levels;
    assert_table_refused(&table, LOCKSTEP_USAGE, "the levels have no names");
    table.level_name = level;
    struct lockstep_model *model = fit(&table, nothing);
    assert_string_equal(lockstep_model_feature_name(model, 2), "c");
    assert_null(lockstep_model_feature_name(model, 4));
    assert_null(lockstep_model_feature_name(model, -1));
    assert_string_equal(lockstep_model_output_name(model, 1), "y");
    assert_null(lockstep_model_output_name(model, 3));
    assert_int_equal(lockstep_model_shape(model).features, 4);
    assert_int_equal(lockstep_model_shape(model).classes, 3);
    lockstep_model_free(model);
    levels[3] = -1;
    assert_table_refused(&table, LOCKSTEP_USAGE, "-1 levels");
    levels[3] = INT64_MAX;
    assert_table_refused(&table, LOCKSTEP_USAGE, "levels");
    level[1] = "\xc3";
    levels[3] = 3;
    assert_table_refused(&table, LOCKSTEP_USAGE, "level name 1 (from 0) is not UTF-8");
}

/* A model finds classes and levels by their names, so two of the same name are refused before the
 * training, not after it. The columns of a table are found by name and place, so they may share one. */
TEST(test_names_that_are_equal)
{
    const char *feature[] = {"a", "a", "c", "a"}, *classes[] = {"x", "y", "x"};
    const char *level[] = {"red", "green", "red", "blue", "green"};
    int64_t levels[] = {0, 2, 0, 3};
    struct lockstep_table table = fresh_table();
    table.class_name = classes;
    assert_table_refused(
        &table, LOCKSTEP_USAGE, "classes 0 and 2 (from 0) are both \"x\"; their names must differ");
    classes[2] = "z";
    table.feature_name = feature;
    lockstep_model_free(fit(&table, nothing));
    table.levels = levels;
    table.level_name = level;
    lockstep_dataset_free(library_dataset(&table)); /* two features have the level red */
    level[4] = "red";
    assert_table_refused(
        &table, LOCKSTEP_USAGE, "feature 3, levels 0 and 2 (from 0) are both \"red\"");
}

/* --- arrays --------------------------------------------------------------------------------- */

/* Any strides, and values used where they are, give the bits of a packed copy. */
TEST(test_strided_and_borrowed_arrays)
{
    enum { N = LIBRARY_SAMPLES, M = LIBRARY_FEATURES };
    static float columns[M][N], backwards[N][M], wide[N][2 * M];
    static char unaligned[N * M * sizeof(float) + 1];
    struct lockstep_table table = fresh_table();
    uint64_t want = hash_of_fit(&table, nothing);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < M; j++) {
            columns[j][i] = backwards[N - 1 - i][M - 1 - j] = wide[i][2 * j] = arrays.x[i][j];
            wide[i][2 * j + 1] = INFINITY; /* never read */
        }
    memcpy(unaligned + 1, arrays.x, sizeof arrays.x);
    const struct lockstep_array array[] = {{columns, LOCKSTEP_F32, {4, 4 * N}},
        {&backwards[N - 1][M - 1], LOCKSTEP_F32, {-4 * M, -4}}, {wide, LOCKSTEP_F32, {8 * M, 8}},
        {unaligned + 1, LOCKSTEP_F32, {0, 0}}, {arrays.x, LOCKSTEP_F32, {4 * M, 4}}};
    for (size_t i = 0; i < sizeof array / sizeof *array; i++)
        for (int borrows = 0; borrows < 2; borrows++) {
            table.x = array[i];
            table.borrows = borrows;
            if (hash_of_fit(&table, nothing) != want)
                fail_msg("array %zu, %s", i, borrows ? "borrowed" : "copied");
        }
}

/* Every type gives the bits of the same numbers as float32. */
TEST(test_types_of_numbers)
{
    enum { N = LIBRARY_SAMPLES, M = LIBRARY_FEATURES };
    static uint8_t u8[N][M];
    static int8_t i8[N][M];
    static uint16_t u16[N][M];
    static int16_t i16[N][M];
    static uint32_t u32[N][M];
    static int32_t i32[N][M];
    static uint64_t u64[N][M];
    static int64_t i64[N][M];
    static double f64[N][M];
    struct lockstep_table table = fresh_table();
    for (int i = 0; i < N; i++)
        for (int j = 0; j < M; j++) {
            int value = (int)(100 * arrays.x[i][j]) % 100;
            u8[i][j] = (uint8_t)value;
            i8[i][j] = (int8_t)value;
            u16[i][j] = (uint16_t)value;
            i16[i][j] = (int16_t)value;
            u32[i][j] = (uint32_t)value;
            i32[i][j] = value;
            u64[i][j] = (uint64_t)value;
            i64[i][j] = value;
            f64[i][j] = arrays.x[i][j] = (float)value;
        }
    static const void *const data[] = {u8, arrays.x, i8, u16, i16, u32, i32, u64, i64, f64};
    static const char *const scale[] = {"scale", "standard", NULL}; /* auto depends on the type */
    uint64_t want = hash_of_fit(&table, scale);
    for (int type = LOCKSTEP_U8; type <= LOCKSTEP_F64; type++) {
        table.x = (struct lockstep_array){data[type], (enum lockstep_type)type, {0, 0}};
        if (hash_of_fit(&table, scale) != want)
            fail_msg("type %d has other bits", type);
    }
}

/* --- training ------------------------------------------------------------------------------- */

struct watch {
    int64_t steps, evaluations, epochs, messages, stop_at;
    struct lockstep_progress last;
};

static int on_progress(void *context, const struct lockstep_progress *progress)
{
    struct watch *watch = context;
    int64_t *const count[] = {&watch->steps, &watch->evaluations, &watch->epochs};
    watch->last = *progress;
    *count[progress->event] += 1;
    return progress->event == LOCKSTEP_AFTER_STEP && progress->step == watch->stop_at;
}

static void on_message(void *context, const char *text)
{
    struct watch *watch = context;
    watch->messages += *text != '\0';
}

TEST(test_callbacks)
{
    const struct lockstep_table table = fresh_table();
    static const char *const more[] = {"val-split", "30", "epochs", "4", NULL};
    struct lockstep_options *options = library_options(more);
    struct lockstep_dataset *data = library_dataset(&table);
    struct lockstep_fit_result result;
    struct watch watch = {0};
    const struct lockstep_callbacks callbacks = {
        .context = &watch, .progress = on_progress, .message = on_message};
    const struct lockstep_sets sets = {.train = data};
    struct lockstep_model *whole, *stopped;
    assert_int_equal(
        lockstep_fit(&whole, options, &sets, &callbacks, NULL, &result, &error), LOCKSTEP_OK);
    assert_int_equal(watch.steps, 16);
    assert_int_equal(watch.evaluations, 4);
    assert_int_equal(watch.last.total_steps, 16);
    assert_int_equal(result.validation.samples, 30);
    assert_int_equal(watch.epochs, 4);
    assert_true(watch.last.validation.loss == result.validation.loss);
    assert_true(isnan(watch.last.test.loss));
    watch = (struct watch){.stop_at = 6};
    assert_int_equal(
        lockstep_fit(&stopped, options, &sets, &callbacks, NULL, &result, &error), LOCKSTEP_OK);
    assert_string_equal(result.stopped_by, "callback");
    assert_int_equal(result.steps, 7);
    assert_int_equal(watch.steps, 7);
    assert_true(lockstep_model_hash(stopped) == result.weights_xxh3);
    assert_true(lockstep_model_hash(stopped) != lockstep_model_hash(whole));
    lockstep_model_free(whole);
    lockstep_model_free(stopped);
    lockstep_options_free(options);
    lockstep_dataset_free(data);
}

/* Steps are reported at most once per interval; evaluations and epochs always. */
TEST(test_interval_of_callbacks)
{
    const struct lockstep_table table = fresh_table();
    static const char *const more[] = {"val-split", "30", "epochs", "4", NULL};
    struct lockstep_options *options = library_options(more);
    struct lockstep_dataset *data = library_dataset(&table);
    struct watch watch = {0};
    const struct lockstep_callbacks callbacks = {
        .context = &watch, .progress = on_progress, .interval = 1000};
    struct lockstep_model *model;
    assert_int_equal(lockstep_fit(&model, options, &(struct lockstep_sets){.train = data},
                         &callbacks, NULL, NULL, &error),
        LOCKSTEP_OK);
    assert_int_equal(watch.steps, 1);
    assert_int_equal(watch.evaluations, 4);
    assert_int_equal(watch.epochs, 4);
    assert_true(watch.last.train_loss > 0);
    lockstep_model_free(model);
    lockstep_options_free(options);
    lockstep_dataset_free(data);
}

TEST(test_divergence)
{
    const struct lockstep_table table = fresh_table();
    static const char *const more[] = {"optimizer", "sgd", "lr", "1e30", NULL};
    struct lockstep_options *options = library_options(more);
    struct lockstep_dataset *data = library_dataset(&table);
    struct lockstep_fit_result result;
    struct lockstep_model *model;
    assert_int_equal(lockstep_fit(&model, options, &(struct lockstep_sets){.train = data}, NULL,
                         NULL, &result, &error),
        LOCKSTEP_DIVERGED);
    assert_null(model);
    assert_true(result.steps < 15);
    lockstep_options_free(options);
    lockstep_dataset_free(data);
}

/* Trainings after one another, of other data and options, do not see each other. */
TEST(test_trainings_one_after_the_other)
{
    struct lockstep_table classes = fresh_table(), targets = classes;
    targets.classes = 0;
    targets.outputs = 2;
    targets.y = (struct lockstep_array){arrays.target, LOCKSTEP_F32, {0, 0}};
    static const char *const other[] = {"hidden", "3,4", "optimizer", "lion", "dropout", "0.3",
        "clip-norm", "1", "threads", "1", NULL};
    uint64_t first[] = {hash_of_fit(&classes, nothing), hash_of_fit(&targets, nothing),
        hash_of_fit(&classes, other)};
    for (int i = 0; i < 3; i++) {
        assert_true(hash_of_fit(&classes, nothing) == first[0]);
        assert_true(hash_of_fit(&targets, nothing) == first[1]);
        assert_true(hash_of_fit(&classes, other) == first[2]);
    }
}

/* --- plans and files ------------------------------------------------------------------------ */

TEST(test_plans)
{
    struct lockstep_options *options = library_options(nothing);
    struct lockstep_shape shape = {1000, 20, 3, 0};
    char *json;
    assert_int_equal(lockstep_plan(&json, options, &shape, &error), LOCKSTEP_OK);
    assert_says(json, "\"total_steps\":96");
    lockstep_free(json);
    static const struct lockstep_shape wrong[] = {{0, 20, 3, 0}, {-5, 20, 3, 0}, {1000, -1, 3, 0},
        {1000, 0, 3, 0}, {1000, 20, -3, 0}, {1000, 20, 0, -1}, {1000, 20, 0, 0}, {1000, 20, 1, 0},
        {1000, 20, 2, 2}, {1000, 20, 2, -1}, {1000, 20, -1, 2}, {1000, 20, (1 << 24) + 1, 0},
        {INT64_C(1) << 60, 1 << 30, 3, 0}};
    static const char *const says[] = {"samples of", "classes and", "memory"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_refused(lockstep_plan(&json, options, &wrong[i], &error), LOCKSTEP_USAGE,
            says[(i >= 4) + (i >= 12)]);
        assert_null(json);
    }
    lockstep_options_free(options);
}

/* Like a training, a plan takes the loss from the labels, and refuses one that does not fit them. */
TEST(test_loss_of_plans)
{
    static const char *const more[][3] = {{NULL}, {"loss", "auto"}, {"loss", "mse"}};
    const struct lockstep_shape targets = {1000, 20, 0, 2}, classes = {1000, 20, 2, 0};
    char *json[3];
    for (int i = 0; i < 3; i++) {
        struct lockstep_options *options = library_options(more[i]);
        assert_int_equal(lockstep_plan(&json[i], options, &targets, &error), LOCKSTEP_OK);
        assert_string_equal(json[i], json[0]);
        if (i == 2) {
            char *none;
            assert_refused(lockstep_plan(&none, options, &classes, &error), LOCKSTEP_USAGE,
                "--loss mse: the shape has classes");
        }
        lockstep_options_free(options);
    }
    for (int i = 0; i < 3; i++)
        lockstep_free(json[i]);
}

TEST_IN_OWN_DIRECTORY(test_files)
{
    const struct lockstep_table table = fresh_table();
    struct lockstep_model *model = fit(&table, nothing), *again;
    struct lockstep_dataset *data;
    assert_int_equal(lockstep_model_save(model, "m.safetensors", &error), LOCKSTEP_OK);
    assert_int_equal(lockstep_model_load(&again, "m.safetensors", &error), LOCKSTEP_OK);
    assert_true(lockstep_model_hash(model) == lockstep_model_hash(again));
    lockstep_model_free(again);
    assert_refused(
        lockstep_model_save(model, "/nowhere/x", &error), LOCKSTEP_CANNOT_CREATE, "/nowhere");
    assert_refused(lockstep_model_save(model, "", &error), LOCKSTEP_CANNOT_CREATE, "empty");
    assert_refused(
        lockstep_model_load(&again, "/nowhere/x", &error), LOCKSTEP_NO_INPUT, "/nowhere");
    assert_null(again);
    assert_refused(lockstep_dataset_read(&data, "/nowhere/x", LOCKSTEP_TRAIN, NULL, NULL, &error),
        LOCKSTEP_NO_INPUT, "/nowhere/x");
    assert_null(data);
    assert_refused(
        lockstep_dataset_read(&data, "t.csv", (enum lockstep_role)17, NULL, NULL, &error),
        LOCKSTEP_USAGE, "role");
    assert_null(data);
    lockstep_model_free(model);
}

/* The note cuts the long name of the column of weights, between two characters. */
TEST_IN_OWN_DIRECTORY(test_note_of_a_dataset)
{
    char name[130] = "w";
    while (strlen(name) < 120)
        strcat(name, "\xc3\xa9");
    const char *const more[] = {"weight", name, "batch", "4", NULL};
    struct lockstep_options *options = library_options(more);
    struct lockstep_dataset *data;
    struct lockstep_model *model = NULL;
    FILE *file = fopen("t.csv", "w");
    fprintf(file, "a,%s,y\n1,1,no\n2,1,yes\n3,2,no\n4,1,yes\n", name);
    fclose(file);
    if (lockstep_dataset_read(&data, "t.csv", LOCKSTEP_TRAIN, options, NULL, &error) ||
        lockstep_fit(
            &model, options, &(struct lockstep_sets){.train = data}, NULL, NULL, NULL, &error))
        fail_msg("%s", error.message);
    lockstep_dataset_free(data);
    if (lockstep_dataset_read(&data, "t.csv", LOCKSTEP_TEST, NULL, model, &error))
        fail_msg("%s", error.message);
    const char *note = lockstep_dataset_note(data);
    assert_says(note, "samples are weighted by");
    assert_true(text_is_utf8(note, strlen(note)));
    lockstep_dataset_free(data);
    lockstep_model_free(model);
    lockstep_options_free(options);
}
