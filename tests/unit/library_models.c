/* library_models.c: the functions of the C interface that use models: files and bytes, predictions and
 * evaluations, from several threads; and what all functions leave: memory, output, errors. */
#include "lockstep/lockstep.h"

#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/arrow_frame.h"
#include "support/library.h"
#include "support/own_directory.h"
#include "support/unit.h"

static struct lockstep_error error;
static struct library_arrays arrays;
static const char *const nothing[] = {NULL};

/* A dataset and a model for it. */
struct trained {
    struct lockstep_dataset *data;
    struct lockstep_model *model;
};

static struct trained train_on(const struct lockstep_table *table, const char *const *more)
{
    struct lockstep_options *options = library_options(more);
    struct trained made = {library_dataset(table), NULL};
    const struct lockstep_sets sets = {.train = made.data};
    if (lockstep_fit(&made.model, options, &sets, NULL, NULL, NULL, &error))
        fail_msg("%s", error.message);
    lockstep_options_free(options);
    return made;
}

static struct trained train(void)
{
    library_fill(&arrays);
    struct lockstep_table table = library_table(&arrays);
    return train_on(&table, nothing);
}

static void clear(struct trained *made)
{
    lockstep_dataset_free(made->data);
    lockstep_model_free(made->model);
}

static void assert_refused(int status, int wanted, const char *says)
{
    if (status != wanted || !strstr(error.message, says))
        fail_msg("status %d \"%s\"; wanted %d \"... %s ...\"", status, error.message, wanted, says);
}

/* --- predictions ----------------------------------------------------------------------------- */

TEST(test_outputs)
{
    enum { N = LIBRARY_SAMPLES, K = LIBRARY_CLASSES };
    struct trained made = train();
    static float p[N][K], logit[N][K], class[N];
    struct lockstep_metrics metrics;
    int64_t right = 0;
    double loss = 0;
    assert_int_equal(
        lockstep_predict(made.model, made.data, LOCKSTEP_PROBABILITIES, 0, p[0], N * K, &error), 0);
    assert_int_equal(
        lockstep_predict(made.model, made.data, LOCKSTEP_LOGITS, 2, logit[0], N * K, &error), 0);
    assert_int_equal(
        lockstep_predict(made.model, made.data, LOCKSTEP_CLASSES, 1, class, N, &error), 0);
    assert_int_equal(lockstep_evaluate(made.model, made.data, 0, &metrics, &error), 0);
    for (int i = 0; i < N; i++) {
        int best = p[i][1] > p[i][0] ? 1 : 0;
        best = p[i][2] > p[i][best] ? 2 : best;
        assert_true(class[i] == (float)best);
        assert_float_equal(p[i][0] + p[i][1] + p[i][2], 1, 1e-6);
        assert_float_equal(logf(p[i][0] / p[i][1]), logit[i][0] - logit[i][1], 1e-4);
        right += best == arrays.y[i];
        loss -= log((double)p[i][arrays.y[i]]);
    }
    assert_int_equal(metrics.samples, N);
    assert_float_equal(metrics.accuracy, (double)right / N, 1e-12);
    assert_float_equal(metrics.loss, loss / N, 1e-5);
    assert_true(isnan(metrics.mse));
    clear(&made);
}

