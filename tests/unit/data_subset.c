/* data_subset.c: a set whose samples all have the weight 0 is refused. */
#include "data/subset.h"

#include "support/unit.h"

static struct error error;

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
