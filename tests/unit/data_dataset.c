#include "data/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/names.h"
#include "support/unit.h"

static struct error error;

static struct dataset bytes_with_labels(uint8_t values[6], int32_t labels[3])
{
    return (struct dataset){.name = "one",
        .samples = 3,
        .features = 2,
        .type = VALUE_U8,
        .values = values,
        .classes = 4,
        .labels = labels};
}

/* Each byte and each number of the shape moves the fingerprint. */
TEST(fingerprint_sees_everything)
{
    uint8_t values[6] = {1, 2, 3, 4, 5, 6};
    int32_t labels[3] = {0, 3, 1};
    float targets[3] = {0, 0, 0};
    struct dataset dataset = bytes_with_labels(values, labels), other = dataset;
    uint64_t whole = dataset_fingerprint(&dataset);
    strcpy(other.name, "another");
    assert_int_equal(dataset_fingerprint(&other), whole); /* not where it came from */
    for (int i = 0; i < 6; i++) {
        values[i] ^= 1;
        assert_int_not_equal(dataset_fingerprint(&dataset), whole);
        values[i] ^= 1;
    }
    for (int i = 0; i < 3; i++) {
        labels[i] ^= 1;
        assert_int_not_equal(dataset_fingerprint(&dataset), whole);
        labels[i] ^= 1;
    }
    other = dataset, other.samples = 2;
    assert_int_not_equal(dataset_fingerprint(&other), whole);
    other = dataset, other.samples = 2, other.features = 3;
    assert_int_not_equal(dataset_fingerprint(&other), whole);
    other = dataset, other.classes = 5;
    assert_int_not_equal(dataset_fingerprint(&other), whole);
    other = dataset, other.labels = NULL, other.targets = targets, other.outputs = 1;
    uint64_t regression = dataset_fingerprint(&other);
    targets[2] = 1;
    assert_int_not_equal(dataset_fingerprint(&other), regression);
    assert_int_equal(dataset_fingerprint(&dataset), whole);
}

static void assert_mismatch(const struct dataset *train, struct dataset other, const char *says)
{
    strcpy(other.name, "other");
    enum status status = dataset_match(train, &other, &error);
    if (status != STATUS_BAD_DATA || !strstr(error.text, says))
        fail_msg("status %d \"%s\"; wanted \"... %s ...\"", status, error.text, says);
    assert_says(error.text, "other");
    assert_says(error.text, "one");
}

TEST(matching)
{
    uint8_t values[6] = {0};
    int32_t labels[3] = {0, 3, 1}, fewer[3] = {0, 1, 0}, more[3] = {0, 1, 4};
    float targets[6] = {0};
    struct dataset train = bytes_with_labels(values, labels), other = train;
    struct dataset regression = train;
    regression.classes = 0;
    regression.labels = NULL;
    regression.outputs = 1;
    regression.targets = targets;

    other.labels = fewer;
    other.classes = 2;
    assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK);
    assert_int_equal(other.classes, 4);
    other.labels = more;
    other.classes = 5;
    assert_mismatch(&train, other, "the label of sample 2 (from 0) is 4");
    other = train, other.features = 3;
    assert_mismatch(&train, other, "3 features");
    assert_mismatch(&train, regression, "regression targets");
    assert_mismatch(&regression, train, "class labels");

    other = regression;
    assert_int_equal(dataset_match(&regression, &other, &error), STATUS_OK);
    other.outputs = 2;
    assert_mismatch(&regression, other, "2 targets");
}

static struct dataset named(const char *texts, size_t size, int64_t classes, int32_t labels[3])
{
    static uint8_t values[6];
    struct dataset dataset = bytes_with_labels(values, labels);
    dataset.classes = classes;
    if (texts)
        assert_int_equal(
            names_make(&dataset.class_name, classes, texts, size, "names", &error), STATUS_OK);
    return dataset;
}

/* The other set has some of the classes, in another order, and gets the training set's numbers. */
TEST(classes_are_matched_by_name)
{
    int32_t first[3] = {0, 1, 2}, second[3] = {1, 0, 1};
    struct dataset train = named("fig\0kiwi\0pear", 14, 3, first);
    struct dataset other = named("pear\0fig", 9, 2, second);
    assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK);
    assert_memory_equal(second, ((int32_t[]){0, 2, 0}), sizeof second);
    assert_int_equal(other.classes, 3);
    assert_string_equal(other.class_name[1], "kiwi");
    free(other.class_name);

    int32_t third[3] = {0, 1, 0};
    other = named("fig\0plum", 9, 2, third);
    other.first_line = 7;
    assert_mismatch(&train, other, "the label of line 8 is plum");
    assert_int_equal(third[1], 1); /* as it was */
    free(other.class_name);
    free(train.class_name);
}

