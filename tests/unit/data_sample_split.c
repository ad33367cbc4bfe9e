/* data_sample_split.c: every rule of a split gives a partition of the requested size, that depends on
 * the seed and the samples only; class counts are those of scikit-learn (tests/golden/splits.json).
 */
#include "data/split/sample_split.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/order.h"
#include "support/golden.h"
#include "support/unit.h"

static struct error error;

static struct sample_split split_of(const struct dataset *dataset, struct split_request request)
{
    struct sample_split split;
    if (sample_split(&split, dataset, &request, &error))
        fail_msg("%s", error.text);
    return split;
}

static struct sample_split split_plain(
    int64_t samples, int64_t validation, int64_t test, uint64_t seed)
{
    struct dataset dataset = {.name = "plain", .samples = samples};
    return split_of(
        &dataset, (struct split_request){.seed = seed, .validation = validation, .test = test});
}

/* All increasing, and together each sample once: a merge meets 0, 1, 2, ... */
static void assert_partition(int64_t samples, const struct sample_split *split)
{
    const struct subset *part[] = {&split->train, &split->validation, &split->test};
    int64_t at[3] = {0};
    assert_int_equal(split->train.size + split->validation.size + split->test.size, samples);
    for (int64_t sample = 0; sample < samples; sample++) {
        bool found = false;
        for (int i = 0; i < 3 && !found; i++)
            if (at[i] < part[i]->size && subset_at(part[i], at[i]) == sample) {
                at[i]++;
                found = true;
            }
        if (!found)
            fail_msg("sample %lld of %lld is missing", (long long)sample, (long long)samples);
    }
}

static void assert_same_subset(const struct subset *a, const struct subset *b)
{
    assert_int_equal(a->size, b->size);
    for (int64_t i = 0; i < a->size; i++)
        assert_int_equal(subset_at(a, i), subset_at(b, i));
}

