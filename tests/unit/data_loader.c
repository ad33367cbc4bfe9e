#include "data/loader.h"

#include <string.h>

#include "data/encoding_fit.h"
#include "data/split/sample_split.h"
#include "support/fill.h"
#include "support/unit.h"

enum { SAMPLES = 103, FEATURES = 37, OUTPUTS = 3, VALIDATION = 13 };
enum { TRAINING = SAMPLES - VALIDATION };

static struct error error;

/* Everything that a loader is made of, with a number in each place that says where it belongs. */
struct fixture {
    uint8_t values[SAMPLES * FEATURES];
    int32_t labels[SAMPLES];
    float targets[SAMPLES * OUTPUTS];
    struct dataset dataset;
    struct subset train, validation;
    struct encoding encoding;
    struct loader loader;
    struct order order;
};

static void fixture_make(struct fixture *it, bool regression)
{
    it->dataset = (struct dataset){.name = "fixture",
        .samples = SAMPLES,
        .features = FEATURES,
        .type = VALUE_U8,
        .values = it->values};
    for (int i = 0; i < SAMPLES; i++) {
        it->labels[i] = i;
        for (int f = 0; f < FEATURES; f++)
            it->values[i * FEATURES + f] = (uint8_t)(i + f);
        for (int c = 0; c < OUTPUTS; c++)
            it->targets[i * OUTPUTS + c] = (float)(i * 10 + c);
    }
    it->dataset.classes = regression ? 0 : SAMPLES;
    it->dataset.labels = regression ? NULL : it->labels;
    it->dataset.outputs = regression ? OUTPUTS : 0;
    it->dataset.targets = regression ? it->targets : NULL;

    struct sample_split split;
    struct split_request request = {.seed = 3, .validation = VALIDATION};
    assert_int_equal(sample_split(&split, &it->dataset, &request, &error), STATUS_OK);
    it->train = split.train;
    it->validation = split.validation;
    assert_int_equal(encoding_fit(&it->encoding, &(struct encoding_choice){.scale = SCALE_UNIT},
                         &it->dataset, &it->train, &error),
        STATUS_OK);
    it->loader = (struct loader){.dataset = &it->dataset,
        .subset = &it->train,
        .encoding = &it->encoding,
        .vector = vector_of(LEVEL_BASE),
        NULL};
    order_init(&it->order, TRAINING, true, 3, RANDOM_ORDER, 1);
}

static void fixture_clear(struct fixture *it)
{
    subset_clear(&it->train);
    subset_clear(&it->validation);
    encoding_clear(&it->encoding);
}

static int64_t sample_at(const struct fixture *it, int64_t position)
{
    int64_t sample;
    loader_samples(&it->loader, &it->order, position, 1, &sample);
    return sample;
}

TEST(rows_are_the_samples_of_the_order)
{
    static struct fixture it;
    static float x[TRAINING * FEATURES];
    int32_t label[TRAINING];
    fixture_make(&it, false);
    loader_rows(&it.loader, &it.order, 0, TRAINING, 0, x, (struct truth){.label = label});
    for (int row = 0; row < TRAINING; row++) {
        int64_t sample = subset_at(&it.train, order_at(&it.order, row));
        assert_int_equal(sample_at(&it, row), sample);
        assert_int_equal(label[row], sample);
        for (int f = 0; f < FEATURES; f++)
            assert_true(x[row * FEATURES + f] == (float)(uint8_t)(sample + f) * (1 / 255.0F));
    }
    fixture_clear(&it);
}

TEST(an_epoch_visits_each_training_sample_once)
{
    static struct fixture it;
    fixture_make(&it, false);
    for (uint64_t epoch = 1; epoch <= 3; epoch++) {
        int seen[SAMPLES] = {0};
        order_init(&it.order, TRAINING, true, 3, RANDOM_ORDER, epoch);
        for (int64_t position = 0; position < TRAINING; position++)
            seen[sample_at(&it, position)]++;
        for (int64_t i = 0; i < TRAINING; i++)
            assert_int_equal(seen[subset_at(&it.train, i)], 1);
        for (int64_t i = 0; i < VALIDATION; i++)
            assert_int_equal(seen[subset_at(&it.validation, i)], 0);
    }
    fixture_clear(&it);
}

