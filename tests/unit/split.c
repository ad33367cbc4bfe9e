#include "base/split.h"

#include "support/unit.h"

typedef struct range split_function(int64_t n, int64_t parts, int64_t part);

static void assert_covers(split_function *split, int64_t n, int64_t parts)
{
    int64_t at = 0;
    for (int64_t i = 0; i < parts; i++) {
        struct range range = split(n, parts, i);
        assert_int_equal(range.first, at);
        assert_true(range_size(range) == n / parts || range_size(range) == divide_up(n, parts));
        at = range.end;
    }
    assert_int_equal(at, n);
}

TEST(parts_begin_where_the_header_says)
{
    for (int64_t n = 0; n <= 60; n++) {
        for (int64_t parts = 1; parts <= 70; parts++) {
            assert_covers(split_even, n, parts);
            assert_covers(split_front, n, parts);
            for (int64_t i = 0; i < parts; i++) {
                assert_int_equal(split_even(n, parts, i).first, i * n / parts);
                assert_int_equal(split_front(n, parts, i).first, (i * n + parts - 1) / parts);
            }
        }
    }
}

TEST(front_never_leaves_part_0_empty)
{
    for (int64_t n = 1; n <= 60; n++)
        for (int64_t parts = 1; parts <= 70; parts++)
            assert_true(range_size(split_front(n, parts, 0)) > 0);
    /* 2 things in 5 parts: borders at ceil(0, 0.4, 0.8, 1.2, 1.6, 2) */
    int64_t sizes[5] = {1, 0, 1, 0, 0};
    for (int64_t i = 0; i < 5; i++)
        assert_int_equal(range_size(split_front(2, 5, i)), sizes[i]);
}

TEST(the_drawing_in_the_header)
{
    int64_t even[5] = {0, 2, 5, 7, 10}, front[5] = {0, 3, 5, 8, 10};
    for (int64_t i = 0; i < 4; i++) {
        assert_int_equal(split_even(10, 4, i).first, even[i]);
        assert_int_equal(split_even(10, 4, i).end, even[i + 1]);
        assert_int_equal(split_front(10, 4, i).first, front[i]);
        assert_int_equal(split_front(10, 4, i).end, front[i + 1]);
    }
}

/* i * n passes 64 bits here. */
TEST(huge_products)
{
    int64_t n = INT64_MAX, parts = 1000003;
    assert_int_equal(split_even(n, parts, parts - 1).end, n);
    assert_int_equal(split_front(n, parts, parts - 1).end, n);
    assert_int_equal(split_even(n, 2, 1).first, n / 2);
    assert_int_equal(split_front(n, 2, 1).first, n / 2 + 1);
    assert_int_equal(split_even(n, n, n - 1).first, n - 1);
    for (int64_t i = 0; i < parts; i += 99991) {
        assert_true(range_size(split_even(n, parts, i)) - n / parts <= 1);
        assert_int_equal(split_even(n, parts, i).end, split_even(n, parts, i + 1).first);
        assert_int_equal(split_front(n, parts, i).end, split_front(n, parts, i + 1).first);
    }
    assert_int_equal(split_aligned(n, 256, 3, 2).end, n);
    assert_int_equal(split_aligned(n, 256, 3, 2).first % 256, 0);
}

/* Whole units, the last of them shorter, are split evenly. */
TEST(aligned_parts_begin_at_units)
{
    for (int64_t n = 0; n <= 60; n++) {
        for (int64_t unit = 1; unit <= 20; unit++) {
            for (int64_t parts = 1; parts <= 9; parts++) {
                int64_t at = 0, units = divide_up(n, unit);
                for (int64_t i = 0; i < parts; i++) {
                    struct range range = split_aligned(n, unit, parts, i);
                    assert_int_equal(range.first, at);
                    assert_true(range.first % unit == 0 || range.first == n);
                    assert_int_equal(divide_up(range_size(range), unit),
                        range_size(split_even(units, parts, i)));
                    at = range.end;
                }
                assert_int_equal(at, n);
            }
        }
    }
}

TEST(divide_up_does_not_overflow)
{
    assert_int_equal(divide_up(0, 3), 0);
    assert_int_equal(divide_up(1, 3), 1);
    assert_int_equal(divide_up(3, 3), 1);
    assert_int_equal(divide_up(4, 3), 2);
    assert_true(divide_up(INT64_MAX, 2) == INT64_MAX / 2 + 1);
    assert_true(divide_up(INT64_MAX, INT64_MAX) == 1);
}