TEST(splits_are_partitions)
{
    const int64_t cases[][3] = {{1, 0, 0}, {2, 1, 0}, {2, 0, 1}, {3, 2, 0}, {3, 1, 1}, {63, 10, 3},
        {64, 63, 0}, {65, 0, 64}, {1000, 0, 0}, {1000, 1, 998}, {1000, 999, 0},
        {60000, 6000, 5000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample_split split = split_plain(cases[i][0], cases[i][1], cases[i][2], 7);
        assert_int_equal(split.validation.size, cases[i][1]);
        assert_int_equal(split.test.size, cases[i][2]);
        assert_partition(cases[i][0], &split);
        sample_split_clear(&split);
    }
}

TEST(without_other_samples_it_is_the_identity)
{
    struct sample_split split = split_plain(10, 0, 0, 7);
    assert_null(split.train.number);
    assert_int_equal(subset_at(&split.train, 9), 9);
    assert_int_equal(split.validation.size + split.test.size, 0);
    sample_split_clear(&split);
    assert_int_equal(split.train.size, 0);
}

TEST(validation_is_what_the_permutation_puts_first)
{
    struct order order;
    unsigned char drawn[500] = {0};
    order_init(&order, 500, true, 11, RANDOM_SPLIT, 0);
    for (int64_t position = 0; position < 50; position++)
        drawn[order_at(&order, position)] = 1;
    struct sample_split split = split_plain(500, 50, 0, 11);
    for (int64_t i = 0; i < 50; i++)
        assert_int_equal(drawn[subset_at(&split.validation, i)], 1);
    sample_split_clear(&split);
}

TEST(seeds_differ_and_repeat)
{
    struct sample_split a = split_plain(1000, 100, 50, 1), b = split_plain(1000, 100, 50, 1);
    struct sample_split c = split_plain(1000, 100, 50, 2);
    assert_same_subset(&a.validation, &b.validation);
    assert_same_subset(&a.test, &b.test);
    assert_memory_not_equal(a.validation.number, c.validation.number, 100 * sizeof(int64_t));
    assert_memory_not_equal(a.test.number, c.test.number, 50 * sizeof(int64_t));
    sample_split_clear(&a);
    sample_split_clear(&b);
    sample_split_clear(&c);
}

TEST(the_test_samples_do_not_depend_on_the_validation_samples)
{
    struct sample_split a = split_plain(1000, 0, 200, 1), b = split_plain(1000, 333, 200, 1);
    assert_same_subset(&a.test, &b.test);
    sample_split_clear(&a);
    sample_split_clear(&b);
}

/* Validation samples out of the training samples of a split, as those of a fold. */
TEST(a_subset_can_be_split)
{
    struct dataset dataset = {.samples = 300};
    struct sample_split outer = split_plain(300, 0, 100, 4);
    struct split_request request = {.seed = 4, .validation = 60, .from = &outer.train};
    struct sample_split inner = split_of(&dataset, request);
    assert_int_equal(inner.train.size, 140);
    struct sample_split whole = {inner.train, inner.validation, outer.test};
    assert_partition(300, &whole);
    sample_split_clear(&inner);
    sample_split_clear(&outer);
}

/* --- classes ---------------------------------------------------------------------------------- */

static void count_classes(
    int64_t *count, int64_t classes, const struct dataset *dataset, const struct subset *subset)
{
    memset(count, 0, (size_t)classes * sizeof *count);
    for (int64_t i = 0; i < subset->size; i++)
        count[dataset->labels[subset_at(subset, i)]]++;
}

/* scikit-learn breaks ties between remainders at random, hence the 1. */
static void compare_with_golden(const struct json *test)
{
    int64_t classes = golden_int(test, "classes"), n = golden_int(test, "n"), count[16];
    struct dataset dataset = {.samples = golden_int(test, "samples"), .classes = classes};
    dataset.labels = golden_labels(test, "label", dataset.samples);
    double *want = golden_reals(test, "counts", classes);
    struct split_request request = {.seed = 3, .stratified = true, .validation = n};
    struct sample_split split = split_of(&dataset, request);
    assert_int_equal(split.validation.size, n);
    assert_partition(dataset.samples, &split);
    count_classes(count, classes, &dataset, &split.validation);
    for (int64_t c = 0; c < classes; c++)
        assert_true(llabs(count[c] - (int64_t)want[c]) <= 1);
    count_classes(count, classes, &dataset, &split.train);
    for (int64_t c = 0; c < classes; c++)
        assert_true(count[c] > 0);
    sample_split_clear(&split);
    free(dataset.labels);
    free(want);
}

TEST(class_counts_are_those_of_scikit_learn)
{
    char path[FILE_PATH_MAX];
    assert_int_equal(file_path(path, golden_directory(), "splits.json", &error), STATUS_OK);
    struct json *root = golden_parse(path);
    const struct json *cases = js_get(root, "splits");
    assert_int_equal(js_size(cases), 6);
    for (size_t i = 0; i < js_size(cases); i++)
        compare_with_golden(js_item(cases, i));
    js_destroy(root);
}

/* Exact shares are met exactly, by test and by validation samples; a class keeps its only sample for
 * training, and an empty class does no harm. */
TEST(classes_in_proportion)
{
    enum { SAMPLES = 101 };
    int32_t label[SAMPLES];
    int64_t count[4];
    for (int i = 0; i < SAMPLES; i++)
        label[i] = i < 60 ? 0 : i < 100 ? 1 : 3;
    struct dataset dataset = {.samples = SAMPLES, .classes = 4, .labels = label};
    struct split_request request = {.seed = 9, .stratified = true, .validation = 60, .test = 20};
    struct sample_split split = split_of(&dataset, request);
    assert_partition(SAMPLES, &split);
    count_classes(count, 4, &dataset, &split.test);
    assert_true(count[0] == 12 && count[1] == 8 && count[2] == 0 && count[3] == 0);
    count_classes(count, 4, &dataset, &split.validation);
    assert_true(count[0] == 36 && count[1] == 24 && count[2] == 0 && count[3] == 0);
    sample_split_clear(&split);
}

/* --- groups ----------------------------------------------------------------------------------- */

static void assert_whole_groups(const struct dataset *dataset, const struct sample_split *split)
{
    const struct subset *part[] = {&split->train, &split->validation, &split->test};
    int place[64];
    memset(place, -1, sizeof place);
    for (int p = 0; p < 3; p++)
        for (int64_t i = 0; i < part[p]->size; i++) {
            int *at = &place[dataset->group[subset_at(part[p], i)]];
            assert_true(*at == -1 || *at == p);
            *at = p;
        }
}

TEST(groups_stay_together)
{
    enum { SAMPLES = 700, GROUPS = 40 };
    int32_t group[SAMPLES];
    for (int i = 0; i < SAMPLES; i++)
        group[i] = i * i % 1009 % GROUPS;
    struct dataset dataset = {.samples = SAMPLES, .group = group, .groups = GROUPS};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct split_request request = {.seed = seed, .validation = 140, .test = 100};
        struct sample_split split = split_of(&dataset, request);
        assert_partition(SAMPLES, &split);
        assert_whole_groups(&dataset, &split);
        assert_true(llabs(split.validation.size - 140) <= 10 && llabs(split.test.size - 100) <= 10);
        sample_split_clear(&split);
    }
}

TEST(the_smallest_of_large_groups)
{
    const int32_t sizes[] = {300, 200, 250};
    int32_t group[750];
    for (int i = 0, at = 0; i < 3; i++)
        for (int k = 0; k < sizes[i]; k++)
            group[at++] = i;
    struct dataset dataset = {.name = "large", .samples = 750, .group = group, .groups = 3};
    struct split_request request = {.seed = 1, .validation = 10};
    struct sample_split split = split_of(&dataset, request);
    assert_int_equal(split.validation.size, 200);
    assert_int_equal(subset_at(&split.validation, 0), 300);
    sample_split_clear(&split);

    request.validation = 740; /* one group stays for training */
    split = split_of(&dataset, request);
    assert_true(split.train.size >= 200);
    sample_split_clear(&split);

    memset(group, 0, sizeof group);
    dataset.groups = 1;
    assert_int_equal(sample_split(&split, &dataset, &request, &error), STATUS_BAD_DATA);
    assert_says(error.text, "large: the 750 samples to be split are of one group");
    assert_null(split.train.number);
}

