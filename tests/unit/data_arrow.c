#include "data/formats/arrow.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv.h"
#include "data/names.h"
#include "support/arrow_frame.h"
#include "support/unit.h"

static struct error error;
static struct dataset dataset;
static const struct source_request plain = {.threads = 1};

static enum status read_frame(const struct arrow_frame *frame, const struct source_request *request)
{
    struct ArrowArrayStream stream;
    dataset_clear(&dataset);
    arrow_frame_open(frame, &stream);
    enum status status = arrow_read("the data", &stream, request, &dataset, &error);
    stream.release(&stream);
    assert_int_equal(arrow_frame_unreleased(), 0);
    return status;
}

static void assert_refused(const struct arrow_frame *frame, const struct source_request *request,
    enum status wanted, const char *says)
{
    enum status status = read_frame(frame, request);
    if (status != wanted || !strstr(error.text, says))
        fail_msg("status %d \"%s\"; wanted %d \"... %s ...\"", status, status ? error.text : "",
            wanted, says);
    assert_null(dataset.values);
    assert_null(dataset.labels);
}

static void assert_names(char *const *one, char *const *other, int64_t n)
{
    assert_int_equal(!one, !other);
    for (int64_t i = 0; one && i < n; i++)
        assert_string_equal(one[i], other[i]);
}

/* The frame gives the dataset that its CSV text gives. */
static void assert_as_csv(const struct arrow_frame *frame, const struct source_request *request)
{
    struct dataset want;
    char *text = arrow_frame_csv(frame);
    if (csv_parse("t.csv", text, strlen(text), request, &want, &error))
        fail_msg("%s: %s", error.text, text);
    if (read_frame(frame, request))
        fail_msg("%s: %s", error.text, text);
    size_t bytes = (size_t)(want.samples * want.features) * sizeof(float);
    assert_int_equal(dataset.samples, want.samples);
    assert_int_equal(dataset.features, want.features);
    assert_memory_equal(dataset.values, want.values, bytes);
    assert_int_equal(dataset.classes, want.classes);
    assert_int_equal(dataset.outputs, want.outputs);
    assert_int_equal(dataset.others, want.others);
    if (!strstr(want.note, " in line "))
        assert_string_equal(dataset.note, want.note);
    assert_names(dataset.class_name, want.class_name, want.classes);
    assert_names(dataset.feature_name, want.feature_name, want.features);
    assert_names(dataset.label_name, want.label_name, dataset_label_columns(&want));
    assert_names(dataset.id, want.id, want.samples);
    assert_names(dataset.other, want.other, 2 * want.others);
    assert_true(dataset_fingerprint(&dataset) == dataset_fingerprint(&want));
    dataset_clear(&want);
    free(text);
}

/* The same with batches of every size, and with rows that offsets leave out. */
static void assert_as_csv_in_batches(struct arrow_frame frame, const struct source_request *request)
{
    for (frame.batch = 1; frame.batch <= frame.rows; frame.batch++)
        for (int form = 0; form < 4; form++) {
            frame.skip = form % 2 ? 3 : 0;
            frame.batch_skip = form / 2 ? 9 : 0;
            frame.empty_first = form == 2;
            assert_as_csv(&frame, request);
        }
}

/* --- types ---------------------------------------------------------------------------------- */

TEST(test_numbers_of_all_types)
{
    static const char *const cells[] = {"1", "2", "-3", "4", "-5", "6", "-7", "8", "0.5", "-1.25",
        "1e-3", "a", "127", "255", "-32768", "65535", "-2147483648", "4294967295",
        "-9223372036854775808", "18446744073709551615", "65504.0", "3.4028235e38", "0.1", "b", NULL,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "a", "0", "0", "0", "0", "0",
        "16777217", "9007199254740993", "9223372036854775807", "6.103515625e-05", "1e-45", "1e-60",
        "b"};
    assert_as_csv_in_batches(
        (struct arrow_frame){4, 12, {"c", "C", "s", "S", "i", "I", "l", "L", "e", "f", "g", "y"},
            {"c", "C", "s", "S", "i", "I", "l", "L", "e", "f", "g", "u"}, .cell = cells},
        &plain);
}