/* Weights are those of the samples, by whatever way they are read; 1 where there are none. */
TEST(weights)
{
    static struct fixture it;
    static float x[TRAINING * FEATURES];
    float weight[SAMPLES], got[TRAINING + 1];
    fixture_make(&it, false);
    for (int i = 0; i < SAMPLES; i++)
        weight[i] = (float)i / 4;
    for (int weighted = 0; weighted < 2; weighted++) {
        it.dataset.weight = weighted ? weight : NULL;
        got[TRAINING] = 42;
        loader_rows(&it.loader, &it.order, 0, 5, 2, x, (struct truth){.weight = got});
        loader_rows(
            &it.loader, &it.order, 5, TRAINING - 5, 0, x, (struct truth){.weight = got + 5});
        for (int row = 0; row < TRAINING; row++)
            assert_true(got[row] == (weighted ? weight[sample_at(&it, row)] : 1));
        loader_truth(&it.loader, 3, TRAINING - 3, (struct truth){.weight = got});
        for (int row = 3; row < TRAINING; row++)
            assert_true(got[row - 3] == (weighted ? weight[subset_at(&it.train, row)] : 1));
        assert_true(got[TRAINING] == 42);
    }
    fixture_clear(&it);
}

/* However an epoch is cut into requests, the rows are the same, and nothing beside them is touched.
 */
TEST(pieces_give_the_same_rows)
{
    static struct fixture it;
    static float whole[TRAINING * FEATURES], pieces[(TRAINING + 1) * FEATURES];
    static float target[TRAINING * OUTPUTS], piece_target[(TRAINING + 1) * OUTPUTS];
    const int64_t step[] = {1, 7, 32, TRAINING};
    fixture_make(&it, true);
    loader_rows(&it.loader, &it.order, 0, TRAINING, 0, whole, (struct truth){.target = target});
    for (int s = 0; s < 4; s++) {
        pieces[TRAINING * FEATURES] = piece_target[TRAINING * OUTPUTS] = 42;
        for (int64_t first = 0; first < TRAINING; first += step[s]) {
            int64_t n = TRAINING - first < step[s] ? TRAINING - first : step[s];
            loader_rows(&it.loader, &it.order, first, n, TRAINING - first - n,
                pieces + first * FEATURES,
                (struct truth){.target = piece_target + first * OUTPUTS});
        }
        assert_compare(compare_bits(pieces, whole, TRAINING * FEATURES, why));
        assert_compare(compare_bits(piece_target, target, TRAINING * OUTPUTS, why));
        assert_true(pieces[TRAINING * FEATURES] == 42 && piece_target[TRAINING * OUTPUTS] == 42);
    }
    for (int row = 0; row < TRAINING; row++)
        for (int c = 0; c < OUTPUTS; c++)
            assert_true(target[row * OUTPUTS + c] == (float)(sample_at(&it, row) * 10 + c));
    fixture_clear(&it);
}

/* What will be asked for next changes nothing, however much of it there is: not at the end of an
 * epoch, where nothing follows, and not for a subset in the order of its file, whose list ends
 * there. */
TEST(what_is_beyond_does_not_show)
{
    static const int64_t lengths[] = {1, 2, 31, 32, 33, 63, 64, 65, TRAINING};
    static struct fixture it;
    static float whole[TRAINING * FEATURES], rows[(TRAINING + 1) * FEATURES];
    int32_t label[TRAINING + 1];
    for (int shuffled = 0; shuffled < 2; shuffled++) {
        fixture_make(&it, false);
        order_init(&it.order, TRAINING, shuffled, 3, RANDOM_ORDER, 2);
        loader_rows(&it.loader, &it.order, 0, TRAINING, 0, whole, (struct truth){0});
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            int64_t n = lengths[i], last = TRAINING - n;
            for (int64_t first = 0; first <= last; first += first < last - 1 ? (last + 3) / 4 : 1)
                for (int64_t beyond = 0; beyond <= last - first; beyond++) {
                    memset(rows, 0, sizeof rows);
                    rows[n * FEATURES] = 42;
                    label[n] = 42;
                    loader_rows(&it.loader, &it.order, first, n, beyond, rows,
                        (struct truth){.label = label});
                    assert_compare(compare_bits(rows, whole + first * FEATURES, n * FEATURES, why));
                    for (int64_t row = 0; row < n; row++)
                        assert_int_equal(label[row], sample_at(&it, first + row));
                    assert_true(rows[n * FEATURES] == 42 && label[n] == 42);
                }
        }
        fixture_clear(&it);
    }
}

