/* data_libsvm.c: the LIBSVM format: what scikit-learn reads in the same texts
 * (tests/golden/libsvm.json, which tests/golden/libsvm writes), the same on any number of threads, and
 * what is refused.
 */
#include "data/formats/libsvm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/source.h"
#include "support/golden.h"
#include "support/own_directory.h"
#include "support/unit.h"

static struct error error;
static struct dataset dataset;

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum status read_text(const char *text, struct source_request options)
{
    write_text("t.libsvm", text);
    options.threads = options.threads > 0 ? options.threads : 1;
    dataset_clear(&dataset);
    return libsvm_read("t.libsvm", &options, &dataset, &error);
}

/* Values and labels, which the dataset has as class numbers with or without names, or as targets. */
static void compare(const struct json *test)
{
    int64_t n = golden_int(test, "samples"), features = golden_int(test, "features");
    float *values = golden_floats(test, "values", n * features);
    double *labels = golden_reals(test, "labels", n);
    assert_int_equal(dataset.samples, n);
    assert_int_equal(dataset.features, features);
    assert_compare(compare_bits(dataset.values, values, n * features, why));
    for (int64_t i = 0; i < n; i++) {
        double found = dataset.targets      ? (double)dataset.targets[i]
                       : dataset.class_name ? strtod(dataset.class_name[dataset.labels[i]], NULL)
                                            : (double)dataset.labels[i];
        assert_true((float)found == (float)labels[i]);
    }
    free(values);
    free(labels);
}

static int leave(void **state)
{
    dataset_clear(&dataset);
    return own_directory_leave(state);
}

#define TEST_IN_DIRECTORY(name) TEST_BETWEEN(name, own_directory_enter, leave)

TEST_IN_DIRECTORY(reads_as_scikit_learn_does)
{
    char path[FILE_PATH_MAX];
    assert_int_equal(file_path(path, golden_directory(), "libsvm.json", &error), STATUS_OK);
    struct json *root = golden_parse(path);
    const struct json *cases = js_get(root, "cases");
    assert_int_equal(js_size(cases), 4);
    for (size_t i = 0; i < js_size(cases); i++) {
        const struct json *test = js_item(cases, i);
        if (read_text(golden_text(test, "text"), (struct source_request){.task = TASK_AUTO}))
            fail_msg("%s: %s", golden_text(test, "name"), error.text);
        compare(test);
        assert_true((dataset.outputs == 1) == (strcmp(golden_text(test, "name"), "targets") == 0));
    }
    assert_string_equal(dataset.class_name[0], "-1");
    assert_int_equal(dataset.first_line, 2);
    js_destroy(root);
}

/* Many lines, so that there are several parts. */
TEST_IN_DIRECTORY(threads_do_not_show)
{
    enum { LINES = 20000, FEATURES = 7 };
    char *text = malloc(LINES * 40), *at = text;
    for (int i = 0; i < LINES; i++)
        at += sprintf(at, "%d %d:%d.5 7:%d\n", i % 3, 1 + i % 6, i, -i);
    assert_int_equal(read_text(text, (struct source_request){.task = TASK_AUTO}), STATUS_OK);
    uint64_t want = dataset_fingerprint(&dataset);
    assert_int_equal(dataset.samples, LINES);
    assert_int_equal(dataset.features, FEATURES);
    assert_int_equal(
        read_text(text, (struct source_request){.task = TASK_AUTO, .threads = 4}), STATUS_OK);
    assert_true(dataset_fingerprint(&dataset) == want);
    free(text);
}

TEST_IN_DIRECTORY(features_of_a_model)
{
    const char text[] = "1 2:5\n0 1:1\n";
    assert_int_equal(
        read_text(text, (struct source_request){.task = TASK_CLASSES, .features = 4}), STATUS_OK);
    assert_compare(compare_bits(dataset.values, (const float[]){0, 5, 0, 0, 1, 0, 0, 0}, 8, why));
    assert_int_equal(read_text(text, (struct source_request){.task = TASK_CLASSES, .features = 1}),
        STATUS_BAD_DATA);
    assert_string_equal(
        error.text, "t.libsvm, line 1: \"2:5\": the model or the training data has 1 features");
    assert_int_equal(
        read_text("word 1:2\n", (struct source_request){.task = TASK_NONE}), STATUS_OK);
    assert_null(dataset.labels);
}

static void assert_refused(const char *line, const char *says)
{
    char text[200];
    snprintf(text, sizeof text, "# c\n1 1:1\n%s\n2 2:3\n", line);
    enum status status = read_text(text, (struct source_request){.task = TASK_AUTO});
    if (status != STATUS_BAD_DATA || !strstr(error.text, says) || !strstr(error.text, "line 3"))
        fail_msg("\"%s\": status %d \"%s\"", line, status, error.text);
    assert_null(dataset.values);
}

TEST_IN_DIRECTORY(refused_by_name)
{
    assert_refused("1 0:3", "\"0:3\": indices start at 1");
    assert_refused("1 3:1 2:2", "\"2:2\": indices must ascend");
    assert_refused("1 3:1 3:2", "\"3:2\": indices must ascend");
    assert_refused("1 qid:3 1:2", "\"qid:3\": query groups");
    assert_refused("1,2 1:3", "\"1,2\": several labels");
    assert_refused("1:3 2:4", "\"1:3\": a sample begins with its label");
    assert_refused("", "not a sample");
    assert_refused("# here", "not a sample");
    assert_refused("1 2", "\"2\": not a feature");
    assert_refused("1 -2:3", "\"-2:3\": not a feature");
    assert_refused("1 2:", "\"2:\": the value is not a number");
    assert_refused("1 2:x", "\"2:x\": the value is not a number");
    assert_refused("1 2:1e39", "too large for float32");
    assert_refused("nan 2:1", "missing value");
    const struct source_request plain = {.task = TASK_AUTO};
    assert_int_equal(read_text("# only\n\n", plain), STATUS_BAD_DATA);
    assert_says(error.text, "has no samples");
    assert_int_equal(read_text("1\n2\n", plain), STATUS_BAD_DATA);
    assert_says(error.text, "has no features");
    assert_int_equal(read_text("1 3000000000:1\n", plain), STATUS_BAD_DATA);
    assert_says(error.text, "has the index 3000000000");
}

static bool is_libsvm(const char *text)
{
    return libsvm_begins(text, strlen(text));
}

TEST_IN_DIRECTORY(is_known_by_how_it_begins)
{
    assert_true(is_libsvm("1 3:4\n"));
    assert_true(is_libsvm("# a, b\n-1\n1\t3:4\n"));
    assert_true(is_libsvm("1 qid:3 1:2\n"));
    assert_false(is_libsvm("1,2\n3,4:5\n"));
    assert_false(is_libsvm("time value\n12:30 4\n"));
    assert_false(is_libsvm(""));
    write_text("plain", "1 3:4\n0 1:1\n");
    struct source_request request = {.data = "plain", .threads = 1};
    struct dataset test;
    dataset_clear(&dataset);
    assert_int_equal(source_read_train(&request, &dataset, &test, &error), STATUS_OK);
    assert_int_equal(dataset.features, 3);
    request.label = "2";
    dataset_clear(&dataset);
    assert_int_equal(source_read_train(&request, &dataset, &test, &error), STATUS_USAGE);
    assert_says(error.text, "each line begins with its label");
}
