/* The net must catch: each helper is shown what it has to reject. */
#include "support/compare.h"

#include <math.h>

#include "support/unit.h"

enum { N = 5 };
static const float good[N] = {1.5f, -2, 0, 3e-3f, 700};
static const double exact[N] = {1.5, -2, 0, (double)3e-3f, 700};

TEST(takes_what_is_right)
{
    double bound[N] = {0, 0, 0, 0, 0};
    assert_true(compare_bits(good, good, N, NULL));
    assert_true(compare_within(good, exact, N, 0, NULL));
    assert_true(compare_each(good, exact, N, bound, NULL));
    assert_true(compare_norm(good, exact, N, 0, NULL));
    assert_true(compare_bits(good, good, 0, NULL));
}

TEST(rejects_one_unit_in_the_last_place)
{
    for (int i = 0; i < N; i++) {
        float bad[N];
        for (int j = 0; j < N; j++)
            bad[j] = j == i ? nextafterf(good[j], INFINITY) : good[j];
        double step = (double)bad[i] - (double)good[i];
        double bound[N] = {1, 1, 1, 1, 1};
        bound[i] = step / 2;
        assert_false(compare_bits(bad, good, N, NULL));
        assert_false(compare_within(bad, exact, N, step / 2, NULL));
        assert_true(compare_within(bad, exact, N, step, NULL));
        assert_false(compare_each(bad, exact, N, bound, NULL));
    }
}

TEST(rejects_a_small_error_by_norm)
{
    float bad[N] = {1.5f, -2, 0, 3e-3f, 700.01f};
    assert_false(compare_norm(bad, exact, N, 1e-5, NULL));
    assert_true(compare_norm(bad, exact, N, 2e-5, NULL));
}

TEST(rejects_nan_everywhere)
{
    double infinite[N] = {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY};
    for (int i = 0; i < N; i++) {
        float bad[N];
        double wrong[N];
        for (int j = 0; j < N; j++) {
            bad[j] = j == i ? NAN : good[j];
            wrong[j] = j == i ? (double)NAN : exact[j];
        }
        assert_false(compare_bits(bad, good, N, NULL));
        assert_false(compare_bits(good, bad, N, NULL));
        assert_false(compare_bits(bad, bad, N, NULL));
        assert_false(compare_within(bad, exact, N, INFINITY, NULL));
        assert_false(compare_within(good, wrong, N, INFINITY, NULL));
        assert_false(compare_each(bad, exact, N, infinite, NULL));
        assert_false(compare_each(good, wrong, N, infinite, NULL));
        assert_false(compare_norm(bad, exact, N, 1e30, NULL));
        assert_false(compare_norm(good, wrong, N, 1e30, NULL));
    }
}

TEST(rejects_senseless_bounds)
{
    double bound[N] = {0, 0, (double)NAN, 0, 0};
    assert_false(compare_within(good, exact, N, (double)NAN, NULL));
    assert_false(compare_within(good, exact, N, -1, NULL));
    assert_false(compare_each(good, exact, N, bound, NULL));
    assert_false(compare_norm(good, exact, N, (double)NAN, NULL));
}

TEST(zero_proves_nothing_by_norm)
{
    float zero[N] = {0};
    double nothing[N] = {0};
    assert_false(compare_norm(zero, nothing, N, 1, NULL));
    assert_false(compare_norm(zero, exact, N, 0.9, NULL));
}

TEST(signs_of_zero_differ)
{
    float plus = 0, minus = -0.0f;
    assert_false(compare_bits(&plus, &minus, 1, NULL));
}

TEST(says_where)
{
    char why[COMPARE_TEXT];
    float bad[N] = {1.5f, -2, 0, 4e-3f, 700};
    assert_false(compare_bits(bad, good, N, why));
    assert_memory_equal(why, "[3] is 0.004", 12);
}
