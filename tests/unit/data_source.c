#include "data/source.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "support/idx_files.h"
#include "support/own_directory.h"
#include "support/unit.h"

static struct error error;
static struct dataset train, test;

static int end(void **state)
{
    dataset_clear(&train);
    dataset_clear(&test);
    return own_directory_leave(state);
}

static enum status read_train(
    const char *data, struct dataset *first, struct dataset *second, struct error *told)
{
    struct source_request request = {.data = data, .threads = 1};
    return source_read_train(&request, first, second, told);
}

static enum status read_held_out(
    const char *data, enum role role, struct dataset *dataset, struct error *told)
{
    struct source_request request = {.data = data, .threads = 1};
    return source_read_held_out(&request, role, dataset, told);
}

static void assert_refused(enum status status, enum status wanted, const char *says)
{
    if (status != wanted || !strstr(error.text, says))
        fail_msg("status %d \"%s\"; wanted %d \"... %s ...\"", status, error.text, wanted, says);
    assert_null(train.values);
    assert_null(test.values);
}

/* --- directories --------------------------------------------------------------------------- */

TEST_BETWEEN(a_directory_with_training_and_test_data, own_directory_enter, end)
{
    idx_files_write_pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz", 10, 4);
    idx_files_write_pair("test-images-idx3-ubyte.gz", "test-labels-idx1-ubyte", 5, 4);
    assert_int_equal(read_train(".", &train, &test, &error), STATUS_OK);
    assert_int_equal(train.samples, 10);
    assert_int_equal(train.features, 4);
    assert_int_equal(train.classes, 3);
    assert_int_equal(test.samples, 5);
    assert_says(train.name, "train-images-idx3-ubyte");
    dataset_clear(&test);

    /* t10k comes before test, plain before gzipped */
    idx_files_write_pair("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte", 6, 4);
    assert_int_equal(read_held_out(".", ROLE_TEST, &test, &error), STATUS_OK);
    assert_int_equal(test.samples, 6);
    dataset_clear(&test);
    idx_files_write_pair("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 7, 4);
    assert_int_equal(read_held_out(".", ROLE_TEST, &test, &error), STATUS_OK);
    assert_int_equal(test.samples, 7);
}

TEST_BETWEEN(a_directory_without_test_data, own_directory_enter, end)
{
    idx_files_write_pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte", 10, 4);
    assert_int_equal(read_train(".", &train, &test, &error), STATUS_OK);
    assert_int_equal(train.samples, 10);
    assert_int_equal(test.samples, 0);
    dataset_clear(&train);
    assert_refused(read_held_out(".", ROLE_TEST, &test, &error), STATUS_NO_INPUT,
        "contains no test data: looked for t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, "
        "plain or with .gz, or the same with test-...");
    assert_refused(read_held_out(".", ROLE_VALIDATION, &test, &error), STATUS_NO_INPUT,
        "contains no validation data: looked for val-images");
}

TEST_BETWEEN(validation_files, own_directory_enter, end)
{
    idx_files_write_pair("validation-images-idx3-ubyte", "validation-labels-idx1-ubyte", 4, 4);
    assert_int_equal(read_held_out(".", ROLE_VALIDATION, &test, &error), STATUS_OK);
    assert_int_equal(test.samples, 4);
    dataset_clear(&test);
    idx_files_write_pair("val-images-idx3-ubyte", "val-labels-idx1-ubyte", 3, 4);
    assert_int_equal(read_held_out(".", ROLE_VALIDATION, &test, &error), STATUS_OK);
    assert_int_equal(test.samples, 3);
}

TEST_BETWEEN(directories_that_lack_something, own_directory_enter, end)
{
    char path[IDX_FILES_PATH];
    assert_refused(read_train(".", &train, &test, &error), STATUS_NO_INPUT,
        "contains no training data: looked for train-images-idx3-ubyte and "
        "train-labels-idx1-ubyte, plain or with .gz");
    idx_files_write_pair("train-images-idx3-ubyte", "train-labels-idx1-ubyte", 10, 4);
    idx_files_write(path, "t10k-images-idx3-ubyte.gz", "", 0);
    assert_refused(read_train(".", &train, &test, &error), STATUS_NO_INPUT,
        "contains t10k-images-idx3-ubyte, but no t10k-labels-idx1-ubyte");
    /* bad test data clears the training data too */
    idx_files_write(path, "t10k-labels-idx1-ubyte", "", 0);
    assert_refused(read_train(".", &train, &test, &error), STATUS_BAD_DATA, "t10k-images");
}

/* --- files --------------------------------------------------------------------------------- */

TEST_BETWEEN(two_files, own_directory_enter, end)
{
    static const char both[] = "./a,./b.gz";
    idx_files_write_pair("a", "b.gz", 10, 4);
    assert_int_equal(read_train(both, &train, &test, &error), STATUS_OK);
    assert_int_equal(train.samples, 10);
    assert_int_equal(test.samples, 0);
    assert_int_equal(read_held_out(both, ROLE_VALIDATION, &test, &error), STATUS_OK);
    assert_int_equal(test.samples, 10);
    dataset_clear(&train);
    dataset_clear(&test);

    assert_refused(read_train("./a,./c", &train, &test, &error), STATUS_NO_INPUT, "/c: ");
}

TEST_BETWEEN(images_alone, own_directory_enter, end)
{
    idx_files_write_pair("my-images-idx3-u8", "my-labels-idx1-u8", 10, 4);
    assert_int_equal(read_train("my-images-idx3-u8", &train, &test, &error), STATUS_OK);
    dataset_clear(&train);
    idx_files_write_pair("images.gz", "labels", 5, 4);
    assert_int_equal(read_train("images.gz", &train, &test, &error), STATUS_OK);
    dataset_clear(&train);
    idx_files_write_pair("images,x", "labels,x.gz", 6, 4); /* a comma in a name */
    assert_int_equal(read_train("images,x", &train, &test, &error), STATUS_OK);
    assert_int_equal(train.samples, 6);
    dataset_clear(&train);

    idx_files_write_pair("lonely-images", "nothing", 5, 4);
    assert_refused(read_train("lonely-images", &train, &test, &error), STATUS_NO_INPUT,
        "lonely-labels, plain or with .gz");
    assert_refused(
        read_train("nothing", &train, &test, &error), STATUS_USAGE, "has no \"images\" to replace");
}

TEST_BETWEEN(names_that_mean_nothing, own_directory_enter, end)
{
    char longest[6000];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_refused(read_train("fashion-mnits", &train, &test, &error), STATUS_NO_INPUT,
        "did you mean \"fashion-mnist\"?");
    assert_refused(
        read_train("/nonexistent", &train, &test, &error), STATUS_NO_INPUT, "not a file");
    assert_refused(read_train(longest, &train, &test, &error), STATUS_USAGE, "path too long");
    assert_refused(read_train("", &train, &test, &error), STATUS_NO_INPUT, "no data at");
}

/* --- names --------------------------------------------------------------------------------- */

TEST_BETWEEN(synthetic_sources, own_directory_enter, end)
{
    assert_int_equal(
        read_train("synthetic:samples=20,test=8,features=3", &train, &test, &error), STATUS_OK);
    assert_int_equal(train.samples, 20);
    assert_int_equal(test.samples, 8);
    dataset_clear(&train);

    /* held out: the test samples, the same ones; where there are none, the samples */
    assert_int_equal(
        read_held_out("synthetic:samples=20,test=8,features=3", ROLE_VALIDATION, &train, &error),
        STATUS_OK);
    assert_int_equal(dataset_fingerprint(&train), dataset_fingerprint(&test));
    dataset_clear(&train);
    dataset_clear(&test);
    assert_int_equal(read_held_out("synthetic:samples=20", ROLE_TEST, &train, &error), STATUS_OK);
    assert_int_equal(train.samples, 20);
    dataset_clear(&train);
    assert_int_equal(read_train("synthetic", &train, &test, &error), STATUS_OK);
    assert_int_equal(train.samples, 1000);
    dataset_clear(&train);
    assert_refused(read_train("synthetic:x", &train, &test, &error), STATUS_USAGE, "\"x\"");
    assert_refused(
        read_train("synthetics", &train, &test, &error), STATUS_NO_INPUT, "synthetic\"?");
}

/* What is known of Fashion-MNIST: its shape, that classes are balanced, and the mean and deviation
 * of its pixels that everyone normalises by (0.2860, 0.3530). */
TEST_BETWEEN(fashion_mnist, own_directory_enter, end)
{
    if (!file_is_directory("/usr/share/datasets/fashion-mnist")) {
        assert_refused(read_train("fashion-mnist", &train, &test, &error), STATUS_NO_INPUT,
            "apt install dataset-fashion-mnist");
        assert_says(error.text, "/usr/share/datasets/fashion-mnist");
        assert_says(error.text, "synthetic:");
        print_message("dataset-fashion-mnist is not installed: its content was not tested\n");
        skip();
    }
    assert_int_equal(read_train("fashion-mnist", &train, &test, &error), STATUS_OK);
    assert_int_equal(train.samples, 60000);
    assert_int_equal(test.samples, 10000);
    assert_int_equal(train.features, 784);
    assert_int_equal(train.type, VALUE_U8);
    int64_t count[2][10] = {{0}};
    for (int64_t i = 0; i < 60000; i++)
        count[0][train.labels[i]]++;
    for (int64_t i = 0; i < 10000; i++)
        count[1][test.labels[i]]++;
    for (int c = 0; c < 10; c++) {
        assert_int_equal(count[0][c], 6000);
        assert_int_equal(count[1][c], 1000);
    }
    const uint8_t *pixel = train.values;
    double n = 60000.0 * 784, sum = 0, square = 0;
    for (int64_t i = 0; i < INT64_C(60000) * 784; i++) {
        sum += pixel[i];
        square += (double)pixel[i] * pixel[i];
    }
    double mean = sum / n / 255, deviation = sqrt(square / n / 255 / 255 - mean * mean);
    assert_true(fabs(mean - 0.2860) < 0.00005);
    assert_true(fabs(deviation - 0.3530) < 0.00005);
}

/* --- tables and arrays --------------------------------------------------------------------- */

/* One array of bytes [n], as numpy.save would. */
static void write_npy(const char *name, const char *bytes, int n)
{
    char file[200], header[100], path[IDX_FILES_PATH];
    int length = snprintf(
        header, sizeof header, "{'descr': '|u1', 'fortran_order': False, 'shape': (%d,), }\n", n);
    memcpy(file, "\x93NUMPY\1\0", 8);
    file[8] = (char)length;
    file[9] = 0;
    memcpy(file + 10, header, (size_t)length);
    memcpy(file + 10 + length, bytes, (size_t)n);
    idx_files_write_raw(path, name, file, 10 + (size_t)(length + n));
}

static void write_text(const char *name, const char *text)
{
    char path[IDX_FILES_PATH];
    idx_files_write_raw(path, name, text, strlen(text));
}

static enum status ask(struct source_request request, const char *name, const char *labels)
{
    char data[2 * IDX_FILES_PATH], label_path[2 * IDX_FILES_PATH];
    snprintf(data, sizeof data, "%s", name);
    snprintf(label_path, sizeof label_path, "%s", labels ? labels : "");
    request.data = data;
    request.labels = labels ? label_path : NULL;
    request.threads = 1;
    return source_read_train(&request, &train, &test, &error);
}

/* What a file is, its content says, whatever its name. */
TEST_BETWEEN(the_content_tells_the_format, own_directory_enter, end)
{
    static const struct source_request nothing = {.data = NULL};
    write_npy("x.npy", "\1\2\3", 3);
    write_npy("y", "\0\1\0", 3);
    write_text("t.csv", "1,2,yes\n3,4,no\n");
    write_text("table", "1,2,yes\n3,4,no\n");
    assert_int_equal(ask(nothing, "x.npy", "y"), STATUS_OK);
    assert_int_equal(train.samples, 3);
    assert_true(train.path[0] != '\0');
    dataset_clear(&train);
    assert_int_equal(ask(nothing, "t.csv", NULL), STATUS_OK);
    dataset_clear(&train);
    assert_int_equal(ask(nothing, "table", NULL), STATUS_OK);
    assert_string_equal(train.class_name[0], "no");
    dataset_clear(&train);
    assert_int_equal(ask((struct source_request){.label = "1"}, "table", NULL), STATUS_OK);
    assert_int_equal(levels_in(&train.levels, 1), 2);
    dataset_clear(&train);

    idx_files_write_pair("pictures", "kinds.gz", 5, 4);
    assert_int_equal(ask(nothing, "pictures", "kinds.gz"), STATUS_OK);
    dataset_clear(&train);
    assert_int_equal(ask((struct source_request){.task = TASK_NONE}, "x.npy", NULL), STATUS_OK);
    dataset_clear(&train);
    assert_int_equal(ask((struct source_request){.task = TASK_NONE}, "pictures", NULL), STATUS_OK);
    dataset_clear(&train);
}

/* Labels that are all 0 were two classes, all others were refused. */
TEST_BETWEEN(labels_of_one_class, own_directory_enter, end)
{
    static const struct source_request plain = {.data = NULL}, classes = {.task = TASK_CLASSES},
                                       values = {.task = TASK_VALUES};
    static const char *const label[] = {"yes", "0", "7", "0.0", "5.0"};
    static const char *const name[] = {"yes", "0", "7", "0", "5"};
    for (size_t i = 0; i < sizeof label / sizeof *label; i++) {
        char text[64], says[128];
        snprintf(text, sizeof text, "1,2,%s\n3,4,%s\n", label[i], label[i]);
        snprintf(says, sizeof says, "every label is \"%s\"; at least two classes are needed%s",
            name[i], i == 0 ? "" : ", or --loss mse to train numeric targets");
        write_text("same.csv", text);
        assert_refused(ask(plain, "same.csv", NULL), STATUS_BAD_DATA, says);
        assert_refused(ask(classes, "same.csv", NULL), STATUS_BAD_DATA, says);
        if (i > 0) {
            assert_int_equal(ask(values, "same.csv", NULL), STATUS_OK);
            assert_int_equal(train.outputs, 1);
            dataset_clear(&train);
        }
    }
    write_npy("x.npy", "\1\2\3", 3);
    write_npy("y.npy", "\1\1\1", 3);
    assert_refused(ask(plain, "x.npy", "y.npy"), STATUS_BAD_DATA, "every label is \"1\"");
}

TEST_BETWEEN(tables_in_utf16, own_directory_enter, end)
{
    static const struct source_request plain = {.data = NULL};
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {"\xff\xfe"
         "a\0,\0b\0\n\0",
            10, "iconv -f UTF-16 -t UTF-8"},
        {"\xfe\xff\0a\0,\0b\0\n", 10, "iconv -f UTF-16 -t UTF-8"},
        {"a\0,\0b\0\n\0", 8, "iconv -f UTF-16LE -t UTF-8"},
        {"\0a\0,\0b\0\n", 8, "iconv -f UTF-16BE -t UTF-8"},
        {"\x24\x04,\0b\0\n\0", 8, "iconv -f UTF-16LE -t UTF-8"}, /* a Cyrillic letter */
        {"\x04\x24\0,\0b\0\n", 8, "iconv -f UTF-16BE -t UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[IDX_FILES_PATH];
        idx_files_write(path, "wide.csv", cases[i].bytes, cases[i].size);
        assert_refused(ask(plain, "wide.csv", NULL), STATUS_BAD_DATA, cases[i].says);
    }
    idx_files_write((char[IDX_FILES_PATH]){0}, "other.csv", "a,b\0\0\0", 6);
    assert_refused(ask(plain, "other.csv", NULL), STATUS_BAD_DATA, "is not UTF-8 text");
    idx_files_write((char[IDX_FILES_PATH]){0}, "other.bin", "a,b\0\0\0", 6);
    assert_refused(ask(plain, "other.bin", NULL), STATUS_USAGE, "which labels belong");
}

TEST_BETWEEN(what_a_source_has_no_use_for, own_directory_enter, end)
{
    static const struct source_request nothing = {.data = NULL}, label = {.label = "a"},
                                       header = {.header = HEADER_ON};
    write_npy("x.npy", "\1\2\3", 3);
    write_text("t.csv", "1,2,yes\n3,4,no\n");
    idx_files_write((char[IDX_FILES_PATH]){0}, "t.csv.gz", "1,2,yes\n3,4,no\n", 15);
    assert_refused(ask(nothing, "x.npy", NULL), STATUS_USAGE, "--labels Y.npy");
    assert_refused(ask(label, "x.npy", "x.npy"), STATUS_USAGE, "--label a names a column");
    assert_refused(ask(header, "x.npy", "x.npy"), STATUS_USAGE, "--header is for tables");
    assert_refused(ask(nothing, "t.csv", "x.npy"), STATUS_USAGE, "one of its columns: use --label");
    assert_int_equal(ask(nothing, "t.csv.gz", NULL), STATUS_OK);
    dataset_clear(&train);
    assert_refused(ask(nothing, "missing.csv", "x.npy"), STATUS_USAGE, "columns");
    assert_refused(ask(nothing, "missing.npy", "x.npy"), STATUS_NO_INPUT, "cannot open");
    assert_refused(ask(nothing, "x.npy", "missing.npy"), STATUS_NO_INPUT, "missing.npy");
    struct source_request request = {.data = "synthetic", .labels = "y.npy", .threads = 1};
    assert_refused(source_read_train(&request, &train, &test, &error), STATUS_USAGE, "--labels");
    request = (struct source_request){.data = ".", .label = "y", .threads = 1};
    assert_refused(source_read_train(&request, &train, &test, &error), STATUS_USAGE, "--label");
}
