#include "data/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/reference.h"
#include "support/unit.h"

static const int64_t sizes[] = {1, 2, 3, 7, 63, 64, 65, 127, 128, 129, 1000, 4096, 4097, 60000};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static struct order order_of(int64_t n, uint64_t seed, uint64_t epoch)
{
    struct order order;
    order_init(&order, n, true, seed, RANDOM_ORDER, epoch);
    return order;
}

static bool is_bijection(const struct order *order)
{
    bool good = true;
    unsigned char *seen = calloc((size_t)order->n, 1);
    assert_non_null(seen);
    for (int64_t position = 0; position < order->n && good; position++) {
        int64_t sample = order_at(order, position);
        good = sample >= 0 && sample < order->n && !seen[sample]++;
    }
    free(seen);
    return good;
}

TEST(every_sample_once)
{
    for (int i = 0; i < N_SIZES; i++)
        for (uint64_t epoch = 1; epoch <= 5; epoch++) {
            struct order order = order_of(sizes[i], 42, epoch);
            assert_true(is_bijection(&order));
        }
}

/* Every number of samples up to 300: each shape of the halves, full and nearly empty. */
TEST(every_sample_once_for_small_n)
{
    for (int64_t n = 1; n <= 300; n++) {
        struct order order = order_of(n, (uint64_t)n, 1);
        assert_true(is_bijection(&order));
    }
}

TEST(as_the_header_says)
{
    for (int i = 0; i < N_SIZES; i++) {
        struct order order;
        uint64_t seed = UINT64_C(0x123456789abcdef0) + (uint64_t)i, epoch = UINT64_C(5) << 31;
        order_init(&order, sizes[i], true, seed, RANDOM_SPLIT, epoch);
        for (int64_t position = 0; position < sizes[i]; position += 1 + sizes[i] / 500)
            assert_int_equal(order_at(&order, position),
                reference_order(sizes[i], seed, RANDOM_SPLIT, epoch, position));
    }
}

/* Sizes that no memory holds: still in range, and as the header says. */
TEST(huge_n)
{
    int64_t n[] = {(INT64_C(1) << 40) - 1, (INT64_C(1) << 61) + 1, INT64_MAX};
    for (int i = 0; i < 3; i++) {
        struct order order = order_of(n[i], 3, 1);
        int64_t at[] = {0, 1, n[i] / 2, n[i] - 1};
        for (int j = 0; j < 4; j++) {
            int64_t sample = order_at(&order, at[j]);
            assert_true(sample >= 0 && sample < n[i]);
            assert_int_equal(sample, reference_order(n[i], 3, RANDOM_ORDER, 1, at[j]));
        }
    }
}

TEST(identity_when_not_shuffled)
{
    struct order order;
    order_init(&order, 1000, false, 42, RANDOM_ORDER, 1);
    for (int64_t position = 0; position < 1000; position++)
        assert_int_equal(order_at(&order, position), position);
}

static void assert_run(const struct order *order, int64_t first, int64_t length)
{
    static int64_t out[300 + 1];
    out[length] = -1;
    order_run(order, first, length, out);
    for (int64_t i = 0; i < length; i++)
        if (out[i] != order_at(order, first + i))
            fail_msg("n %lld, shuffled %d, %lld positions from %lld: number %lld",
                (long long)order->n, order->shuffled, (long long)length, (long long)first,
                (long long)i);
    assert_int_equal(out[length], -1); /* nothing is written beyond */
}

/* Of every length up to several vectors and odd ones beyond, at the beginning, at the end, and
 * between. */
static void assert_runs(int64_t n, bool shuffled)
{
    struct order order;
    order_init(&order, n, shuffled, 42, RANDOM_ORDER, 3);
    for (int64_t length = 0; length <= 300 && length <= n; length += length < 40 ? 1 : 37) {
        int64_t last = n - length;
        assert_run(&order, 0, length);
        assert_run(&order, last / 3, length);
        assert_run(&order, last - last / 7, length);
        assert_run(&order, last, length);
    }
}

TEST(runs_are_positions_one_by_one)
{
    static const int64_t huge[] = {INT64_C(1) << 31, (INT64_C(1) << 32) + 1, (INT64_C(1) << 40) - 1,
        (INT64_C(1) << 61) + 1, INT64_MAX};
    for (int shuffled = 0; shuffled < 2; shuffled++) {
        for (int64_t n = 1; n <= 150; n++)
            assert_runs(n, shuffled);
        for (int i = 0; i < N_SIZES; i++)
            assert_runs(sizes[i], shuffled);
        for (size_t i = 0; i < sizeof huge / sizeof *huge; i++)
            assert_runs(huge[i], shuffled);
    }
}

/* Two independent permutations agree in one place on average; 10 or more happen once in 10^7. */
static int agreements(const struct order *a, const struct order *b)
{
    int n = 0;
    for (int64_t position = 0; position < a->n; position++)
        n += order_at(a, position) == order_at(b, position);
    return n;
}

TEST(seeds_epochs_and_purposes_differ)
{
    struct order first = order_of(1000, 42, 1), split;
    struct order others[] = {order_of(1000, 43, 1), order_of(1000, 42, 2),
        order_of(1000, 42 + (UINT64_C(1) << 32), 1), order_of(1000, 42, 1 + (UINT64_C(1) << 32))};
    for (int i = 0; i < 4; i++)
        assert_in_range(agreements(&first, &others[i]), 0, 9);
    order_init(&split, 1000, true, 42, RANDOM_SPLIT, 1);
    assert_in_range(agreements(&first, &split), 0, 9);
    assert_int_equal(agreements(&first, &first), 1000);
}

/* Where each sample stands, over many epochs: chi-square of cells (sample, position), n = 10. The
 * (n-1)^2 degrees of freedom of a permutation matrix give a standard deviation of sqrt(2) (n-1). */
TEST(positions_are_uniform)
{
    enum { N = 10, EPOCHS = 20000 };
    int count[N][N] = {{0}};
    for (uint64_t epoch = 1; epoch <= EPOCHS; epoch++) {
        struct order order = order_of(N, 1, epoch);
        for (int64_t position = 0; position < N; position++)
            count[order_at(&order, position)][position]++;
    }
    double expected = (double)EPOCHS / N, chi_square = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            chi_square += (count[i][j] - expected) * (count[i][j] - expected) / expected;
    chi_square *= (N - 1.0) / N; /* a cell's variance is expected (1 - 1/n) */
    double freedom = (N - 1) * (N - 1);
    assert_true(fabs(chi_square - freedom) < 5 * sqrt(2 * freedom));
}

/* Neighbours in an epoch are not neighbours in the file: the mean distance is n/3, and a batch of
 * the first 1,000 takes its share of every tenth of the file. */
TEST(batches_are_spread)
{
    enum { N = 60000, BATCH = 1000 };
    for (uint64_t epoch = 1; epoch <= 20; epoch++) {
        struct order order = order_of(N, 9, epoch);
        double distance = 0;
        int tenth[10] = {0};
        for (int64_t position = 0; position < BATCH; position++) {
            int64_t a = order_at(&order, position), b = order_at(&order, position + 1);
            distance += (double)llabs(a - b) / BATCH;
            tenth[a / (N / 10)]++;
        }
        assert_true(fabs(distance / N - 1 / 3.0) < 0.05);
        for (int i = 0; i < 10; i++)
            assert_in_range(tenth[i], 50, 150);
    }
}
