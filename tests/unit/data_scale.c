#include "data/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "support/fill.h"
#include "support/unit.h"

enum { SAMPLES = 50, FEATURES = 7, CONSTANT = 3 };

static struct error error;
static const struct subset all = {.size = SAMPLES};

static struct dataset bytes_of(uint8_t *values)
{
    return (struct dataset){.name = "bytes",
        .samples = SAMPLES,
        .features = FEATURES,
        .type = VALUE_U8,
        .values = values};
}

static struct dataset floats_of(float *values)
{
    return (struct dataset){.name = "floats",
        .samples = SAMPLES,
        .features = FEATURES,
        .type = VALUE_F32,
        .values = values};
}

/* Feature f lies around 10 f with a width of f + 1; feature CONSTANT is 0.1f everywhere. */
static void fill_features(float *values)
{
    fill_uniform(values, SAMPLES * FEATURES, 5);
    for (int i = 0; i < SAMPLES * FEATURES; i++) {
        int f = i % FEATURES;
        values[i] = f == CONSTANT ? 0.1F : values[i] * (float)(f + 1) + 10 * (float)f;
    }
}

TEST(bytes_to_unit)
{
    uint8_t values[SAMPLES * FEATURES];
    for (int i = 0; i < SAMPLES * FEATURES; i++)
        values[i] = (uint8_t)i;
    values[0] = 0;
    values[1] = 255;
    struct dataset dataset = bytes_of(values);
    struct scale scale;
    assert_int_equal(scale_fit(&scale, SCALE_BY_TYPE, &dataset, &all, NULL, &error), STATUS_OK);
    assert_int_equal(scale.kind, SCALE_UNIT);
    for (int level = 0; level < N_LEVELS; level++) {
        float x[FEATURES];
        if (!level_runs((enum level)level))
            continue;
        scale_row(&scale, vector_of((enum level)level), &dataset, 0, x);
        assert_true(x[0] == 0 && x[1] == 1);
        scale_row(&scale, vector_of((enum level)level), &dataset, 2, x);
        for (int f = 0; f < FEATURES; f++)
            assert_true(x[f] == (float)(2 * FEATURES + f) * (1 / 255.0F));
    }
    scale_clear(&scale);
}

TEST(bounded_is_standard_with_a_limit)
{
    enum { N = 40001 };
    float *values = calloc((size_t)N * FEATURES, sizeof *values);
    assert_non_null(values);
    for (int i = 0; i < N; i++) {
        values[i * FEATURES] = (float)(i % 7);                   /* as standard */
        values[i * FEATURES + 1] = i == 5 ? 3 : 0;               /* one sample differs */
        values[i * FEATURES + 2] = 1e6F + (i % 2 ? 0.0625F : 0); /* rounding */
    }
    struct dataset dataset = {
        .name = "it", .samples = N, .features = FEATURES, .type = VALUE_F32, .values = values};
    struct subset whole = {.size = N};
    struct scale standard, bounded;
    assert_int_equal(
        scale_fit(&standard, SCALE_STANDARD, &dataset, &whole, NULL, &error), STATUS_OK);
    assert_int_equal(scale_fit(&bounded, SCALE_BOUNDED, &dataset, &whole, NULL, &error), STATUS_OK);
    assert_int_equal(bounded.kind, SCALE_BOUNDED);
    assert_true(bounded.factor[0] == standard.factor[0] && bounded.shift[0] == standard.shift[0]);
    assert_true(3 * standard.factor[1] > 199);
    assert_true(fabsf(3 * bounded.factor[1] - 100) < 0.01F);
    assert_true(standard.factor[2] > 30 && bounded.factor[2] < 1.01F);
    scale_clear(&standard);
    scale_clear(&bounded);
    free(values);
}

TEST(none_changes_no_bit)
{
    float values[SAMPLES * FEATURES], x[FEATURES];
    fill_features(values);
    values[0] = -0.0F;
    values[1] = 0x1.fffffep127F; /* too large to be scaled, but nothing scales it */
    struct dataset dataset = floats_of(values);
    struct scale scale;
    assert_int_equal(scale_fit(&scale, SCALE_BY_TYPE, &dataset, &all, NULL, &error), STATUS_OK);
    assert_int_equal(scale.kind, SCALE_NONE);
    for (int64_t sample = 0; sample < SAMPLES; sample++) {
        scale_row(&scale, vector_of(LEVEL_BASE), &dataset, sample, x);
        assert_compare(compare_bits(x, values + sample * FEATURES, FEATURES, why));
    }
    scale_clear(&scale);

    uint8_t bytes[SAMPLES * FEATURES] = {7, 200};
    dataset = bytes_of(bytes);
    assert_int_equal(scale_fit(&scale, SCALE_NONE, &dataset, &all, NULL, &error), STATUS_OK);
    scale_row(&scale, vector_of(LEVEL_BASE), &dataset, 0, x);
    assert_true(x[0] == 7 && x[1] == 200);
    scale_clear(&scale);
}