/* Truth that is not wanted, or not there, is left alone. */
TEST(truth_may_be_missing)
{
    static struct fixture it;
    float x[FEATURES], target = 42;
    int32_t label = 42;
    for (int regression = 0; regression < 2; regression++) {
        fixture_make(&it, regression);
        loader_rows(&it.loader, &it.order, 0, 1, 0, x, (struct truth){0});
        if (regression)
            loader_rows(&it.loader, &it.order, 0, 1, 0, x, (struct truth){.label = &label});
        else
            loader_rows(&it.loader, &it.order, 0, 1, 0, x, (struct truth){.target = &target});
        fixture_clear(&it);
    }
    assert_int_equal(label, 42);
    assert_true(target == 42);
}

TEST(floats_and_no_split_and_no_shuffle)
{
    static float values[SAMPLES * FEATURES], x[SAMPLES * FEATURES];
    fill_uniform(values, SAMPLES * FEATURES, 1);
    struct dataset dataset = {.name = "floats",
        .samples = SAMPLES,
        .features = FEATURES,
        .type = VALUE_F32,
        .values = values};
    struct subset all = {.size = SAMPLES};
    struct encoding encoding;
    struct order order;
    assert_int_equal(encoding_fit(&encoding, &(struct encoding_choice){.scale = SCALE_NONE},
                         &dataset, &all, &error),
        STATUS_OK);
    order_init(&order, SAMPLES, false, 3, RANDOM_ORDER, 1);
    struct loader loader = {&dataset, &all, &encoding, vector_of(LEVEL_BASE), NULL};
    loader_rows(&loader, &order, 0, SAMPLES, 0, x, (struct truth){0});
    assert_compare(compare_bits(x, values, SAMPLES * FEATURES, why));
    encoding_clear(&encoding);
}

TEST(targets_as_they_are_or_scaled)
{
    static float values[SAMPLES], x[SAMPLES], targets[SAMPLES * OUTPUTS], got[SAMPLES * OUTPUTS];
    float shift[OUTPUTS] = {1, 2, 3}, factor[OUTPUTS] = {0.5F, 2, 0};
    fill_uniform(targets, SAMPLES * OUTPUTS, 1);
    struct dataset dataset = {.samples = SAMPLES,
        .features = 1,
        .type = VALUE_F32,
        .values = values,
        .outputs = OUTPUTS,
        .targets = targets};
    struct subset all = {.size = SAMPLES};
    struct encoding encoding;
    struct scale target_scale = {SCALE_STANDARD, OUTPUTS, shift, factor};
    struct order order;
    assert_int_equal(encoding_fit(&encoding, &(struct encoding_choice){.scale = SCALE_NONE},
                         &dataset, &all, &error),
        STATUS_OK);
    order_init(&order, SAMPLES, false, 3, RANDOM_ORDER, 1);
    struct loader loader = {&dataset, &all, &encoding, vector_of(LEVEL_BASE), NULL};
    loader_rows(&loader, &order, 0, SAMPLES, 0, x, (struct truth){.target = got});
    assert_compare(compare_bits(got, targets, SAMPLES * OUTPUTS, why));
    loader.target_scale = &target_scale;
    loader_rows(&loader, &order, 0, SAMPLES, 0, x, (struct truth){.target = got});
    for (int i = 0; i < SAMPLES * OUTPUTS; i++)
        assert_true(got[i] == (targets[i] - shift[i % OUTPUTS]) * factor[i % OUTPUTS]);
    encoding_clear(&encoding);
}
