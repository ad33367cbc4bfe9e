#include "base/vector.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "support/fill.h"
#include "support/unit.h"

enum { LONGEST = 140 };

TEST(levels_have_names)
{
    assert_string_equal(level_name(LEVEL_BASE), "baseline");
    assert_string_equal(level_name(LEVEL_V3), "x86-64-v3");
    assert_string_equal(level_name(LEVEL_V4), "x86-64-v4");
    assert_true(level_runs(LEVEL_BASE));
    assert_true(level_runs(LEVEL_V3) || !level_runs(LEVEL_V4));
#if defined(__x86_64__)
    assert_int_equal(level_runs(LEVEL_V3), __builtin_cpu_supports("avx2") != 0);
    assert_int_equal(level_runs(LEVEL_V4), __builtin_cpu_supports("avx512bw") != 0);
#endif
}

/* At odd lengths and offsets; what lies behind the run is left alone. */
TEST(loops_are_scalar_loops)
{
    float x[LONGEST], shift[LONGEST], factor[LONGEST], want[LONGEST], got[LONGEST];
    uint8_t byte[LONGEST];
    fill_uniform(x, LONGEST, 1);
    fill_uniform(shift, LONGEST, 2);
    fill_uniform(factor, LONGEST, 3);
    for (int i = 0; i < LONGEST; i++)
        byte[i] = (uint8_t)(i * 37);
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
        if (!level_runs(level))
            continue;
        const struct vector *vector = vector_of(level);
        for (int at = 0; at < 4; at++) {
            for (int n = 0; n + at < LONGEST; n++) {
                memcpy(want, shift, sizeof want);
                memcpy(got, shift, sizeof got);
                for (int i = at; i < at + n; i++)
                    want[i] = shift[i] + x[i];
                vector->add(got + at, x + at, n);
                assert_compare(compare_bits(got, want, LONGEST, why));

                for (int i = at; i < at + n; i++)
                    want[i] = (x[i] - shift[i]) * factor[i];
                vector->scale(got + at, x + at, VALUE_F32, shift + at, factor + at, n);
                assert_compare(compare_bits(got, want, LONGEST, why));

                for (int i = at; i < at + n; i++)
                    want[i] = ((float)byte[i] - shift[i]) * factor[i];
                vector->scale(got + at, byte + at, VALUE_U8, shift + at, factor + at, n);
                assert_compare(compare_bits(got, want, LONGEST, why));
            }
        }
    }
}

/* Every type, as long double would have it: converted with one rounding. Bytes at random make
 * numbers of all sizes, the addresses are odd ones. */
TEST(scaling_every_type)
{
    unsigned char bytes[8 * LONGEST + 8];
    float shift[LONGEST], factor[LONGEST], got[LONGEST], want[LONGEST];
    struct random_stream stream = {.seed = 4, .purpose = RANDOM_NOISE};
    fill_uniform(shift, LONGEST, 2);
    fill_uniform(factor, LONGEST, 3);
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)random_word(stream, 0, i);
    for (int type = 0; type < N_VALUE_TYPES; type++)
        for (int at = 0; at < 8; at++) {
            const unsigned char *x = bytes + at;
            for (int i = 0; i < LONGEST; i++) {
                uint64_t word = 0;
                memcpy(&word, x + (size_t)i * value_size(type), value_size(type));
                float f;
                double d;
                memcpy(&f, &word, sizeof f);
                memcpy(&d, &word, sizeof d);
                const long double as[N_VALUE_TYPES] = {[VALUE_U8] = (uint8_t)word,
                    [VALUE_I8] = (int8_t)word,
                    [VALUE_U16] = (uint16_t)word,
                    [VALUE_I16] = (int16_t)word,
                    [VALUE_U32] = (uint32_t)word,
                    [VALUE_I32] = (int32_t)word,
                    [VALUE_U64] = word,
                    [VALUE_I64] = (int64_t)word,
                    [VALUE_F32] = (long double)f,
                    [VALUE_F64] = (long double)d};
                want[i] = ((float)as[type] - shift[i]) * factor[i];
                want[i] = isnan(want[i]) ? 0 : want[i];
                assert_true(
                    value_as_double(x, type, i) == (double)as[type] || as[type] != as[type]);
            }
            for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
                if (!level_runs(level))
                    continue;
                vector_of(level)->scale(got, x, type, shift, factor, LONGEST);
                for (int i = 0; i < LONGEST; i++) /* of a NaN, whether it is one */
                    got[i] = isnan(got[i]) ? 0 : got[i];
                assert_compare(compare_bits(got, want, LONGEST, why));
            }
        }
}

TEST(the_largest_magnitude)
{
    const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    float x[LONGEST];
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
        if (!level_runs(level))
            continue;
        const struct vector *vector = vector_of(level);
        assert_true(vector->largest(x, 0) == 0);
        for (int n = 1; n <= LONGEST; n++)
            for (int at = 0; at < n; at++) {
                for (int i = 0; i < n; i++)
                    x[i] = i == at ? -3.5f : (i % 2 ? 3.25f : -1e-30f);
                assert_true(vector->largest(x, n) == 3.5f);
                x[at] = FLT_MAX;
                assert_true(vector->largest(x, n) == FLT_MAX);
                for (int b = 0; b < 4; b++) {
                    x[at] = bad[b];
                    assert_true(vector->largest(x, n) == INFINITY);
                    assert_true(vector->largest(x, at) <= 3.25f);
                }
            }
    }
}