/* Short and long words, with quotes, commas, line ends and blanks around them. */
static const char *const words[] = {"red", "red", "red", "red", "1", "a longer word, \"quoted\"",
    "a longer word, \"quoted\"", "a longer word, \"quoted\"", "a longer word, \"quoted\"", "2",
    NULL, NULL, NULL, NULL, "1", "", "", "", "red", "2", " blue\t", " blue\t", " blue\t", "green",
    "1", "the second long word", "the second long word", "the second long word",
    "the second long word", "2", "NA", "NA", "NA", NULL, "1", "two\nlines", "two\nlines",
    "two\nlines", "two\nlines", "2"};

TEST(test_words_of_all_types)
{
    assert_as_csv_in_batches((struct arrow_frame){8, 5, {"u", "U", "vu", "dictionary", "y"},
                                 {"u", "U", "vu", "c<u", "C"}, .cell = words},
        &plain);
    assert_int_equal(dataset.levels.columns, 4);
    assert_string_equal(dataset.levels.name[0], "red");
}

TEST(test_dictionaries_of_all_types)
{
    assert_as_csv_in_batches((struct arrow_frame){8, 5, {"a", "b", "c", "d", "y"},
                                 {"s<U", "L<vu", "I<u", "C<vu", "i<l"}, .cell = words},
        &plain);
}

TEST(test_booleans_and_nothing)
{
    static const char *const cells[] = {"true", NULL, "1", "false", "false", NULL, "2", "true",
        NULL, NULL, "3", "true", "true", NULL, "4", "false"};
    struct arrow_frame frame = {4, 4, {"b", "n", "x", "y"}, {"b", "n", "f", "b"}, .cell = cells};
    assert_as_csv_in_batches(frame, &plain);
    assert_int_equal(dataset.classes, 2);
}

/* A dictionary of numbers is a category, as the option makes a column of numbers. */
TEST(test_a_dictionary_of_numbers)
{
    static const char *const cells[] = {"7", "1", "3", "2", "7", "3", NULL, "4", "12", "5"};
    struct arrow_frame frame = {5, 2, {"k", "y"}, {"c<l", "g"}, .cell = cells};
    const struct source_request categorical = {
        .threads = 1, .categorical = "k", .task = TASK_VALUES};
    assert_as_csv_in_batches(frame, &categorical);
    const struct source_request values = {.threads = 1, .task = TASK_VALUES};
    assert_int_equal(read_frame(&frame, &values), STATUS_OK);
    assert_int_equal(levels_in(&dataset.levels, 0), 3);
    frame.format[0] = "s"; /* numbers, which the option makes words */
    assert_as_csv_in_batches(frame, &categorical);
}

/* A number that lies between two floats is rounded once, as by a cast; through its shortest text it
 * would be rounded up. */
TEST(test_a_double_is_rounded_once)
{
    static const char *const cells[] = {"1.000000059604644775390625", "0", "2", "1"};
    struct arrow_frame frame = {2, 2, {"x", "y"}, {"g", "c"}, .cell = cells};
    assert_int_equal(read_frame(&frame, &plain), STATUS_OK);
    assert_true(((float *)dataset.values)[0] == 1.0F);
}

/* --- roles ---------------------------------------------------------------------------------- */

TEST(test_roles)
{
    static const char *const cells[] = {"1", "10", "0.5", "g1", "5", "2024-01-02", "x", "0", "2",
        "11", "1", "g2", "4", "2024-01-01", "y", "1", "3", NULL, "0", "g1", "3", "2024-01-03",
        "z\"", "2", "4", "13", "2.5", "g2", "2", "2023-01-01", "x", "1"};
    struct arrow_frame frame = {4, 8, {"a", "b", "w", "g", "when", "day", "id", "y"},
        {"i", "g", "g", "c<u", "l", "u", "vu", "c"}, .cell = cells};
    const struct source_request by_number = {
        .threads = 1, .weight = "w", .group = "g", .when = "when", .id = "id", .ignore = "day,2"};
    assert_as_csv_in_batches(frame, &by_number);
    const struct source_request by_word = {.threads = 1,
        .weight = "3",
        .group = "when",
        .when = "day",
        .id = "1",
        .label = "b",
        .ignore = "id,g",
        .task = TASK_VALUES};
    frame.cell = cells;
    assert_as_csv_in_batches(frame, &by_word); /* a row has no label */
    assert_int_equal(dataset.unlabelled, 1);
    char place[DATASET_PLACE];
    assert_string_equal(dataset_place(&dataset, 2, place), "sample 3 (from 0)");
}

