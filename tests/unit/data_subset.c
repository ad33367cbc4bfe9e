#include "data/subset.h"

#include <string.h>

#include "base/memory.h"
#include "data/order.h"
#include "support/unit.h"

static struct error error;

/* Both increasing, and together each sample once: a merge meets 0, 1, 2, ... */
static void assert_partition(
    int64_t samples, const struct subset *train, const struct subset *validation)
{
    int64_t t = 0, v = 0;
    assert_int_equal(train->size + validation->size, samples);
    for (int64_t sample = 0; sample < samples; sample++) {
        if (t < train->size && subset_at(train, t) == sample)
            t++;
        else if (v < validation->size && subset_at(validation, v) == sample)
            v++;
        else
            fail_msg("sample %lld of %lld is missing", (long long)sample, (long long)samples);
    }
}

TEST(splits_are_partitions)
{
    const int64_t cases[][2] = {{1, 0}, {2, 1}, {3, 2}, {63, 10}, {64, 63}, {65, 64}, {1000, 0},
        {1000, 1}, {1000, 999}, {60000, 6000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subset train, validation;
        assert_int_equal(
            subset_split(cases[i][0], cases[i][1], 7, &train, &validation, &error), STATUS_OK);
        assert_int_equal(validation.size, cases[i][1]);
        assert_partition(cases[i][0], &train, &validation);
        subset_clear(&train);
        subset_clear(&validation);
    }
}

TEST(without_validation_it_is_the_identity)
{
    struct subset train, validation;
    assert_int_equal(subset_split(10, 0, 7, &train, &validation, &error), STATUS_OK);
    assert_null(train.number);
    assert_int_equal(subset_at(&train, 9), 9);
    assert_int_equal(validation.size, 0);
    subset_clear(&train);
    assert_int_equal(train.size, 0);
}

TEST(validation_is_what_the_permutation_puts_first)
{
    struct subset train, validation;
    struct order order;
    unsigned char drawn[500] = {0};
    order_init(&order, 500, true, 11, RANDOM_SPLIT, 0);
    for (int64_t position = 0; position < 50; position++)
        drawn[order_at(&order, position)] = 1;

    assert_int_equal(subset_split(500, 50, 11, &train, &validation, &error), STATUS_OK);
    for (int64_t i = 0; i < 50; i++)
        assert_int_equal(drawn[subset_at(&validation, i)], 1);
    subset_clear(&train);
    subset_clear(&validation);
}

TEST(seeds_differ_and_repeat)
{
    struct subset train, a, b, c;
    assert_int_equal(subset_split(1000, 100, 1, &train, &a, &error), STATUS_OK);
    subset_clear(&train);
    assert_int_equal(subset_split(1000, 100, 1, &train, &b, &error), STATUS_OK);
    subset_clear(&train);
    assert_int_equal(subset_split(1000, 100, 2, &train, &c, &error), STATUS_OK);
    subset_clear(&train);
    assert_memory_equal(a.number, b.number, 100 * sizeof *a.number);
    assert_memory_not_equal(a.number, c.number, 100 * sizeof *a.number);
    subset_clear(&a);
    subset_clear(&b);
    subset_clear(&c);
}

TEST(weights_that_are_all_0)
{
    float weight[6] = {0, 1, 0, 2, 0, 0};
    int64_t some[3] = {0, 2, 3}, none[3] = {0, 4, 5};
    struct dataset dataset = {.name = "table", .samples = 6, .weight = weight};
    struct subset good = {3, some}, bad = {3, none}, empty = {.size = 0};
    assert_int_equal(subset_check_weights(&good, &dataset, "training", &error), STATUS_OK);
    assert_int_equal(subset_check_weights(&empty, &dataset, "validation", &error), STATUS_OK);
    assert_int_equal(subset_check_weights(&bad, &dataset, "validation", &error), STATUS_BAD_DATA);
    assert_says(error.text, "table: the weights of all 3 validation samples are 0");
    dataset.weight = NULL;
    assert_int_equal(subset_check_weights(&bad, &dataset, "validation", &error), STATUS_OK);
}

TEST(no_memory)
{
    struct subset train, validation;
    for (int nth = 1; nth <= 3; nth++) {
        memory_inject_failure(nth);
        assert_int_equal(subset_split(100, 10, 1, &train, &validation, &error), STATUS_NO_RESOURCE);
        assert_null(train.number);
        assert_null(validation.number);
        assert_int_equal(train.size + validation.size, 0);
    }
    memory_inject_failure(4);
    assert_int_equal(subset_split(100, 10, 1, &train, &validation, &error), STATUS_OK);
    memory_inject_failure(0);
    subset_clear(&train);
    subset_clear(&validation);
}
