#include "net/loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/floatmode.h"
#include "support/fill.h"
#include "support/reference.h"
#include "support/unit.h"

enum { ROWS = 5, WIDEST = 70 };

static const struct criterion plain = {.kind = LOSS_CROSS_ENTROPY};
static const struct criterion mse = {.kind = LOSS_MSE};

/* |got - want| in units in the last place of want, for `digits` binary digits. */
static double ulps(long double got, long double want, int digits)
{
    int exponent;
    frexpl(want, &exponent);
    return (double)(fabsl(got - want) / ldexpl(1, exponent - digits));
}

/* 2.2 million floats from -0 to -87, evenly over their bits. Bound: two roundings in r, at most
 * 0.35 large, and those of the last steps of Horner. */
TEST(exp_within_its_bound)
{
    double worst = 0;
    int64_t tried = 0;
    for (uint32_t bits = bits_of(-0.0f); bits <= bits_of(-87.0f); bits += 499) {
        float x = float_of(bits);
        double error = ulps((long double)loss_of(LEVEL_BASE)->exp(x), expl((long double)x), 24);
        worst = error > worst ? error : worst;
        tried++;
    }
    print_message("exp: %lld floats, at worst %.3f ulp\n", (long long)tried, worst);
    assert_true(tried > 2000000);
    assert_true(worst <= 1.5);
}

TEST(exp_at_its_ends)
{
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
        if (!level_runs(level))
            continue;
        float (*exp_of)(float) = loss_of(level)->exp;
        assert_true(exp_of(0.0f) == 1);
        assert_true(exp_of(-0.0f) == 1);
        assert_true(exp_of(-0x1p-149f) == 1);
        assert_true(exp_of(-87.0f) >= 0x1p-126f); /* never subnormal */
        assert_true(exp_of(nextafterf(-87, -88)) == 0);
        assert_true(exp_of(-1e30f) == 0);
        assert_true(exp_of(-INFINITY) == 0);
        assert_true(isnan(exp_of(NAN)));
    }
}

/* s: sums of softmax are floats >= 1; and doubles, evenly over their bits up to 2^60. */
TEST(log_within_its_bound)
{
    double worst = 0;
    for (uint32_t bits = bits_of(1); bits <= bits_of(0x1p40f); bits += 331) {
        long double s = (long double)float_of(bits);
        double error = ulps((long double)loss_of(LEVEL_BASE)->log((double)s), logl(s), 53);
        worst = s > 1 && error > worst ? error : worst;
    }
    for (double s = 1 + 0x1p-52; s < 0x1p60; s *= 1.00003) {
        double error = ulps((long double)loss_of(LEVEL_BASE)->log(s), logl((long double)s), 53);
        worst = error > worst ? error : worst;
    }
    print_message("log: at worst %.3f ulp\n", worst);
    assert_true(worst <= 3);
    assert_true(loss_of(LEVEL_BASE)->log(1) == 0);
}

TEST(functions_are_the_definition_at_every_level)
{
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
        if (!level_runs(level))
            continue;
        for (uint32_t bits = bits_of(-0.0f); bits <= bits_of(-90.0f); bits += 4999) {
            float x = float_of(bits);
            if (bits_of(loss_of(level)->exp(x)) != bits_of(reference_exp(x)))
                fail_msg("%s: exp(%a)", level_name(level), (double)x);
        }
        for (uint32_t bits = bits_of(1); bits <= bits_of(0x1p40f); bits += 4999) {
            double s = (double)float_of(bits);
            if (loss_of(level)->log(s) != reference_log(s))
                fail_msg("%s: log(%a)", level_name(level), s);
        }
    }
}