/* The column of the ids may be an input of a model. */
TEST(test_an_input_that_is_the_id)
{
    static const char *const cells[] = {"1.5", "4", "2.5", "5", NULL, "6"};
    char *features[] = {(char[]){"x"}, (char[]){"k"}};
    struct arrow_frame frame = {3, 2, {"k", "x"}, {"g", "c"}, .cell = cells};
    const struct source_request request = {
        .threads = 1, .task = TASK_NONE, .id = "k", .feature_name = features, .features = 2};
    assert_as_csv_in_batches(frame, &request);
    assert_string_equal(dataset.id[1], "2.5");
    assert_true(((float *)dataset.values)[3] == 2.5F);
}

TEST(test_labels)
{
    static const char *const cells[] = {
        "1", "1.0", "5", "-1", "2", "2.0", "7", "1", "3", "1.0", "5", "-1", "4", NULL, "9", "1"};
    struct arrow_frame frame = {
        4, 4, {"x", "real", "whole", "sign"}, {"g", "f", "L", "c"}, .cell = cells};
    struct source_request request = {.threads = 1, .ignore = "real,whole"};
    assert_as_csv_in_batches(frame, &request);
    assert_string_equal(dataset.class_name[0], "-1");
    request = (struct source_request){.threads = 1, .label = "real", .ignore = "sign"};
    assert_as_csv_in_batches(frame, &request);
    assert_string_equal(dataset.class_name[1], "2");
    assert_says(dataset.note, "such as 1.0 in row 0");
    request = (struct source_request){.threads = 1, .label = "whole,sign", .ignore = "real"};
    assert_as_csv_in_batches(frame, &request);
    assert_int_equal(dataset.outputs, 2);
}

TEST(test_missing_texts_and_numbers)
{
    static const char *const cells[] = {"-999.0", "none yet", "0", "1.0", "a", "1", "nan", "b", "0",
        "2.5", "none yet", "1", "-1.0", "a", "1"};
    struct arrow_frame frame = {5, 3, {"x", "k", "y"}, {"g", "u", "c"}, .cell = cells};
    struct source_request request = {.threads = 1, .missing = "-999,none yet,-1"};
    assert_int_equal(read_frame(&frame, &request), STATUS_OK);
    const float *value = dataset.values;
    const bool missing[] = {true, true, false, false, true, false, false, true, true, false};
    for (int i = 0; i < 10; i++)
        assert_int_equal(isnan(value[i]) != 0, missing[i]);
}

TEST(test_columns_of_a_model)
{
    static const char *const cells[] = {"x", "1", "red", "0", "x", "2", "new", "1"};
    char *features[] = {(char[]){"colour"}, (char[]){"size"}}, *labels[] = {(char[]){"y"}};
    int64_t first[] = {0, 2, 2};
    char **names;
    assert_int_equal(names_make(&names, 2, "blue\0red", 9, "levels", &error), STATUS_OK);
    struct levels levels = {.columns = 2, .first = first, .name = names};
    struct arrow_frame frame = {
        2, 4, {"more", "size", "colour", "y"}, {"vu", "i", "c<u", "c"}, .cell = cells};
    const struct source_request request = {.threads = 1,
        .task = TASK_CLASSES,
        .feature_name = features,
        .features = 2,
        .levels = &levels,
        .label_name = labels,
        .label_columns = 1};
    assert_as_csv_in_batches(frame, &request);
    assert_int_equal(dataset.classes, 2);
    assert_true(((float *)dataset.values)[0] == 1 && ((float *)dataset.values)[2] == 2);
    assert_says(dataset.note, "more is not among the inputs");
    frame.name[3] = "z"; /* without the label: for predictions */
    assert_int_equal(read_frame(&frame, &request), STATUS_OK);
    assert_int_equal(dataset.classes + dataset.outputs, 0);
    frame.name[1] = "Size";
    assert_refused(&frame, &request, STATUS_BAD_DATA,
        "no column \"size\", which is an input in the training data (did you mean \"Size\"?)");
    free(names);
}