TEST(floats_to_unit)
{
    float values[SAMPLES * FEATURES], x[FEATURES];
    float least[FEATURES], greatest[FEATURES];
    fill_features(values);
    struct dataset dataset = floats_of(values);
    struct scale scale;
    assert_int_equal(scale_fit(&scale, SCALE_UNIT, &dataset, &all, NULL, &error), STATUS_OK);
    for (int f = 0; f < FEATURES; f++) {
        least[f] = INFINITY;
        greatest[f] = -INFINITY;
    }
    for (int64_t sample = 0; sample < SAMPLES; sample++) {
        scale_row(&scale, vector_of(LEVEL_BASE), &dataset, sample, x);
        for (int f = 0; f < FEATURES; f++) {
            least[f] = fminf(least[f], x[f]);
            greatest[f] = fmaxf(greatest[f], x[f]);
        }
    }
    for (int f = 0; f < FEATURES; f++) {
        assert_true(least[f] == 0);
        /* range, factor and product: one rounding each */
        assert_true(fabs(greatest[f] - (f == CONSTANT ? 0.0 : 1.0)) <= 4 * COMPARE_EPS);
    }
    scale_clear(&scale);
}

/* Mean and variance of what comes out, over the subset it was fitted on, in double. */
static void assert_standard(
    const struct dataset *dataset, const struct subset *subset, double bound)
{
    struct scale scale;
    double sum[FEATURES] = {0}, square[FEATURES] = {0}, n = (double)subset->size;
    assert_int_equal(scale_fit(&scale, SCALE_STANDARD, dataset, subset, NULL, &error), STATUS_OK);
    for (int64_t i = 0; i < subset->size; i++) {
        float x[FEATURES];
        scale_row(&scale, vector_of(LEVEL_BASE), dataset, subset_at(subset, i), x);
        for (int f = 0; f < FEATURES; f++) {
            sum[f] += (double)x[f];
            square[f] += (double)x[f] * (double)x[f];
        }
    }
    for (int f = 0; f < FEATURES; f++) {
        assert_true(fabs(sum[f] / n) <= bound);
        assert_true(fabs(square[f] / n - (f == CONSTANT ? 0.0 : 1.0)) <= bound);
    }
    scale_clear(&scale);
}

/* The shift's rounding shows as eps * mean / deviation: means reach 60, deviations are above 0.5.
 */
TEST(standard_has_mean_0_and_variance_1)
{
    float values[SAMPLES * FEATURES];
    fill_features(values);
    struct dataset floats = floats_of(values);
    assert_standard(&floats, &all, 256 * COMPARE_EPS);

    uint8_t bytes[SAMPLES * FEATURES];
    for (int i = 0; i < SAMPLES * FEATURES; i++)
        bytes[i] = i % FEATURES == CONSTANT ? 200 : (uint8_t)(128 + 100 * sin(i));
    struct dataset dataset = bytes_of(bytes);
    assert_standard(&dataset, &all, 256 * COMPARE_EPS);
}

/* What is not in the training part has no say, not even by a number that could not be scaled. */
TEST(only_the_training_part_counts)
{
    float values[SAMPLES * FEATURES];
    int64_t number[SAMPLES / 2];
    fill_features(values);
    for (int i = 0; i < SAMPLES / 2; i++)
        number[i] = 2 * i;
    for (int i = 1; i < SAMPLES; i += 2)
        values[i * FEATURES] = i == 1 ? NAN : 1e6F;
    struct subset even = {.size = SAMPLES / 2, .number = number};
    struct dataset dataset = floats_of(values);
    assert_standard(&dataset, &even, 256 * COMPARE_EPS);
}