/* --- sort keys -------------------------------------------------------------------------------- */

TEST(the_last_samples)
{
    double when[100];
    for (int i = 0; i < 100; i++)
        when[i] = i * 37 % 100 - 50; /* -50 ... 49 */
    struct dataset dataset = {.samples = 100, .when = when};
    struct split_request request = {.seed = 1, .validation = 20, .test = 10};
    struct sample_split split = split_of(&dataset, request);
    assert_partition(100, &split);
    assert_true(split.validation.size == 20 && split.test.size == 10);
    for (int64_t i = 0; i < 10; i++)
        assert_true(when[subset_at(&split.test, i)] >= 40);
    for (int64_t i = 0; i < 70; i++)
        assert_true(when[subset_at(&split.train, i)] < 20);
    sample_split_clear(&split);
}

TEST(equal_sort_keys_stay_together)
{
    const double when[] = {1, 1, 1, 2, 2, 2, 3, 3, 3, 3};
    const int64_t cases[][2] = {{1, 4}, {4, 4}, {5, 4}, {6, 7}, {7, 7}, {8, 7}, {9, 7}};
    double keys[10];
    memcpy(keys, when, sizeof keys);
    struct dataset dataset = {.name = "days", .samples = 10, .when = keys};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct split_request request = {.validation = cases[i][0]};
        struct sample_split split = split_of(&dataset, request);
        assert_int_equal(split.validation.size, cases[i][1]);
        assert_partition(10, &split);
        sample_split_clear(&split);
    }
    for (int i = 0; i < 10; i++)
        keys[i] = 5;
    struct sample_split split;
    struct split_request request = {.validation = 3};
    assert_int_equal(sample_split(&split, &dataset, &request, &error), STATUS_BAD_DATA);
    assert_says(error.text, "days: the 10 samples to be split have equal values");
}

/* More test samples than requested leave fewer for validation than requested. */
TEST(a_large_last_part)
{
    double when[] = {1, 2, 2, 2, 2, 2};
    int32_t group[] = {0, 1, 1, 1, 1, 1};
    struct split_request request = {.seed = 2, .validation = 3, .test = 2};
    struct sample_split split;
    struct dataset dataset = {.name = "d", .samples = 6, .when = when};
    assert_int_equal(sample_split(&split, &dataset, &request, &error), STATUS_BAD_DATA);
    assert_says(error.text, "d: the split leaves no sample to train on");
    request.test = 1;
    dataset.when = NULL;
    dataset.group = group; /* group 0 is for test */
    assert_int_equal(sample_split(&split, &dataset, &request, &error), STATUS_BAD_DATA);
    assert_says(error.text, "of one group");
    when[1] = 1;
    dataset.group = NULL;
    dataset.when = when; /* 4 for test, then 1 of 2 cannot be separated */
    request.test = 4;
    assert_int_equal(sample_split(&split, &dataset, &request, &error), STATUS_BAD_DATA);
    when[1] = 1.5;
    request.validation = 5;
    split = split_of(&dataset, request);
    assert_true(split.validation.size == 1 && split.test.size == 4);
    sample_split_clear(&split);
}

/* --- failures --------------------------------------------------------------------------------- */

TEST(no_memory)
{
    double when[100];
    int32_t label[100], group[100];
    for (int i = 0; i < 100; i++) {
        when[i] = i;
        label[i] = i % 3;
        group[i] = i / 5;
    }
    const struct {
        struct dataset dataset;
        bool stratified;
        int allocations;
    } cases[] = {{{.samples = 100}, false, 4}, {{.samples = 100, .when = when}, false, 6},
        {{.samples = 100, .group = group, .groups = 20}, false, 6},
        {{.samples = 100, .classes = 3, .labels = label}, true, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct split_request request = {
            .validation = 10, .test = 10, .stratified = cases[i].stratified};
        struct sample_split split;
        for (int nth = 1; nth <= cases[i].allocations; nth++) {
            memory_inject_failure(nth);
            assert_int_equal(
                sample_split(&split, &cases[i].dataset, &request, &error), STATUS_NO_RESOURCE);
            assert_null(split.train.number);
            assert_null(split.validation.number);
            assert_null(split.test.number);
        }
        memory_inject_failure(cases[i].allocations + 1);
        split = split_of(&cases[i].dataset, request);
        memory_inject_failure(0);
        sample_split_clear(&split);
    }
}