/* pandas passes an index that is not 0, 1, 2 ... as a column. */
TEST(test_the_index_of_a_frame)
{
    static const char *const cells[] = {"1", "0", "17", "2", "1", "3"};
    struct arrow_frame frame = {
        2, 3, {"x", "y", "__index_level_0__"}, {"i", "c", "l"}, .cell = cells};
    assert_int_equal(read_frame(&frame, &plain), STATUS_OK);
    assert_int_equal(dataset.features, 1);
    assert_int_equal(dataset.classes, 2); /* y, which is the last other one, has the labels */
    assert_says(dataset.note, "column 3 is the index of a frame, and is ignored");
    const struct source_request alone = {.threads = 1, .label = "y", .ignore = "x"};
    assert_refused(&frame, &alone, STATUS_BAD_DATA, "which leaves none for inputs");
}

/* Frames that are made of arrays have columns 0, 1, 2 ... */
TEST(test_names_that_are_numbers)
{
    static const char *const cells[] = {"1", "0", "5", "2", "1", "6", "3", "0", "7"};
    struct arrow_frame frame = {3, 3, {"0", "1", "2"}, {"g", "c", "g"}, .cell = cells};
    const struct source_request second = {.threads = 1, .label = "1"};
    assert_int_equal(read_frame(&frame, &second), STATUS_OK);
    assert_int_equal(dataset.classes, 2);
    assert_string_equal(dataset.feature_name[1], "2");
    const struct source_request third = {.threads = 1, .label = "3"};
    assert_int_equal(read_frame(&frame, &third), STATUS_OK); /* no name: a number from 1 */
    assert_string_equal(dataset.feature_name[1], "1");
}

/* --- faults --------------------------------------------------------------------------------- */

TEST(test_types_that_cannot_be_used)
{
    static const struct {
        const char *format, *says;
    } table[] = {{"d:5,2", "d:5,2, decimal: cast it to float64, or omit the column (--ignore 2)"},
        {"tdD", "date: convert it"}, {"tsn:UTC", "timestamp: convert it"}, {"ttu", "time: convert"},
        {"tDs", "duration: convert"}, {"tiM", "interval: convert"}, {"z", "binary: decode"},
        {"vz", "binary: decode"}, {"+l", "nested: make"}, {"+s", "nested: make"},
        {"+r", "run-end encoded: decode"}, {"f<u", "Arrow type f"},
        {"c<tdD", "Arrow type tdD, date: convert"}, {"_x", "_x, unknown: cast it to float64"}};
    static const char *const cells[] = {"1", "2", "0", "1", "3", "1"};
    const struct source_request ignores = {.threads = 1, .ignore = "odd"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct arrow_frame frame = {2, 3, {"x", "odd", "y"}, {"i", "i", "c"}, .cell = cells};
        frame.format[1] = table[i].format;
        assert_refused(&frame, &plain, STATUS_BAD_DATA, table[i].says);
        assert_says(error.text, "the data, column 2 (\"odd\")");
        assert_int_equal(read_frame(&frame, &ignores), STATUS_OK);
    }
}

TEST(test_times_are_sort_keys)
{
    static const char *const cells[] = {"1", "20000", "0", "2", "-5", "1", "3", "70", "0"};
    struct arrow_frame frame = {3, 3, {"x", "t", "y"}, {"i", "tsn:", "c"}, .cell = cells};
    const struct source_request sorted = {.threads = 1, .when = "t"};
    assert_as_csv_in_batches(frame, &sorted);
    assert_true(dataset.when[1] == -5);
}

