/* data_folds.c: folds are partitions of nearly equal size, with the class counts of scikit-learn's
 * StratifiedKFold (tests/golden/splits.json); groups stay together and are balanced.
 */
#include "data/split/folds.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "support/golden.h"
#include "support/unit.h"

enum { SAMPLES = 600, FOLDS_MAX = 16, CLASSES_MAX = 16 };

static struct error error;
static int32_t fold[SAMPLES], label[SAMPLES], group[SAMPLES];

static void assign(const struct dataset *dataset, int64_t folds, uint64_t seed)
{
    memset(fold, -1, sizeof fold);
    const struct fold_request request = {.folds = folds, .seed = seed, .stratified = true};
    if (folds_assign(fold, dataset, &request, &error))
        fail_msg("%s", error.text);
    for (int64_t i = 0; i < dataset->samples; i++)
        assert_true(fold[i] >= 0 && fold[i] < folds);
}

static int64_t count_fold(int64_t samples, int64_t k)
{
    int64_t n = 0;
    for (int64_t i = 0; i < samples; i++)
        n += fold[i] == k;
    return n;
}

static void compare_with_golden(const struct json *test)
{
    int64_t classes = golden_int(test, "classes"), folds = golden_int(test, "folds");
    struct dataset dataset = {.samples = golden_int(test, "samples"), .classes = classes};
    dataset.labels = golden_labels(test, "label", dataset.samples);
    double *want = golden_reals(test, "counts", folds * classes);
    int64_t count[FOLDS_MAX * CLASSES_MAX] = {0};
    assign(&dataset, folds, 5);
    for (int64_t i = 0; i < dataset.samples; i++)
        count[fold[i] * classes + dataset.labels[i]]++;
    for (int64_t i = 0; i < folds * classes; i++)
        assert_int_equal(count[i], (int64_t)want[i]);
    free(dataset.labels);
    free(want);
}

TEST(class_counts_are_those_of_scikit_learn)
{
    char path[FILE_PATH_MAX];
    assert_int_equal(file_path(path, golden_directory(), "splits.json", &error), STATUS_OK);
    struct json *root = golden_parse(path);
    const struct json *cases = js_get(root, "folds");
    assert_int_equal(js_size(cases), 5);
    for (size_t i = 0; i < js_size(cases); i++)
        compare_with_golden(js_item(cases, i));
    js_destroy(root);
}

TEST(targets_give_folds_of_equal_size)
{
    struct dataset dataset = {.samples = 103, .outputs = 1};
    int32_t before[103];
    assign(&dataset, 10, 1);
    for (int64_t k = 0; k < 10; k++)
        assert_int_equal(count_fold(103, k), k < 3 ? 11 : 10);
    memcpy(before, fold, sizeof before);
    assign(&dataset, 10, 1);
    assert_memory_equal(before, fold, sizeof before);
    assign(&dataset, 10, 2);
    assert_memory_not_equal(before, fold, sizeof before);
}

static void assert_whole_groups(void)
{
    int32_t of_group[SAMPLES];
    memset(of_group, -1, sizeof of_group);
    for (int i = 0; i < SAMPLES; i++) {
        assert_true(of_group[group[i]] == -1 || of_group[group[i]] == fold[i]);
        of_group[group[i]] = fold[i];
    }
}

TEST(groups_of_targets)
{
    struct dataset dataset = {.samples = SAMPLES, .outputs = 1, .group = group, .groups = 80};
    int32_t before[SAMPLES];
    for (int i = 0; i < SAMPLES; i++)
        group[i] = i * i % 1009 % 80;
    assign(&dataset, 7, 1);
    assert_whole_groups();
    for (int64_t k = 0; k < 7; k++)
        assert_true(llabs(count_fold(SAMPLES, k) - SAMPLES / 7) <= 2);
    memcpy(before, fold, sizeof before);
    assign(&dataset, 7, 2); /* another order of groups of equal size */
    assert_whole_groups();
    assert_memory_not_equal(before, fold, sizeof before);
}

