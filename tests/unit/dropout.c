/* dropout.c: masks against Random123 itself, place by place, and what they look like as chance. */
#include "net/dropout.h"

#include <math.h>
#include <string.h>

#include <Random123/threefry.h>

#include "base/random.h"
#include "support/fill.h"
#include "support/reference.h"
#include "support/unit.h"

enum { ROWS = 13, WIDEST = 70 };

/* The word that random.h's layout of masks gives a place, by Random123. */
static uint32_t word_at(struct dropout_place first, int layer, int64_t row, int64_t unit)
{
    int64_t position = first.position + row;
    threefry4x32_ctr_t counter = {{(uint32_t)unit, (uint32_t)(position / 4), (uint32_t)first.step,
        (uint32_t)RANDOM_DROPOUT << 24 | (uint32_t)layer}};
    threefry4x32_key_t key = {{(uint32_t)first.seed, (uint32_t)(first.seed >> 32),
        (uint32_t)((uint64_t)first.step >> 32), 0}};
    return threefry4x32(counter, key).v[position % 4];
}

/* Rows that begin anywhere, any widths and strides, with and without slopes. */
TEST(masks_are_random123s_at_every_level)
{
    enum { ROOM = ROWS * (WIDEST + 3) };
    static float x[ROOM], slope[ROOM], got[ROOM], got_slope[ROOM], want[ROOM], want_slope[ROOM];
    fill_uniform(x, ROOM, 1);
    fill_uniform(slope, ROOM, 2);
    for (int n = 1; n <= WIDEST; n += n < 34 ? 1 : 9) {
        const float p = n % 3 == 0 ? 0.5f : n % 3 == 1 ? 0.1f : 0.9f;
        int64_t stride = n + n % 4, unit = 5 * n % 64;
        struct dropout_place first = {0x123456789abcdef0u + (uint64_t)n,
            n % 5 == 0 ? ((int64_t)3 << 32) + 7 : n, (int64_t)n * 11};
        memcpy(want, x, sizeof x);
        memcpy(want_slope, slope, sizeof slope);
        for (int64_t r = 0; r < ROWS; r++)
            for (int64_t u = 0; u < n; u++) {
                bool gone = word_at(first, 2, r, unit + u) < (uint32_t)((double)p * 0x1p32);
                assert_true(gone == reference_drops(p, first.seed, first.step, first.position + r,
                                        2, unit + u));
                want[r * stride + u] = gone ? 0 : x[r * stride + u] * dropout_scale(p);
                want_slope[r * stride + u] = gone ? 0 : slope[r * stride + u] * dropout_scale(p);
            }
        for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
            if (!level_runs(level))
                continue;
            memcpy(got, x, sizeof x);
            memcpy(got_slope, slope, sizeof slope);
            dropout_of(level)(got, n % 2 ? got_slope : NULL, ROWS, n, stride, p, first, 2, unit);
            assert_compare(compare_bits(got, want, ROOM, why));
            assert_compare(compare_bits(got_slope, n % 2 ? want_slope : slope, ROOM, why));
        }
    }
}

/* What is dropped out is +0, whatever it was. */
TEST(the_dropped_are_plus_zero)
{
    const float odd[] = {-1, INFINITY, -INFINITY, NAN, -0.0f};
    float zero = 0;
    int64_t dropped = 0;
    for (int64_t i = 0; i < 100; i++) {
        float x = odd[i % 5];
        dropout_of(LEVEL_BASE)(&x, NULL, 1, 1, 1, 0.5f, (struct dropout_place){1, 1, i}, 0, 0);
        if (reference_drops(0.5f, 1, 1, i, 0, 0)) {
            assert_compare(compare_bits(&x, &zero, 1, why));
            dropped++;
        }
    }
    assert_in_range(dropped, 25, 75);
}

TEST(the_scale_keeps_the_mean)
{
    assert_true(dropout_scale(0) == 1);
    assert_true(dropout_scale(0.5f) == 2);
    assert_true(dropout_scale(0.2f) == (float)(1 / (1 - (double)0.2f)));
}

/* --- chance -------------------------------------------------------------------------------- */

enum { UNITS = 512, SAMPLES = 1024, PLACES = UNITS * SAMPLES };

static void mask(float *kept, float p, uint64_t seed, int64_t step, int layer)
{
    for (int64_t i = 0; i < PLACES; i++)
        kept[i] = 1;
    dropout_of(LEVEL_BASE)(
        kept, NULL, SAMPLES, UNITS, UNITS, p, (struct dropout_place){seed, step, 0}, layer, 0);
    for (int64_t i = 0; i < PLACES; i++)
        kept[i] = kept[i] != 0;
}

/* Within 5 standard errors of the binomial distribution. */
TEST(the_rate_is_kept)
{
    static float kept[PLACES];
    for (int i = 1; i <= 9; i += 2) {
        float p = (float)i / 10;
        double dropped = 0, expected = PLACES * (double)p;
        mask(kept, p, 20260131, i, 1);
        for (int64_t at = 0; at < PLACES; at++)
            dropped += kept[at] == 0;
        assert_true(fabs(dropped - expected) < 5 * sqrt(expected * (1 - (double)p)));
    }
}

/* How often two masks agree, less what chance makes them, in standard errors. */
static double agreement(const float *a, const float *b, int64_t n)
{
    double same = 0;
    for (int64_t i = 0; i < n; i++)
        same += a[i] == b[i];
    return (same - (double)n / 2) / sqrt((double)n / 4);
}

/* Neighbours in units, in positions (in a block and across blocks), in steps, layers and seeds know
 * nothing of each other. */
TEST(neighbours_are_independent)
{
    static float kept[PLACES], other[PLACES];
    mask(kept, 0.5f, 7, 100, 1);
    const int64_t apart[] = {1, 2, 4, 16, 32, UNITS, 2 * UNITS, 3 * UNITS, 4 * UNITS, 12 * UNITS};
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        assert_true(fabs(agreement(kept, kept + apart[i], PLACES - apart[i])) < 5);
    const struct {
        uint64_t seed;
        int64_t step;
        int layer;
    } near[] = {{7, 101, 1}, {7, 100, 2}, {8, 100, 1}, {7, 100 + ((int64_t)1 << 32), 1}};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        mask(other, 0.5f, near[i].seed, near[i].step, near[i].layer);
        assert_true(fabs(agreement(kept, other, PLACES)) < 5);
    }
    mask(other, 0.5f, 7, 100, 1);
    assert_true(agreement(kept, other, PLACES) > 100); /* the same place, the same mask */
}