/* Strings are categories, even if some or all of them look like numbers. */
TEST(test_strings_of_numbers)
{
    static const char *const cells[] = {
        "1", "05401", "7", "0", "2", "x", "8", "1", "3", "05401", "7", "0"};
    static const struct source_request categorical = {.threads = 1, .categorical = "k,n"};
    struct arrow_frame frame = {3, 4, {"x", "k", "n", "y"}, {"g", "u", "U", "c"}, .cell = cells};
    assert_as_csv_in_batches(frame, &categorical);
    assert_int_equal(read_frame(&frame, &plain), STATUS_OK);
    assert_int_equal(levels_in(&dataset.levels, 1), 2);
    assert_int_equal(levels_in(&dataset.levels, 2), 2);
    assert_string_equal(dataset.levels.name[0], "05401");
}

/* Texts that cannot be categories are refused as in a text table; names of rows only if the labels are
 * there, since a frame without them may be a few rows of the data. */
TEST(test_strings_that_are_no_categories)
{
    enum { ROWS = 30 };
    static char text[ROWS][2][16];
    static const char *cells[ROWS * 3];
    for (int i = 0; i < ROWS; i++) {
        snprintf(text[i][0], sizeof text[i][0], "name %d", i);
        snprintf(text[i][1], sizeof text[i][1], "%d", i % 2);
        cells[3 * i] = text[i][1];
        cells[3 * i + 1] = text[i][0];
        cells[3 * i + 2] = text[i][1];
    }
    struct arrow_frame frame = {ROWS, 3, {"x", "k", "y"}, {"g", "u", "c"}, .cell = cells};
    assert_refused(&frame, &plain, STATUS_BAD_DATA, "30 different");
    const struct source_request unlabelled = {.threads = 1, .task = TASK_NONE};
    assert_int_equal(read_frame(&frame, &unlabelled), STATUS_OK);
    frame.format[1] = "c<u"; /* a dictionary is a category */
    assert_int_equal(read_frame(&frame, &plain), STATUS_OK);
    for (int i = 0; i < ROWS; i++)
        cells[3 * i + 1] = "$1,000";
    frame.format[1] = "u";
    assert_refused(&frame, &plain, STATUS_BAD_DATA, "$1,000");
    assert_refused(&frame, &unlabelled, STATUS_BAD_DATA, "$1,000");
}

TEST(test_cells_that_are_refused)
{
    static const char *const infinite[] = {"1", "0", "1e39", "1", "-inf", "0"};
    struct arrow_frame frame = {3, 2, {"x", "y"}, {"g", "c"}, .cell = infinite};
    assert_refused(&frame, &plain, STATUS_BAD_DATA,
        "the data, row 1, column 1 (\"x\"): \"inf\" as float32 is not finite");
    static const char *const bad[] = {"1", "\xff", "2", "a"};
    frame = (struct arrow_frame){2, 2, {"x", "y"}, {"g", "u"}, .cell = bad};
    assert_refused(&frame, &plain, STATUS_BAD_DATA, "row 0, column 2 (\"y\")");
    static const char *const weightless[] = {"1", NULL, "0", "2", "1", "1"};
    const struct source_request weight = {.threads = 1, .weight = "w"};
    frame = (struct arrow_frame){2, 3, {"x", "w", "y"}, {"g", "f", "c"}, .cell = weightless};
    assert_refused(&frame, &weight, STATUS_BAD_DATA, "is not a weight");
    const struct source_request nobody = {.threads = 1, .group = "nobody"};
    assert_refused(&frame, &nobody, STATUS_USAGE, "--group nobody: the data has no such column");
}