/* Each group is of one class, as patients with one diagnosis; both classes are spread evenly. */
TEST(groups_of_classes)
{
    struct dataset dataset = {
        .samples = SAMPLES, .classes = 2, .labels = label, .group = group, .groups = 120};
    int64_t count[5][2] = {{0}};
    for (int i = 0; i < SAMPLES; i++) {
        group[i] = i / 5;
        label[i] = group[i] % 4 == 0;
    }
    assign(&dataset, 5, 3);
    assert_whole_groups();
    for (int i = 0; i < SAMPLES; i++)
        count[fold[i]][label[i]]++;
    for (int k = 0; k < 5; k++)
        assert_true(count[k][0] == 90 && count[k][1] == 30);
}

/* No fold is empty, even if one group has nearly all samples. */
TEST(a_dominant_group)
{
    struct dataset dataset = {.samples = SAMPLES, .outputs = 1, .group = group, .groups = 4};
    for (int i = 0; i < SAMPLES; i++)
        group[i] = i < 3 ? i : 3;
    assign(&dataset, 4, 1);
    for (int64_t k = 0; k < 4; k++)
        assert_true(count_fold(SAMPLES, k) >= 1);
}

/* Without stratification, labels do not matter. */
TEST(folds_without_classes)
{
    struct dataset dataset = {.samples = SAMPLES, .classes = 2, .labels = label};
    struct fold_request request = {.folds = 5, .seed = 3};
    int32_t plain[SAMPLES];
    assert_int_equal(folds_assign(plain, &dataset, &request, &error), STATUS_OK);
    for (int i = 0; i < SAMPLES; i++)
        label[i] = i % 7 == 0;
    assert_int_equal(folds_assign(fold, &dataset, &request, &error), STATUS_OK);
    assert_memory_equal(plain, fold, sizeof fold);
}

TEST(too_many_folds)
{
    struct dataset dataset = {.name = "few", .samples = 4, .outputs = 1};
    assert_int_equal(
        folds_assign(fold, &dataset, &(struct fold_request){.folds = 5, .seed = 1}, &error),
        STATUS_USAGE);
    assert_says(error.text, "5 folds of few, which has only 4 samples");
    dataset.group = group;
    dataset.groups = 2;
    assert_int_equal(
        folds_assign(fold, &dataset, &(struct fold_request){.folds = 3, .seed = 1}, &error),
        STATUS_USAGE);
    assert_says(error.text, "only 2 groups");
}

/* A group without samples, e.g. only without labels, does not give an empty fold. */
TEST(a_group_without_samples)
{
    struct dataset dataset = {
        .name = "few", .samples = 9, .outputs = 1, .group = group, .groups = 4};
    for (int i = 0; i < 9; i++)
        group[i] = i % 3 + (i % 3 > 0); /* 0, 2, 3 */
    const struct fold_request request = {.folds = 4, .seed = 1};
    assert_int_equal(folds_assign(fold, &dataset, &request, &error), STATUS_USAGE);
    assert_says(error.text, "4 folds of few, which has only 3 groups");
    assign(&dataset, 3, 1);
    for (int64_t k = 0; k < 3; k++)
        assert_int_equal(count_fold(9, k), 3);
}

TEST(subsets_of_a_fold)
{
    const int32_t of[] = {2, 0, 1, 2, 2};
    struct subset train, held_out;
    assert_int_equal(fold_subsets(&train, &held_out, of, 5, 2, &error), STATUS_OK);
    assert_true(train.size == 2 && train.number[0] == 1 && train.number[1] == 2);
    assert_true(held_out.size == 3 && held_out.number[0] == 0 && held_out.number[2] == 4);
    subset_clear(&train);
    subset_clear(&held_out);
    for (int nth = 1; nth <= 2; nth++) {
        memory_inject_failure(nth);
        assert_int_equal(fold_subsets(&train, &held_out, of, 5, 2, &error), STATUS_NO_RESOURCE);
        assert_null(train.number);
        assert_null(held_out.number);
    }
    memory_inject_failure(0);
}

TEST(no_memory)
{
    struct dataset dataset = {.samples = SAMPLES, .outputs = 1};
    for (int nth = 1; nth <= 2; nth++) {
        memory_inject_failure(1);
        assert_int_equal(
            folds_assign(fold, &dataset, &(struct fold_request){.folds = 3, .seed = 1}, &error),
            STATUS_NO_RESOURCE);
        dataset.group = group;
        dataset.groups = 4;
    }
    memory_inject_failure(0);
}
