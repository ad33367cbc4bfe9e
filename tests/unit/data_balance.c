#include "data/subset.h"

#include "support/unit.h"

/* As scikit-learn's compute_class_weight("balanced"): samples / (classes * count). */
TEST(sizes_are_made_up_for)
{
    struct error error;
    int32_t label[10] = {0, 2, 2, 0, 0, 0, 2, 1, 0, 0};
    int64_t number[4] = {1, 3, 4, 7};
    struct dataset dataset = {.samples = 10, .classes = 4, .labels = label};
    struct subset all = {.size = 10}, some = {.size = 4, .number = number};
    float weight[4];
    assert_int_equal(balance_classes(weight, &dataset, &all, &error), STATUS_OK);
    const float want[4] = {10.0f / 24, 10.0f / 4, 10.0f / 12, 0};
    assert_compare(compare_bits(weight, want, 4, why));
    assert_int_equal(balance_classes(weight, &dataset, &some, &error), STATUS_OK);
    const float want_some[4] = {0.5f, 1, 1, 0};
    assert_compare(compare_bits(weight, want_some, 4, why));
}

/* A sample of weight 2 counts as two, and one of weight 0 as none. */
TEST(weights_of_samples)
{
    struct error error;
    int32_t label[6] = {0, 2, 2, 0, 1, 0};
    float of_sample[6] = {2, 1, 1.5f, 0, 0, 0.5f}, weight[4];
    struct dataset dataset = {.samples = 6, .classes = 4, .labels = label, .weight = of_sample};
    struct subset all = {.size = 6};
    assert_int_equal(balance_classes(weight, &dataset, &all, &error), STATUS_OK);
    const float want[4] = {5.0f / 10, 0, 5.0f / 10, 0};
    assert_compare(compare_bits(weight, want, 4, why));
}
