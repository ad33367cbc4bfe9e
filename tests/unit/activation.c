#include "net/activation.h"

#include <math.h>
#include <string.h>

#include "support/fill.h"
#include "support/reference.h"
#include "support/unit.h"

enum { WIDEST = 70, ROWS = 7, TALLEST = 256 };

/* Runs `body` at every level that this CPU has, with `table` its functions. */
#define for_each_level(body)                                                                       \
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++)                                 \
        if (level_runs(level)) {                                                                   \
            const struct activation *table = activation_of(level);                                 \
            body                                                                                   \
        }

TEST(bias_and_relu_row_by_row)
{
    static float z[ROWS * WIDEST], plain[ROWS * WIDEST], relu[ROWS * WIDEST], got[ROWS * WIDEST];
    float bias[WIDEST];
    for (int64_t n = 1; n <= WIDEST; n++) {
        for (int64_t rows = 0; rows <= ROWS; rows += rows < 2 ? 1 : 5) {
            int negative = 0;
            fill_uniform(z, rows * n, (uint64_t)n);
            fill_uniform(bias, n, (uint64_t)n + 100);
            for (int64_t i = 0; i < rows * n; i++) {
                plain[i] = z[i] + bias[i % n];
                relu[i] = plain[i] <= 0 ? 0 : plain[i];
                negative += plain[i] <= 0;
            }
            assert_true(negative > 0 || rows * n < 20);
            for_each_level({
                memcpy(got, z, sizeof z);
                table->bias(got, bias, rows, n);
                assert_compare(compare_bits(got, plain, rows * n, why));
                memcpy(got, z, sizeof z);
                table->bias_relu(got, bias, rows, n);
                assert_compare(compare_bits(got, relu, rows * n, why));
            });
        }
    }
}

/* -0 and what is flushed become +0; a NaN stays, whichever side it comes from. */
TEST(relu_of_odd_numbers)
{
    enum { N = 35 };
    for (int at = 0; at < N; at++) {
        float bias[N] = {0}, z[N], nan_bias[N] = {0};
        const float want[6] = {0, 0, INFINITY, 0, 0x1p-126f, 0};
        const float from[6] = {-0.0f, 0, INFINITY, -INFINITY, 0x1p-126f, -0x1p-126f};
        nan_bias[at] = NAN;
        for_each_level({
            for (int i = 0; i < 6; i++) {
                memset(z, 0, sizeof z);
                for (int j = 0; j < N; j++)
                    bias[j] = -0.0f;
                z[at] = from[i];
                table->bias_relu(z, bias, 1, N);
                assert_compare(compare_bits(&z[at], &want[i], 1, why));
            }
            memset(z, 0, sizeof z);
            z[at] = NAN;
            table->bias_relu(z, bias, 1, N);
            for (int j = 0; j < N; j++)
                assert_true(j == at ? isnan(z[j]) != 0 : z[j] == 0);
            memset(z, 0, sizeof z);
            table->bias_relu(z, nan_bias, 1, N);
            assert_true(isnan(z[at]));
        });
    }
}

TEST(relu_backward_looks_at_the_output)
{
    static float dy[ROWS * WIDEST], y[ROWS * WIDEST], want[ROWS * WIDEST], got[ROWS * WIDEST];
    for (int64_t count = 0; count <= ROWS * WIDEST; count += count < 70 ? 1 : 41) {
        fill_uniform(dy, count, 1);
        fill_uniform(y, count, 2);
        for (int64_t i = 0; i < count; i++) {
            if (i % 5 == 0)
                y[i] = i % 2 ? 0 : -0.0f;
            if (i % 11 == 3)
                y[i] = NAN; /* not > 0 */
            want[i] = y[i] > 0 ? dy[i] : 0;
        }
        for_each_level({
            memcpy(got, dy, sizeof dy);
            table->relu_backward(got, y, 1, count);
            assert_compare(compare_bits(got, want, count, why));
            assert_memory_equal(got + count, dy + count, sizeof dy - (size_t)count * sizeof *dy);
        });
    }
}

/* One block of at most 256 rows, columns of a wider matrix. */
TEST(column_sums_are_chains)
{
    static float dz[TALLEST * (WIDEST + 3)];
    float got[WIDEST + 1], want[WIDEST];
    const int64_t heights[] = {1, 2, 3, 7, 64, 255, 256};
    for (int64_t n = 1; n <= WIDEST; n += n < 34 ? 1 : 6) {
        for (int h = 0; h < 7; h++) {
            int64_t rows = heights[h], stride = n + h % 4;
            fill_uniform(dz, rows * stride, (uint64_t)(n * 10 + h));
            for (int64_t j = 0; j < n; j++)
                want[j] = reference_sum_f32(rows, dz + j, stride);
            for_each_level({
                memset(got, 0x7f, sizeof got);
                table->column_sums(got, dz, rows, n, stride);
                assert_compare(compare_bits(got, want, n, why));
                assert_memory_equal(got + n, "\x7f\x7f\x7f\x7f", sizeof *got);
            });
        }
    }
}

/* From +0, so the sum of -0 is +0. */
TEST(column_sums_begin_at_plus_zero)
{
    const float dz[2] = {-0.0f, -0.0f}, want = 0;
    for_each_level({
        float sum = 1;
        table->column_sums(&sum, dz, 2, 1, 1);
        assert_compare(compare_bits(&sum, &want, 1, why));
    });
}