TEST(test_failing_streams)
{
    static const char *const cells[] = {"1", "0", "2", "1"};
    struct arrow_frame frame = {2, 2, {"x", "y"}, {"i", "c"}, .cell = cells, .batch = 1,
        .fails_at = 2, .says = "disk on fire"};
    assert_refused(&frame, &plain, STATUS_BAD_DATA, "the Arrow stream failed: disk on fire");
    frame.says = NULL;
    assert_refused(&frame, &plain, STATUS_BAD_DATA, "the Arrow stream failed: Input/output error");
    frame = (struct arrow_frame){0, 2, {"x", "y"}, {"i", "c"}, .cell = cells};
    assert_refused(&frame, &plain, STATUS_BAD_DATA, "no rows");
    struct ArrowArrayStream released = {0};
    assert_int_equal(arrow_read("the data", &released, &plain, &dataset, &error), STATUS_USAGE);
    assert_says(error.text, "has been released");
}

static void release_child(struct ArrowArray *array, int64_t c)
{
    array->children[c]->release(array->children[c]);
    free(array->children[c]);
}

static void fewer_columns(struct ArrowArray *batch)
{
    release_child(batch, --batch->n_children);
}
static void no_column(struct ArrowArray *batch)
{
    release_child(batch, 0);
    batch->children[0] = NULL;
}
static void short_column(struct ArrowArray *batch)
{
    batch->children[0]->length--;
}
static void negative_offset(struct ArrowArray *batch)
{
    batch->children[1]->offset = -1;
}
static void huge_offset(struct ArrowArray *batch)
{
    batch->children[1]->offset = INT64_MAX;
}
static void negative_length(struct ArrowArray *batch)
{
    batch->length = -1;
}
static void huge_length(struct ArrowArray *batch)
{
    batch->length = INT64_MAX;
}
static void null_rows(struct ArrowArray *batch)
{
    batch->buffers[0] = calloc(1, 64);
    batch->null_count = 1;
}
static void no_data(struct ArrowArray *batch)
{
    free((void *)(uintptr_t)batch->children[0]->buffers[1]);
    batch->children[0]->buffers[1] = NULL;
}
static void more_buffers(struct ArrowArray *batch)
{
    batch->children[0]->n_buffers++;
}
static void no_bitmap(struct ArrowArray *batch)
{
    free((void *)(uintptr_t)batch->children[0]->buffers[0]);
    batch->children[0]->buffers[0] = NULL;
    batch->children[0]->null_count = 1;
}
static void falling_offsets(struct ArrowArray *batch)
{
    ((int32_t *)(uintptr_t)batch->children[1]->buffers[1])[1] = 99;
}
static void wild_view(struct ArrowArray *batch)
{
    ((int32_t *)(uintptr_t)batch->children[2]->buffers[1])[3] = 4000;
}
static void wild_part(struct ArrowArray *batch)
{
    ((int32_t *)(uintptr_t)batch->children[2]->buffers[1])[2] = 2;
}
static void long_view(struct ArrowArray *batch)
{
    ((int32_t *)(uintptr_t)batch->children[2]->buffers[1])[0] = -4;
}
static void wild_index(struct ArrowArray *batch)
{
    ((int8_t *)(uintptr_t)batch->children[3]->buffers[1])[1] = 2;
}
static void negative_index(struct ArrowArray *batch)
{
    ((int8_t *)(uintptr_t)batch->children[3]->buffers[1])[0] = -1;
}
static void no_dictionary(struct ArrowArray *batch)
{
    struct ArrowArray *coded = batch->children[3];
    coded->dictionary->release(coded->dictionary);
    free(coded->dictionary);
    coded->dictionary = NULL;
}

/* polars gives a column of nulls a bitmap, which the specification does not. */
static void add_bitmap(struct ArrowArray *batch)
{
    batch->children[1]->n_buffers = 1;
}

TEST(test_nulls_with_a_bitmap)
{
    static const char *const cells[] = {"1", NULL, "0", "2", NULL, "1"};
    struct arrow_frame frame = {
        2, 3, {"x", "none", "y"}, {"i", "n", "c"}, .cell = cells, .spoil = add_bitmap};
    assert_as_csv(&frame, &plain);
}