/* Both losses at odd sizes, all levels, against the definition, bit for bit. */
TEST(losses_are_the_definition_at_every_level)
{
    static float z[ROWS * WIDEST], target[ROWS * WIDEST], got[ROWS * WIDEST], want[ROWS * WIDEST];
    int32_t label[ROWS];
    uint64_t mode = floatmode_enter();
    for (int64_t n = 1; n <= WIDEST; n++) {
        fill_uniform(z, ROWS * n, (uint64_t)n);
        fill_uniform(target, ROWS * n, (uint64_t)n + 1000);
        fill_labels(label, ROWS, n, (uint64_t)n);
        for (int64_t i = 0; i < ROWS * n; i++)
            z[i] *= i % 3 == 0 ? 100 : 3; /* some exp() are 0 */
        for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
            if (!level_runs(level))
                continue;
            for (int64_t rows = 1; rows <= ROWS; rows += 2) {
                double loss[ROWS];
                memcpy(got, z, sizeof z);
                loss_rows(level, &plain, got, label, NULL, loss, rows, n, n);
                for (int64_t r = 0; r < rows; r++)
                    if (loss[r] != reference_cross_entropy(n, z + r * n, label[r], want + r * n))
                        fail_msg("%s: cross-entropy, n %d", level_name(level), (int)n);
                assert_compare(compare_bits(got, want, rows * n, why));

                memcpy(got, z, sizeof z);
                loss_rows(level, &mse, got, NULL, target, loss, rows, n, n);
                for (int64_t r = 0; r < rows; r++)
                    if (loss[r] != reference_squared(n, z + r * n, target + r * n, want + r * n))
                        fail_msg("%s: squared error, n %d", level_name(level), (int)n);
                assert_compare(compare_bits(got, want, rows * n, why));
            }
        }
    }
    floatmode_leave(mode);
}

/* Rows further apart than they are wide, as the padded sums of a last layer lie: the same bits, and
 * what lies between and behind them is neither read (a NaN there would show) nor touched. */
TEST(rows_may_lie_apart)
{
    static const int64_t gaps[] = {1, 3, 22, 64};
    enum { ROOM = ROWS * (WIDEST + 64) };
    static float z[ROWS * WIDEST], target[ROWS * WIDEST], want[ROOM], got[ROOM];
    int32_t label[ROWS];
    uint64_t mode = floatmode_enter();
    for (int64_t n = 1; n <= WIDEST; n += n < 34 ? 1 : 9) {
        fill_uniform(z, ROWS * n, (uint64_t)n);
        fill_uniform(target, ROWS * n, (uint64_t)n + 1000);
        fill_labels(label, ROWS, n, (uint64_t)n);
        for (int i = 0; i < 4 * 2 * N_LEVELS; i++) {
            enum level level = (enum level)(i % N_LEVELS);
            bool squared = i / N_LEVELS % 2;
            int64_t stride = n + gaps[i / N_LEVELS / 2];
            double loss[ROWS + 1];
            if (!level_runs(level))
                continue;
            loss[ROWS - 1] = loss[ROWS] = 77;
            for (int64_t at = 0; at < ROOM; at++)
                got[at] = want[at] = NAN;
            for (int64_t r = 0; r < ROWS; r++)
                memcpy(got + r * stride, z + r * n, (size_t)n * sizeof *z);
            /* one row fewer than there are: the last one keeps its values */
            memcpy(want + (ROWS - 1) * stride, z + (ROWS - 1) * n, (size_t)n * sizeof *z);
            loss_rows(
                level, squared ? &mse : &plain, got, label, target, loss, ROWS - 1, n, stride);
            for (int64_t r = 0; r < ROWS - 1; r++) {
                const float *from = z + r * n;
                float *d = want + r * stride;
                double of_row = squared ? reference_squared(n, from, target + r * n, d)
                                        : reference_cross_entropy(n, from, label[r], d);
                if (loss[r] != of_row)
                    fail_msg("%s: n %d, stride %d", level_name(level), (int)n, (int)stride);
            }
            assert_memory_equal(got, want, sizeof got);
            assert_true(loss[ROWS - 1] == 77 && loss[ROWS] == 77);
        }
    }
    floatmode_leave(mode);
}