TEST(test_wrong_requests)
{
    enum { N = LIBRARY_SAMPLES, K = LIBRARY_CLASSES };
    struct trained made = train();
    static float out[N * K];
    const struct {
        int output;
        int64_t size;
        const char *says;
    } wrong[] = {{LOCKSTEP_PROBABILITIES, N * K - 1, "room for 449"}, {LOCKSTEP_LOGITS, 0, "room"},
        {LOCKSTEP_LOGITS, -1, "room"}, {LOCKSTEP_LOGITS, INT64_MIN, "room"},
        {LOCKSTEP_CLASSES, N - 1, "room"}, {4, N * K, "4 is not an output"},
        {-1, N * K, "-1 is not an output"}, {LOCKSTEP_VALUES, N * K, "values"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(lockstep_predict(made.model, made.data,
                           (enum lockstep_output)wrong[i].output, 1, out, wrong[i].size, &error),
            LOCKSTEP_USAGE, wrong[i].says);
    clear(&made);
}

/* Data that do not fit the model. */
TEST(test_data_for_another_model)
{
    enum { N = LIBRARY_SAMPLES, K = LIBRARY_CLASSES };
    const char *feature[] = {"a", "b", "c", "d"}, *other[] = {"b", "a", "c", "d"};
    const char *level[] = {"red", "green", "blue"};
    const int64_t levels[] = {0, 0, 0, 3};
    static float out[N * K];
    struct lockstep_metrics metrics;
    library_fill(&arrays);
    struct lockstep_table table = library_table(&arrays), wrong;
    table.feature_name = feature;
    struct trained made = train_on(&table, nothing);
    struct lockstep_table tables[5] = {table, table, table, table, table};
    tables[0].features = 3;
    tables[1].feature_name = other;
    tables[2].levels = levels;
    tables[2].level_name = level;
    tables[3].y.data = NULL; /* fits predictions only */
    tables[4].classes = 0;   /* the same */
    tables[4].outputs = 1;
    tables[4].y = (struct lockstep_array){arrays.weight, LOCKSTEP_F32, {0, 0}};
    for (int i = 0; i < 5; i++) {
        wrong = tables[i];
        struct lockstep_dataset *data = library_dataset(&wrong);
        int status = lockstep_predict(made.model, data, LOCKSTEP_LOGITS, 1, out, N * K, &error);
        if (i < 3 ? status != LOCKSTEP_BAD_DATA : status != LOCKSTEP_OK)
            fail_msg("table %d: status %d: %s", i, status, error.message);
        assert_refused(
            lockstep_evaluate(made.model, data, 1, &metrics, &error), LOCKSTEP_BAD_DATA, "");
        assert_true(isnan(metrics.loss) && metrics.samples == 0);
        lockstep_dataset_free(data);
    }
    clear(&made);
}

/* The validation set of a training must fit its training set, too. */
TEST(test_sets_that_do_not_fit)
{
    struct trained made = train();
    struct lockstep_table table = library_table(&arrays);
    struct lockstep_options *options = library_options(nothing);
    struct lockstep_model *model;
    table.features = 3;
    struct lockstep_dataset *other = library_dataset(&table);
    table = library_table(&arrays);
    table.y.data = NULL;
    struct lockstep_dataset *unlabelled = library_dataset(&table);
    const struct lockstep_sets sets[] = {{made.data, other, NULL}, {made.data, NULL, other},
        {unlabelled, NULL, NULL}, {made.data, unlabelled, NULL}};
    for (int i = 0; i < 4; i++) {
        int status = lockstep_fit(&model, options, &sets[i], NULL, NULL, NULL, &error);
        if (status != LOCKSTEP_BAD_DATA)
            fail_msg("sets %d: status %d: %s", i, status, error.message);
        assert_null(model);
    }
    lockstep_dataset_free(other);
    lockstep_dataset_free(unlabelled);
    lockstep_options_free(options);
    clear(&made);
}

/* A data frame that has been trained on, and another for predictions: columns by name, in any order. */
TEST(test_arrow_for_a_model)
{
    static const char *const cells[] = {"1", "red", "no", "2", "blue", "yes", "3", "red", "yes",
        "4", "blue", "no", "5", "red", "no", "6", "blue", "yes"};
    static const char *const turned[] = {"blue", "7", "red", "8", "new", "9"};
    struct arrow_frame frame = {6, 3, {"x", "k", "y"}, {"g", "c<u", "u"}, .cell = cells};
    struct arrow_frame to_predict = {3, 2, {"k", "x"}, {"vu", "i"}, .cell = turned};
    static const char *const more[] = {"batch", "3", "label", "y", NULL};
    struct lockstep_options *options = library_options(more);
    struct ArrowArrayStream stream;
    struct trained made;
    struct lockstep_dataset *data;
    float class[3];
    arrow_frame_open(&frame, &stream);
    if (lockstep_dataset_from_arrow(&made.data, &stream, options, NULL, NULL, &error))
        fail_msg("%s", error.message);
    if (lockstep_fit(&made.model, options, &(struct lockstep_sets){.train = made.data}, NULL, NULL,
            NULL, &error))
        fail_msg("%s", error.message);
    assert_string_equal(lockstep_model_feature_name(made.model, 1), "k");
    assert_string_equal(lockstep_model_output_name(made.model, 1), "yes");
    arrow_frame_open(&to_predict, &stream);
    if (lockstep_dataset_from_arrow(&data, &stream, NULL, made.model, NULL, &error))
        fail_msg("%s", error.message);
    assert_int_equal(lockstep_dataset_shape(data).classes, 0);
    assert_int_equal(
        lockstep_predict(made.model, data, LOCKSTEP_CLASSES, 1, class, 3, &error), LOCKSTEP_OK);
    lockstep_dataset_free(data);
    to_predict.name[1] = "z";
    arrow_frame_open(&to_predict, &stream);
    assert_refused(lockstep_dataset_from_arrow(&data, &stream, NULL, made.model, NULL, &error),
        LOCKSTEP_BAD_DATA, "no column \"x\"");
    assert_null(data);
    arrow_frame_open(&frame, &stream);
    assert_refused(lockstep_dataset_from_arrow(NULL, &stream, NULL, NULL, NULL, &error),
        LOCKSTEP_USAGE, "out is NULL");
    assert_int_equal(arrow_frame_unreleased(), 0);
    lockstep_options_free(options);
    clear(&made);
}

/* Labels and weights from arrays beside the columns of a stream: the model of the stream that has them. */
TEST(test_arrow_with_labels_from_arrays)
{
    static const char *const cells[] = {"1", "red", "2", "no", "2", "blue", "1", "yes", "3", "NA",
        "1", "yes", NULL, "blue", "1", "no", "5", "red", "3", "no", "6", "7", "1", "yes"};
    static const char *const inputs[] = {
        "1", "red", "2", "blue", "3", "NA", NULL, "blue", "5", "red", "6", "7"};
    static const char *const weighted[] = {
        "batch", "3", "label", "y", "weight", "w", "loss", "cross-entropy", NULL};
    static const char *const plain[] = {"batch", "3", "loss", "cross-entropy", NULL};
    static const char *const class[] = {"no", "yes"};
    static const int64_t y[] = {0, 1, 1, 0, 0, 1};
    static const float weight[] = {2, 1, 1, 1, 3, 1};
    struct arrow_frame whole = {6, 4, {"x", "k", "w", "y"}, {"g", "u", "i", "u"}, .cell = cells};
    struct arrow_frame frame = {6, 2, {"x", "k"}, {"g", "u"}, .cell = inputs};
    struct lockstep_table labels = {.samples = 6,
        .classes = 2,
        .y = {y, LOCKSTEP_I64, {0, 0}},
        .weight = {weight, LOCKSTEP_F32, {0, 0}},
        .class_name = class};
    struct lockstep_options *with = library_options(weighted), *without = library_options(plain);
    struct ArrowArrayStream stream;
    struct lockstep_dataset *data[2];
    struct lockstep_model *model[2];
    arrow_frame_open(&whole, &stream);
    if (lockstep_dataset_from_arrow(&data[0], &stream, with, NULL, NULL, &error))
        fail_msg("%s", error.message);
    arrow_frame_open(&frame, &stream);
    if (lockstep_dataset_from_arrow(&data[1], &stream, without, NULL, &labels, &error))
        fail_msg("%s", error.message);
    for (int i = 0; i < 2; i++)
        if (lockstep_fit(&model[i], without, &(struct lockstep_sets){.train = data[i]}, NULL, NULL,
                NULL, &error))
            fail_msg("%s", error.message);
    assert_true(lockstep_model_hash(model[0]) == lockstep_model_hash(model[1]));
    assert_string_equal(lockstep_model_output_name(model[1], 1), "yes");
    assert_string_equal(lockstep_model_feature_name(model[1], 1), "k");
    for (int i = 0; i < 2; i++) {
        lockstep_dataset_free(data[i]);
        lockstep_model_free(model[i]);
    }
    labels.samples = 7;
    arrow_frame_open(&frame, &stream);
    assert_refused(lockstep_dataset_from_arrow(&data[0], &stream, without, NULL, &labels, &error),
        LOCKSTEP_USAGE, "6 samples, and labels for 7");
    assert_null(data[0]);
    labels.samples = 6;
    labels.classes = 1;
    arrow_frame_open(&frame, &stream);
    assert_refused(lockstep_dataset_from_arrow(&data[0], &stream, without, NULL, &labels, &error),
        LOCKSTEP_USAGE, "1 classes");
    labels = (struct lockstep_table){0};
    arrow_frame_open(&frame, &stream);
    assert_int_equal(
        lockstep_dataset_from_arrow(&data[0], &stream, without, NULL, &labels, &error), 0);
    assert_int_equal(lockstep_dataset_shape(data[0]).features, 2);
    assert_int_equal(lockstep_dataset_shape(data[0]).classes, 0);
    lockstep_dataset_free(data[0]);
    assert_int_equal(arrow_frame_unreleased(), 0);
    lockstep_options_free(with);
    lockstep_options_free(without);
}

struct user {
    const struct trained *made;
    const void *bytes; /* [size] of the model */
    size_t size;
    const float *want;
    pthread_t thread;
    int wrong;
};

static void *use(void *argument)
{
    enum { N = LIBRARY_SAMPLES, K = LIBRARY_CLASSES };
    struct user *user = argument;
    float out[N * K];
    struct lockstep_metrics metrics;
    struct lockstep_error own;
    struct lockstep_model *copy;
    struct lockstep_dataset *read;
    for (int i = 0; i < 5; i++) {
        user->wrong += lockstep_model_from_bytes(&copy, user->bytes, user->size, &own) != 0 ||
                       lockstep_model_hash(copy) != lockstep_model_hash(user->made->model);
        user->wrong += lockstep_dataset_read(&read, "synthetic:samples=40,features=3,classes=2",
                           LOCKSTEP_TRAIN, NULL, NULL, &own) != 0;
        lockstep_model_free(copy);
        lockstep_dataset_free(read);
        int status = lockstep_predict(
            user->made->model, user->made->data, LOCKSTEP_PROBABILITIES, i % 3, out, N * K, &own);
        user->wrong += status != 0 || memcmp(out, user->want, sizeof out) != 0;
        user->wrong +=
            lockstep_evaluate(user->made->model, user->made->data, 1, &metrics, &own) != 0;
    }
    return NULL;
}

/* Each makes handles of its own, too. */
TEST(test_threads_that_share_a_model)
{
    enum { N = LIBRARY_SAMPLES, K = LIBRARY_CLASSES, USERS = 8 };
    struct trained made = train();
    static float want[N * K];
    struct user user[USERS];
    void *bytes;
    size_t size;
    assert_int_equal(lockstep_model_to_bytes(made.model, &bytes, &size, &error), LOCKSTEP_OK);
    assert_int_equal(
        lockstep_predict(made.model, made.data, LOCKSTEP_PROBABILITIES, 1, want, N * K, &error), 0);
    for (int i = 0; i < USERS; i++) {
        user[i] = (struct user){.made = &made, .bytes = bytes, .size = size, .want = want};
        assert_int_equal(pthread_create(&user[i].thread, NULL, use, &user[i]), 0);
    }
    for (int i = 0; i < USERS; i++) {
        pthread_join(user[i].thread, NULL);
        assert_int_equal(user[i].wrong, 0);
    }
    lockstep_free(bytes);
    clear(&made);
}

/* --- bytes ------------------------------------------------------------------------------------ */

TEST(test_bytes_are_the_file)
{
    struct trained made = train();
    struct lockstep_model *again;
    void *bytes, *second;
    size_t size, second_size;
    assert_int_equal(lockstep_model_to_bytes(made.model, &bytes, &size, &error), LOCKSTEP_OK);
    assert_int_equal(lockstep_model_from_bytes(&again, bytes, size, &error), LOCKSTEP_OK);
    assert_true(lockstep_model_hash(again) == lockstep_model_hash(made.model));
    assert_int_equal(lockstep_model_to_bytes(again, &second, &second_size, &error), LOCKSTEP_OK);
    assert_int_equal(second_size, size);
    assert_memory_equal(bytes, second, size);
    lockstep_model_free(again);
    lockstep_free(bytes);
    lockstep_free(second);
    assert_refused(lockstep_model_from_bytes(&again, "", 0, &error), LOCKSTEP_BAD_DATA, "");
    assert_null(again);
    clear(&made);
}

/* Uses a model of bytes that are damaged, if it is taken, and returns whether it was. */
static bool take_damaged(
    const unsigned char *bytes, size_t size, const struct lockstep_dataset *data)
{
    float out[LIBRARY_SAMPLES];
    struct lockstep_model *model;
    int status = lockstep_model_from_bytes(&model, bytes, size, &error);
    if (status != LOCKSTEP_OK && status != LOCKSTEP_BAD_DATA && status != LOCKSTEP_NO_RESOURCE)
        fail_msg("status %d: %s", status, error.message);
    assert_true((status == LOCKSTEP_OK) == (model != NULL));
    assert_true((status == LOCKSTEP_OK) == (error.message[0] == '\0'));
    if (model)
        lockstep_predict(model, data, LOCKSTEP_LOGITS, 1, out, LIBRARY_SAMPLES, &error);
    lockstep_model_free(model);
    return status == LOCKSTEP_OK;
}

/* Cut at every length, and with a bit of every byte changed. The copy is as long as it is said to be,
 * for the sanitizer. */
TEST(test_damaged_bytes)
{
    library_fill(&arrays);
    struct lockstep_table table = library_table(&arrays);
    table.classes = 0;
    table.outputs = 1;
    table.y = (struct lockstep_array){arrays.weight, LOCKSTEP_F32, {0, 0}};
    static const char *const more[] = {"hidden", "none", NULL};
    struct trained made = train_on(&table, more);
    void *bytes;
    size_t size, taken = 0;
    assert_int_equal(lockstep_model_to_bytes(made.model, &bytes, &size, &error), LOCKSTEP_OK);
    for (size_t i = 0; i < size; i++) {
        unsigned char *cut = malloc(i + 1), *changed = malloc(size);
        memcpy(cut, bytes, i);
        memcpy(changed, bytes, size);
        changed[i] ^= (unsigned char)(1 << i % 8);
        assert_false(take_damaged(cut, i, made.data));
        taken += take_damaged(changed, size, made.data);
        free(cut);
        free(changed);
    }
    assert_in_range(taken, 1, size / 2);
    lockstep_free(bytes);
    clear(&made);
}

/* --- memory that fails ------------------------------------------------------------------------ */

/* Every function once, with validation data; returns the first status that is not 0. */
static int use_all(void)
{
    static const char *const cells[] = {"1", "red", "no", "2", "blue", "yes"};
    struct arrow_frame frame = {2, 3, {"x", "k", "y"}, {"g", "c<u", "u"}, .cell = cells};
    struct lockstep_table table = library_table(&arrays);
    struct lockstep_dataset *data = NULL, *framed = NULL;
    struct lockstep_model *model = NULL, *again = NULL;
    struct lockstep_options *options = library_options(nothing);
    struct lockstep_metrics metrics;
    struct ArrowArrayStream stream;
    const struct lockstep_shape shape = {100, 4, 3, 0};
    static float out[LIBRARY_SAMPLES];
    void *bytes = NULL;
    char *json = NULL;
    size_t size;
    arrow_frame_open(&frame, &stream);
    table.weight = (struct lockstep_array){arrays.weight, LOCKSTEP_F32, {0, 0}};
    table.group = (struct lockstep_array){arrays.group, LOCKSTEP_I64, {0, 0}};
    table.class_name = (const char *const[]){"a", "b", "c"};
    table.levels = (const int64_t[]){0, 0, 0, 3};
    table.level_name = (const char *const[]){"red", "green", "blue"};
    int status = lockstep_dataset_from_arrow(&framed, &stream, options, NULL, NULL, &error);
    if (!status)
        status = lockstep_dataset_from_table(&data, &table, &error);
    const struct lockstep_sets sets = {.train = data, .validation = data};
    if (!status)
        status = lockstep_fit(&model, options, &sets, NULL, NULL, NULL, &error);
    if (!status)
        status = lockstep_model_to_bytes(model, &bytes, &size, &error);
    if (!status)
        status = lockstep_model_from_bytes(&again, bytes, size, &error);
    if (!status)
        status = lockstep_predict(again, data, LOCKSTEP_CLASSES, 2, out, LIBRARY_SAMPLES, &error);
    if (!status)
        status = lockstep_evaluate(again, data, 2, &metrics, &error);
    if (!status)
        status = lockstep_model_save(model, "m", &error);
    if (!status)
        status = lockstep_plan(&json, options, &shape, &error);
    lockstep_free(json);
    lockstep_free(bytes);
    lockstep_model_free(model);
    lockstep_model_free(again);
    lockstep_dataset_free(data);
    lockstep_dataset_free(framed);
    lockstep_options_free(options);
    return status;
}

/* Each allocation fails once; the sanitizer finds what is left behind. Only estimates of memory, which
 * fail where they need some, are done without. */
TEST_IN_OWN_DIRECTORY(test_allocation_failures)
{
    enum { ESTIMATES_MOST = 30 };
    int nth = 1, without = 0;
    library_fill(&arrays);
    for (;; nth++) {
        memory_inject_failure(nth);
        int status = use_all();
        if (memory_inject_failure(0) > 0) {
            assert_int_equal(status, LOCKSTEP_OK);
            break;
        }
        without += status == LOCKSTEP_OK;
        if (status != LOCKSTEP_OK && status != LOCKSTEP_NO_RESOURCE)
            fail_msg("allocation %d: status %d: %s", nth, status, error.message);
        if (status)
            assert_says(error.message, "memory");
    }
    assert_in_range(without, 0, ESTIMATES_MOST);
    assert_true(nth > 100);
}

/* --- output and memory ------------------------------------------------------------------------ */

/* A plan with times that were measured with other ranks and threads, for less memory than it needs: its
 * text has the notes. */
static int plan_with_notes(char **json)
{
    static const char *const more[] = {
        "figures", "figures.json", "host-memory", "1MiB", "force-memory", "on", NULL};
    const struct lockstep_shape shape = {100, 4, 3, 0};
    FILE *file = fopen("figures.json", "w");
    fputs("{\"bench\": \"step\", \"ranks\": 7, \"threads\": 3, \"hosts\": 1, \"results\": "
          "{\"widths\": "
          "[4, 7, 3], \"rows\": [{\"batch\": 32, \"step_s\": 0.5}]}}\n",
        file);
    fclose(file);
    struct lockstep_options *options = library_options(more);
    int status = lockstep_plan(json, options, &shape, &error);
    lockstep_options_free(options);
    return status;
}

/* Runs all functions, and failures of them, with 1 and 2 directed to a file. */
TEST_IN_OWN_DIRECTORY(test_nothing_is_printed)
{
    struct lockstep_dataset *data;
    struct lockstep_model *model;
    fflush(NULL);
    library_fill(&arrays);
    int file = open("printed", O_CREAT | O_RDWR | O_CLOEXEC, 0600), keep[] = {dup(1), dup(2)};
    dup2(file, 1);
    dup2(file, 2);
    char *json;
    int status = use_all(), planned = plan_with_notes(&json);
    lockstep_dataset_read(&data, "/nowhere", LOCKSTEP_TRAIN, NULL, NULL, &error);
    lockstep_model_from_bytes(&model, "nonsense", 8, &error);
    fflush(NULL);
    off_t size = lseek(file, 0, SEEK_END);
    dup2(keep[0], 1);
    dup2(keep[1], 2);
    close(keep[0]);
    close(keep[1]);
    close(file);
    assert_int_equal(status, LOCKSTEP_OK);
    assert_int_equal(planned, LOCKSTEP_OK);
    assert_says(json, "times were measured with 7 ranks of 3 threads");
    lockstep_free(json);
    assert_int_equal(size, 0);
}

/* Memory in use does not grow with the number of calls. What malloc() keeps for its threads counts as in
 * use, and differs a little. */
TEST_IN_OWN_DIRECTORY(test_memory_does_not_grow)
{
    enum { WARM = 20, MORE = 60, BLOCK_LEAST = 128 };
    size_t used[2];
    library_fill(&arrays);
    for (int i = 0; i < 2; i++) {
        for (int n = 0; n < (i ? MORE : WARM); n++)
            assert_int_equal(use_all(), LOCKSTEP_OK);
        used[i] = mallinfo2().uordblks + mallinfo2().hblkhd;
    }
    assert_in_range(used[1], 0, used[0] + (size_t)MORE * 2 * BLOCK_LEAST);
}