TEST(test_malformed_arrays)
{
    static const struct {
        void (*spoil)(struct ArrowArray *);
        const char *says;
    } table[] = {{fewer_columns, "another number of columns"}, {no_column, "a column is missing"},
        {short_column, "contradicts that of the batch"}, {negative_offset, "contradicts"},
        {huge_offset, "contradicts"}, {negative_length, "impossible"}, {huge_length, "impossible"},
        {null_rows, "whole rows of it are null"}, {no_data, "a buffer is missing"},
        {more_buffers, "another number of buffers"}, {no_bitmap, "no bitmap"},
        {falling_offsets, "offsets of a text"}, {wild_view, "offsets of a text"},
        {wild_part, "offsets of a text"}, {long_view, "offsets of a text"},
        {wild_index, "outside its dictionary"}, {negative_index, "outside its dictionary"},
        {no_dictionary, "its dictionary is missing"}};
    static const char *const cells[] = {"1", "a", "a word longer than a view", "k", "0", "2", "b",
        "another word that is long", "l", "1", "3", "b", "another word that is long", "l", "1"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct arrow_frame frame = {3, 5, {"x", "u", "v", "d", "y"}, {"i", "u", "vu", "c<u", "c"},
            .cell = cells, .spoil = table[i].spoil};
        assert_refused(&frame, &plain, STATUS_BAD_DATA, table[i].says);
        frame.batch = 2;
        frame.spoil = NULL;
        assert_int_equal(read_frame(&frame, &plain), STATUS_OK);
    }
}

static void set_format(struct ArrowSchema *schema, const char *format)
{
    free((void *)(uintptr_t)schema->format);
    schema->format = format ? strdup(format) : NULL;
}

static void no_struct(struct ArrowSchema *schema)
{
    set_format(schema, "i");
}
static void no_format(struct ArrowSchema *schema)
{
    set_format(schema->children[0], NULL);
}
static void no_utf8(struct ArrowSchema *schema)
{
    schema->children[1]->name = "\xc3";
}
static void no_words(struct ArrowSchema *schema)
{
    set_format(schema->dictionary ? schema : schema->children[0], "");
}

TEST(test_malformed_schemas)
{
    static const struct {
        void (*spoil)(struct ArrowSchema *);
        const char *says;
    } table[] = {{no_struct, "no record batches"}, {no_format, "column 1: its Arrow schema"},
        {no_utf8, "column 2: its Arrow schema"}, {no_words, "has the Arrow type"}};
    static const char *const cells[] = {"1", "0", "2", "1"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct arrow_frame frame = {
            2, 2, {"x", "y"}, {"i", "c"}, .cell = cells, .spoil_schema = table[i].spoil};
        assert_refused(&frame, &plain, STATUS_BAD_DATA, table[i].says);
    }
}

/* Each allocation fails once: nothing is left. */
TEST(test_allocation_failures)
{
    struct arrow_frame frame = {8, 5, {"u", "U", "vu", "dictionary", "y"},
        {"u", "U", "vu", "c<u", "C"}, .cell = words, .batch = 3};
    int nth = 1;
    for (;; nth++) {
        memory_inject_failure(nth);
        enum status status = read_frame(&frame, &plain);
        if (memory_inject_failure(0) > 0) {
            assert_int_equal(status, STATUS_OK);
            break;
        }
        assert_int_equal(status, STATUS_NO_RESOURCE);
        assert_says(error.text, "no memory for");
        assert_null(dataset.values);
    }
    assert_true(nth > 20);
}

/* Threads divide the rows, and find the same. */
TEST(test_threads)
{
    static char text[3000][12];
    static const char *cells[3000];
    static const char *const word[] = {"first", "second", "third", NULL};
    for (int i = 0; i < 3000; i++) {
        snprintf(text[i], sizeof text[i], "%d", i % 3 == 0 ? i * 7919 % 1000 : i / 3 % 2);
        cells[i] = i % 3 == 1 ? word[i * 31 / 7 % 4] : text[i];
    }
    struct arrow_frame frame = {
        1000, 3, {"x", "k", "y"}, {"i", "c<u", "c"}, .cell = cells, .batch = 50};
    for (int threads = 1; threads <= 7; threads += 3) {
        const struct source_request request = {.threads = threads};
        assert_as_csv(&frame, &request);
    }
    dataset_clear(&dataset);
}
