/* exact_sum.c: a sum of squares by integers: the same for any order and division of the numbers,
 * and close to the exact one, which is computed here in integers of 1024 bits.
 */
#include "base/sums/exact_sum.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "support/fill.h"
#include "support/unit.h"

enum { N = 5000 };

/* --- the exact sum --------------------------------------------------------------------------- */

__extension__ typedef unsigned __int128 wide;

enum { UNIT = -400 }; /* the whole numbers are in units of 2^UNIT */

struct whole {
    uint64_t word[16];
};

static void add_at(struct whole *whole, uint64_t value, int bit)
{
    wide carry = (wide)value << bit % 64;
    for (int i = bit / 64; carry != 0 && i < 16; i++) {
        carry += whole->word[i];
        whole->word[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

static long double exact_squares(const float *x, int64_t n)
{
    struct whole whole = {{0}};
    for (int64_t i = 0; i < n; i++) {
        int exponent;
        uint64_t digits = (uint64_t)ldexp(frexp(fabs((double)x[i]), &exponent), 24);
        if (digits != 0)
            add_at(&whole, digits * digits, 2 * (exponent - 24) - UNIT);
    }
    long double value = 0;
    for (int i = 15; i >= 0; i--)
        value = value * 0x1p64L + (long double)whole.word[i];
    return ldexpl(value, UNIT);
}

/* --- fills ----------------------------------------------------------------------------------- */

enum { ORDINARY, WIDE, WIDEST, ONE_HUGE, MANY_ZEROS, N_FILLS };

static void fill(float *x, int64_t n, int kind, uint64_t seed)
{
    static float power[N];
    fill_uniform(x, n, seed);
    fill_uniform(power, n, seed + 1000);
    for (int64_t i = 0; i < n; i++) {
        if (kind == WIDE)
            x[i] = ldexpf(x[i], (int)(40 * power[i]));
        if (kind == WIDEST)
            x[i] = ldexpf(x[i], (int)(125 * power[i]));
        if (kind == ONE_HUGE && i == n / 3)
            x[i] = 1e30f;
        if (kind == MANY_ZEROS && power[i] > -0.9f)
            x[i] = 0;
    }
}

static struct exact_sum sum_of(const float *x, int64_t n, enum level level)
{
    struct exact_sum sum = exact_sum_zero();
    exact_sum_add_squares(&sum, x, n, level);
    return sum;
}

static void assert_same(const struct exact_sum *a, const struct exact_sum *b)
{
    assert_memory_equal(a, b, sizeof *a);
    assert_true(exact_sum_value(a) == exact_sum_value(b));
}

/* --- tests ----------------------------------------------------------------------------------- */

TEST(the_value_is_close)
{
    static float x[N];
    for (int kind = 0; kind < N_FILLS; kind++)
        for (uint64_t seed = 0; seed < 40; seed++) {
            int64_t n = seed < 20 ? (int64_t)seed + 1 : N;
            fill(x, n, kind, seed);
            struct exact_sum sum = sum_of(x, n, LEVEL_BASE);
            long double want = exact_squares(x, n);
            long double error = fabsl((long double)exact_sum_value(&sum) - want);
            assert_true(error <= want * (0x1p-53L + (long double)n * 0x1p-63L));
            assert_true(want > 0 || kind == MANY_ZEROS);
        }
}

TEST(no_level_shows)
{
    static float x[N];
    for (int kind = 0; kind < N_FILLS; kind++)
        for (int64_t n = 0; n < N; n += n < 70 ? 1 : 331) {
            fill(x, n, kind, (uint64_t)n);
            struct exact_sum base = sum_of(x, n, LEVEL_BASE);
            for (enum level level = LEVEL_V3; level < N_LEVELS; level++)
                if (level_runs(level)) {
                    struct exact_sum other = sum_of(x, n, level);
                    assert_same(&other, &base);
                }
        }
}

/* Shuffled, cut anywhere, merged in any order and in pairs. */
TEST(no_order_and_no_division_shows)
{
    enum { PARTS = 8, TRIES = 30 };
    static float x[N];
    for (int kind = 0; kind < N_FILLS; kind++) {
        fill(x, N, kind, 7);
        struct exact_sum want = sum_of(x, N, LEVEL_BASE);
        for (uint64_t try = 0; try < TRIES; try++) {
            float any[N], cuts[PARTS];
            fill_uniform(any, N, try + 50);
            fill_uniform(cuts, PARTS, try + 500);
            for (int64_t i = N - 1; i > 0; i--) {
                int64_t j = (int64_t)(((double)any[i] + 1) / 2 * (double)(i + 1));
                float swap = x[i];
                x[i] = x[j];
                x[j] = swap;
            }
            struct exact_sum part[PARTS], all = exact_sum_zero();
            int64_t first = 0;
            for (int p = 0; p < PARTS; p++) {
                int64_t room = N - first;
                int64_t n = p + 1 < PARTS ? (int64_t)(fabs((double)cuts[p]) * (double)room) : room;
                part[p] = sum_of(x + first, n, LEVEL_BASE);
                first += n;
            }
            for (int p = 0; p < PARTS; p += 2)
                exact_sum_merge(&part[p], &part[p + 1]);
            for (int p = PARTS - 2; p >= 0; p -= 2)
                exact_sum_merge(&all, &part[try % 2 ? p : PARTS - 2 - p]);
            assert_same(&all, &want);
        }
    }
}

TEST(small_numbers_by_hand)
{
    static const float x[] = {3, -4, 12, 0, -0.0f, 84};
    struct exact_sum sum = sum_of(x, 6, LEVEL_BASE), none = exact_sum_zero();
    assert_true(exact_sum_value(&sum) == 9 + 16 + 144 + 7056);
    assert_true(exact_sum_value(&none) == 0);
    exact_sum_merge(&none, &sum);
    assert_same(&none, &sum);
    struct exact_sum empty = exact_sum_zero();
    exact_sum_merge(&sum, &empty);
    assert_same(&none, &sum);
}

/* The ends of float, and numbers about the borders of bins. */
TEST(edges)
{
    const float ends[] = {FLT_MAX, FLT_MIN, 1};
    struct exact_sum sum = sum_of(ends, 3, LEVEL_BASE);
    assert_true(exact_sum_value(&sum) == (double)FLT_MAX * (double)FLT_MAX);
    sum = sum_of(ends + 1, 1, LEVEL_BASE);
    assert_true(exact_sum_value(&sum) == (double)FLT_MIN * (double)FLT_MIN);
    for (int exponent = -126; exponent < 127; exponent++)
        for (int i = -2; i <= 2; i++) {
            float base = ldexpf(1, exponent), x[2] = {base + (float)i * base * FLT_EPSILON, 0};
            double square = (double)x[0] * (double)x[0];
            sum = sum_of(x, 1, LEVEL_BASE);
            assert_true(exact_sum_value(&sum) == square);
            x[1] = base;
            sum = sum_of(x, 2, LEVEL_BASE);
            long double both = exact_squares(x, 2);
            assert_true(exact_sum_value(&sum) == (double)both);
        }
}

TEST(what_is_not_finite_stays)
{
    static const float bad[] = {INFINITY, -INFINITY, NAN};
    for (int i = 0; i < 3; i++) {
        float x[40];
        fill_uniform(x, 40, 1);
        x[20] = bad[i];
        struct exact_sum sum = sum_of(x, 40, LEVEL_BASE), good = sum_of(x, 10, LEVEL_BASE);
        assert_true(isinf(exact_sum_value(&sum)));
        exact_sum_merge(&good, &sum);
        assert_true(isinf(exact_sum_value(&good)));
        assert_same(&sum, &good);
        exact_sum_add_squares(&sum, x, 10, LEVEL_BASE);
        assert_true(isinf(exact_sum_value(&sum)));
    }
}

/* A wrong number among many is seen: the net has no holes. */
TEST(a_changed_number_shows)
{
    static float x[N];
    fill(x, N, ORDINARY, 3);
    struct exact_sum want = sum_of(x, N, LEVEL_BASE);
    for (int64_t i = 0; i < N; i += 17) {
        float right = x[i];
        x[i] = nextafterf(right, 2);
        struct exact_sum sum = sum_of(x, N, LEVEL_BASE);
        assert_memory_not_equal(&sum, &want, sizeof sum);
        x[i] = right;
    }
}