/* Rows for one loss, and what the definition makes of them. */
enum { MOST_ROWS = 33, MOST_OUTPUTS = 300, MOST_GAP = 5 };
struct sample_rows {
    bool squared;
    int64_t n;
    float z[MOST_ROWS * MOST_OUTPUTS], target[MOST_ROWS * MOST_OUTPUTS];
    float d[MOST_ROWS * MOST_OUTPUTS];
    int32_t label[MOST_ROWS];
    double loss[MOST_ROWS];
};

/* `broken`: every third row, the first included, has one value that is not finite. */
static void define(struct sample_rows *it, int64_t n, bool squared, bool broken)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY, -NAN};
    it->n = n;
    it->squared = squared;
    fill_uniform(it->z, MOST_ROWS * n, (uint64_t)n);
    fill_uniform(it->target, MOST_ROWS * n, (uint64_t)n + 1000);
    fill_labels(it->label, MOST_ROWS, n, (uint64_t)n);
    for (int64_t i = 0; i < MOST_ROWS * n; i++)
        it->z[i] *= i % 3 == 0 ? 100 : 3;
    for (int64_t r = 0; broken && r < MOST_ROWS; r += 3)
        it->z[r * n + r * 7 % n] = bad[r / 3 % 4];
    for (int64_t r = 0; r < MOST_ROWS; r++) {
        float *z = it->z + r * n, *d = it->d + r * n;
        it->loss[r] = squared ? reference_squared(n, z, it->target + r * n, d)
                              : reference_cross_entropy(n, z, it->label[r], d);
        if (!squared && isnan(d[0])) /* the definition's log() is one of numbers */
            it->loss[r] = NAN;
    }
}

static bool same_or_both_nan(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b && signbit(a) == signbit(b);
}

static void assert_rows(const struct sample_rows *it, enum level level, int64_t rows, int64_t gap)
{
    static float got[(MOST_ROWS + 1) * (MOST_OUTPUTS + MOST_GAP)];
    int64_t n = it->n, stride = n + gap, wrong = 0;
    double loss[MOST_ROWS + 1];
    for (int64_t i = 0; i < (rows + 1) * stride; i++)
        got[i] = 77;
    for (int64_t r = 0; r < rows; r++)
        memcpy(got + r * stride, it->z + r * n, (size_t)n * sizeof *got);
    loss[rows] = 77;
    loss_rows(
        level, it->squared ? &mse : &plain, got, it->label, it->target, loss, rows, n, stride);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < stride; j++) {
            float want = j < n ? it->d[r * n + j] : 77;
            wrong += !same_or_both_nan((double)got[r * stride + j], (double)want);
        }
    for (int64_t r = 0; r < rows; r++)
        wrong += !same_or_both_nan(loss[r], it->loss[r]);
    for (int64_t i = rows * stride; i < (rows + 1) * stride; i++)
        wrong += got[i] != 77;
    if (wrong > 0 || loss[rows] != 77)
        fail_msg("%s: %s, n %d, %d rows %d apart: %d wrong", level_name(level),
            it->squared ? "squared error" : "cross-entropy", (int)n, (int)rows, (int)stride,
            (int)wrong);
}

/* As many rows as there may be side by side, one fewer, one more, and more than twice as many; as
 * many outputs as that is done for, and more. A row that is not finite spoils no other. */
TEST(rows_side_by_side_are_the_definition)
{
    static const int64_t outputs[] = {1, 2, 10, 63, 64, 65, 300}, counts[] = {1, 15, 16, 17, 33};
    static struct sample_rows it;
    uint64_t mode = floatmode_enter();
    for (int i = 0; i < 7 * 4; i++) {
        define(&it, outputs[i / 4], i & 1, i & 2);
        for (enum level level = LEVEL_BASE; level < N_LEVELS; level++)
            for (int c = 0; level_runs(level) && c < 5; c++) {
                assert_rows(&it, level, counts[c], 0);
                assert_rows(&it, level, counts[c], MOST_GAP);
            }
    }
    floatmode_leave(mode);
}