/* Whole numbers are names where they do not count from 0, in one set and not in the other. */
TEST(numbers_and_names)
{
    int32_t first[3] = {0, 1, 2}, second[3] = {1, 0, 1}, third[3] = {0, 2, 2};
    struct dataset train = named(NULL, 0, 3, first);
    struct dataset other = named("0\0002", 4, 2, second);
    assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK);
    assert_memory_equal(second, ((int32_t[]){2, 0, 2}), sizeof second);
    assert_null(other.class_name);

    train = named("0\0002", 4, 2, second);
    other = named(NULL, 0, 3, third);
    assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK);
    assert_memory_equal(third, ((int32_t[]){0, 1, 1}), sizeof third);
    assert_string_equal(other.class_name[1], "2");
    free(other.class_name);
    free(train.class_name);

    train = named(NULL, 0, 3, first);
    other = named("3\0x", 4, 2, (int32_t[]){0, 1, 1});
    assert_mismatch(
        &train, other, "sample 0 (from 0) is 3, but the training data one has classes 0 to 2");
    free(other.class_name);
}

TEST(columns_are_matched_by_name)
{
    int32_t labels[3] = {0, 1, 2};
    struct dataset train = named(NULL, 0, 3, labels), other = train;
    assert_int_equal(names_make(&train.feature_name, 2, "a\0b", 4, "", &error), STATUS_OK);
    assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK); /* only one has names */
    assert_int_equal(names_make(&other.feature_name, 2, "a\0c", 4, "", &error), STATUS_OK);
    assert_mismatch(&train, other, "feature 2 is named \"c\"");
    free(other.feature_name);
    free(train.feature_name);
}

TEST(data_without_labels_fit)
{
    int32_t labels[3] = {0, 1, 2};
    struct dataset train = named(NULL, 0, 3, labels), other = train;
    other.labels = NULL;
    other.classes = 0;
    assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK);
    assert_int_equal(other.classes, 0);
}

static void make_levels(struct dataset *dataset, int64_t n, const char *words, size_t size)
{
    dataset->levels.columns = 2;
    dataset->levels.first = calloc(3, sizeof *dataset->levels.first);
    dataset->levels.first[2] = n;
    assert_int_equal(names_make(&dataset->levels.name, n, words, size, "words", &error), STATUS_OK);
}

/* A batch whose category is empty in every row has no words for the reader to find. */
TEST(a_category_may_be_missing_in_every_row)
{
    float values[4] = {1, NAN, 2, NAN};
    double same[4] = {1, (double)NAN, 2, (double)NAN};
    struct dataset train = {.name = "one", .features = 2}, other;
    make_levels(&train, 2, "red\0blue", 9);
    for (int wide = 0; wide < 2; wide++) {
        other = (struct dataset){.name = "other",
            .samples = 2,
            .features = 2,
            .type = wide ? VALUE_F64 : VALUE_F32,
            .values = wide ? (void *)same : values};
        assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK);
        assert_int_equal(levels_in(&other.levels, 1), 2);
        levels_clear(&other.levels);
    }
    assert_true(isnan(values[1]) && isnan(values[3]));
    values[3] = 0;
    other = (struct dataset){
        .name = "other", .samples = 2, .features = 2, .type = VALUE_F32, .values = values};
    assert_mismatch(&train, other, "feature 2 holds numbers");
    levels_clear(&train.levels);
}

/* Codes that were given without knowing the training data's, as by a program that embeds us. */
TEST(words_get_the_codes_of_the_training_data)
{
    float values[8] = {1, 0, 2, 1, 3, 2, 4, NAN};
    struct dataset train = {.name = "one", .features = 2}, other;
    other = (struct dataset){
        .name = "other", .samples = 4, .features = 2, .type = VALUE_F32, .values = values};
    assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK);
    make_levels(&train, 2, "red\0blue", 9);
    assert_mismatch(
        &train, other, "feature 2 holds numbers, but in the training data one it holds words");
    make_levels(&other, 3, "blue\0green\0red", 15);
    assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK);
    assert_true(values[1] == 1 && values[3] == 2 && values[5] == 0 && isnan(values[7]));
    assert_int_equal(levels_in(&other.levels, 1), 2);
    assert_int_equal(dataset_match(&train, &other, &error), STATUS_OK);
    assert_true(values[1] == 1 && values[3] == 2);
    levels_clear(&train.levels);
    assert_mismatch(
        &train, other, "feature 2 holds words, but in the training data one it holds numbers");
    levels_clear(&other.levels);
}