TEST(refusals)
{
    const struct {
        float value;
        enum scale_kind kind;
        const char *says;
    } cases[] = {{NAN, SCALE_NONE, "nan"}, {INFINITY, SCALE_UNIT, "inf"},
        {-INFINITY, SCALE_STANDARD, "-inf"}, {-0x1p126F, SCALE_UNIT, "too large"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float values[SAMPLES * FEATURES];
        fill_features(values);
        values[4 * FEATURES + 5] = cases[i].value;
        struct dataset dataset = floats_of(values);
        struct scale scale;
        assert_int_equal(
            scale_fit(&scale, cases[i].kind, &dataset, &all, NULL, &error), STATUS_BAD_DATA);
        assert_says(error.text, "floats: feature 5 of sample 4");
        assert_says(error.text, cases[i].says);
        assert_null(scale.shift);
    }
}

/* The widest and the narrowest spreads give finite numbers. */
TEST(extreme_spreads)
{
    static const float widths[] = {0x1p125F, 0x1p-125F, 0x1p-149F};
    for (int i = 0; i < 3; i++)
        for (int kind = SCALE_UNIT; kind <= SCALE_STANDARD; kind++) {
            float values[SAMPLES * FEATURES], x[FEATURES];
            for (int j = 0; j < SAMPLES * FEATURES; j++)
                values[j] = j % 2 ? widths[i] : -widths[i];
            struct dataset dataset = floats_of(values);
            struct scale scale;
            assert_int_equal(
                scale_fit(&scale, (enum scale_kind)kind, &dataset, &all, NULL, &error), STATUS_OK);
            for (int64_t sample = 0; sample < SAMPLES; sample++) {
                scale_row(&scale, vector_of(LEVEL_BASE), &dataset, sample, x);
                for (int f = 0; f < FEATURES; f++)
                    assert_true(fabsf(x[f]) <= 1.5F);
            }
            scale_clear(&scale);
        }
}

TEST(no_memory)
{
    float values[SAMPLES * FEATURES];
    fill_features(values);
    struct dataset dataset = floats_of(values);
    struct scale scale;
    for (int nth = 1; nth <= 2; nth++) {
        memory_inject_failure(nth);
        assert_int_equal(
            scale_fit(&scale, SCALE_STANDARD, &dataset, &all, NULL, &error), STATUS_NO_RESOURCE);
        assert_null(scale.shift);
        assert_int_equal(scale.features, 0);
    }
    memory_inject_failure(0);
}

/* Scaled targets have mean 0 and variance 1, and come back. */
TEST(targets_there_and_back)
{
    float targets[SAMPLES * FEATURES];
    fill_features(targets);
    struct dataset dataset = {
        .name = "targets", .samples = SAMPLES, .outputs = FEATURES, .targets = targets};
    struct dataset as_inputs = floats_of(targets);
    struct scale scale, other;
    assert_int_equal(scale_fit_targets(&scale, SCALE_STANDARD, &dataset, &all, &error), STATUS_OK);
    assert_int_equal(scale_fit(&other, SCALE_STANDARD, &as_inputs, &all, NULL, &error), STATUS_OK);
    assert_int_equal(scale.features, FEATURES);
    assert_compare(compare_bits(scale.shift, other.shift, FEATURES, why));
    assert_compare(compare_bits(scale.factor, other.factor, FEATURES, why));
    for (int i = 0; i < SAMPLES * FEATURES; i++) {
        int f = i % FEATURES;
        float scaled = (targets[i] - scale.shift[f]) * scale.factor[f];
        double back = scale_undo(&scale, f, (double)scaled);
        assert_true(fabs(back - (double)targets[i]) <= 4 * COMPARE_EPS * 10 * (f + 1));
    }
    assert_true(scale.factor[CONSTANT] == 0);
    assert_true(scale_undo(&scale, CONSTANT, 17) == (double)0.1F);
    scale_clear(&scale);
    scale_clear(&other);

    targets[5] = NAN;
    assert_int_equal(
        scale_fit_targets(&scale, SCALE_NONE, &dataset, &all, &error), STATUS_BAD_DATA);
    assert_says(error.text, "target 5 of sample 0 (from 0) is nan");
    targets[5] = 0x1p126F;
    dataset.first_line = 2;
    assert_int_equal(
        scale_fit_targets(&scale, SCALE_STANDARD, &dataset, &all, &error), STATUS_BAD_DATA);
    assert_says(error.text, "target 5 of line 2");
    assert_says(error.text, "--normalize-target none");
}
