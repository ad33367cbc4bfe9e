/* Medians and their spread. */
#include "study/repeat_stats.h"

#include "support/unit.h"

static void assert_spread(struct repeat_stats stats, double least, double median, double most)
{
    assert_true(stats.least == least);
    assert_true(stats.median == median);
    assert_true(stats.most == most);
}

TEST(medians)
{
    assert_spread(repeat_stats_of((const double[]){4}, 1), 4, 4, 4);
    assert_spread(repeat_stats_of((const double[]){5, 1}, 2), 1, 3, 5);
    assert_spread(repeat_stats_of((const double[]){9, -1, 2}, 3), -1, 2, 9);
    assert_spread(repeat_stats_of((const double[]){8, 1, 2, 4}, 4), 1, 3, 8);
    assert_spread(repeat_stats_of((const double[]){3, 3, 1, 1, 100}, 5), 1, 3, 100);
}

/* The values stay in their order: round r of one figure belongs to round r of another. */
TEST(values_stay)
{
    const double value[] = {3, 1, 2};
    repeat_stats_of(value, 3);
    assert_true(value[0] == 3 && value[1] == 1 && value[2] == 2);
}

TEST(the_longest)
{
    static double value[REPEAT_STATS_VALUES_MAX];
    for (int i = 0; i < REPEAT_STATS_VALUES_MAX; i++)
        value[i] = REPEAT_STATS_VALUES_MAX - i; /* 1000 ... 1 */
    assert_spread(repeat_stats_of(value, REPEAT_STATS_VALUES_MAX), 1, 500.5, 1000);
}

TEST(scaled)
{
    struct repeat_stats stats = {.median = 4, .least = 3, .most = 5};
    assert_spread(repeat_stats_scaled(stats, 2), 6, 8, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians),
        cmocka_unit_test(values_stay),
        cmocka_unit_test(the_longest),
        cmocka_unit_test(scaled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