/* Against libm in double: each e[j] has an error of 2 roundings, the sum n, the quotient 1, and
 * z[j] - m one of its own size (at most 12 here). */
TEST(softmax_against_double)
{
    for (int64_t n = 1; n <= WIDEST; n++) {
        float z[WIDEST];
        double want[WIDEST], sum = 0, loss, delta_sum = 0;
        int32_t label = (int32_t)(n / 2);
        fill_uniform(z, n, (uint64_t)n + 7);
        for (int64_t j = 0; j < n; j++)
            sum += exp((double)(z[j] *= 6));
        for (int64_t j = 0; j < n; j++)
            want[j] = exp((double)z[j]) / sum - (j == label);
        double want_loss = log(sum) - (double)z[label];

        loss_rows(LEVEL_BASE, &plain, z, &label, NULL, &loss, 1, n, n);
        double bound = (double)(n + 16) * COMPARE_EPS;
        assert_compare(compare_within(z, want, n, bound, why));
        assert_true(fabs(loss - want_loss) <= bound);
        assert_true(loss >= 0);
        for (int64_t j = 0; j < n; j++)
            delta_sum += (double)z[j];
        assert_true(fabs(delta_sum) <= (double)n * bound);
    }
}

TEST(squared_error_by_hand)
{
    float z[4] = {1, 2, -3, 0.5f}, target[4] = {0, 2, 1, 0};
    double loss[2];
    loss_rows(LEVEL_BASE, &mse, z, NULL, target, loss, 2, 2, 2);
    const float want[4] = {1, 0, -4, 0.5f}; /* (z - t) * 2 / 2 */
    assert_compare(compare_bits(z, want, 4, why));
    assert_true(loss[0] == 0.5);
    assert_true(loss[1] == 16.25 / 2);
}

/* A diverged run must show in the loss: a NaN among the outputs never disappears in max or exp. */
TEST(what_is_not_finite_shows_in_the_loss)
{
    const float bad[] = {NAN, -NAN, INFINITY};
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
        if (!level_runs(level))
            continue;
        for (int n = 1; n <= 20; n++) {
            for (int at = 0; at < n; at++) {
                for (int b = 0; b < 3; b++) {
                    float z[60] = {0}, target[60] = {0};
                    double loss[3];
                    int32_t label[3] = {0, (at + 1) % n, n - 1};
                    z[n + at] = bad[b];
                    loss_rows(level, &plain, z, label, NULL, loss, 3, n, n);
                    assert_false(isfinite(loss[1]));
                    assert_true(isfinite(loss[0]) && isfinite(loss[2])); /* rows are apart */
                    memset(z, 0, sizeof z);
                    z[n + at] = bad[b];
                    loss_rows(level, &mse, z, NULL, target, loss, 3, n, n);
                    assert_false(isfinite(loss[1]));
                    assert_true(loss[0] == 0 && loss[2] == 0);
                }
            }
        }
    }
}

/* The probability of a class at -inf is 0, and its loss is infinite. */
TEST(minus_infinity_is_a_class_that_is_not)
{
    float z[6] = {0, 0, -INFINITY, 0, 0, -INFINITY};
    const float want[6] = {-0.5f, 0.5f, 0, 0.5f, 0.5f, -1};
    int32_t label[2] = {0, 2};
    double loss[2];
    loss_rows(LEVEL_BASE, &plain, z, label, NULL, loss, 2, 3, 3);
    assert_compare(compare_bits(z, want, 6, why));
    assert_true(fabs(loss[0] - log(2)) < 1e-15);
    assert_true(loss[1] == (double)INFINITY);
}
