#include "data/synthetic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "support/reference.h"
#include "support/unit.h"

static struct error error;

static void make(const char *description, struct dataset *train, struct dataset *test)
{
    struct dataset unused;
    if (synthetic_make(description, NULL, train, test ? test : &unused, &error))
        fail_msg("%s: %s", description, error.text);
    if (!test)
        dataset_clear(&unused);
}

/* s(purpose, row, unit) of the header, from the scalar reference. */
static float symmetric(uint64_t seed, uint32_t purpose, uint64_t row, uint32_t unit)
{
    uint32_t word = reference_word(seed, purpose, 0, row, unit);
    return (float)((double)(word >> 8) / 8388608.0 - 1);
}

TEST(defaults)
{
    struct dataset train, test;
    make("", &train, &test);
    assert_int_equal(train.samples, 1000);
    assert_int_equal(train.features, 10);
    assert_int_equal(train.classes, 2);
    assert_int_equal(train.outputs, 0);
    assert_int_equal(train.type, VALUE_F32);
    assert_int_equal(test.samples, 0);
    assert_null(test.values);
    dataset_clear(&train);
}

/* Inputs, teacher, noise and labels by the header's formulas, one sample at a time. */
TEST(as_the_header_says)
{
    enum { SAMPLES = 40, FEATURES = 7, CLASSES = 5, SEED = 9 };
    const float r = (float)sqrt(3), factor = (float)sqrt(3.0 / FEATURES);
    struct dataset classes, targets;
    make("samples=40,features=7,classes=5,noise=0.5,seed=9", &classes, NULL);
    make("samples=40,features=7,targets=5,noise=0.5,seed=9", &targets, NULL);
    for (uint64_t i = 0; i < SAMPLES; i++) {
        int best = 0;
        double output[CLASSES];
        for (uint32_t c = 0; c < CLASSES; c++) {
            output[c] = 0;
            for (uint32_t f = 0; f < FEATURES; f++) {
                float x = symmetric(SEED, RANDOM_FEATURES, i, f) * r;
                float weight = symmetric(SEED, RANDOM_TEACHER, c, f) * factor;
                assert_true(((float *)classes.values)[i * FEATURES + f] == x);
                output[c] += (double)x * (double)weight;
            }
            output[c] += 0.5 * (double)(symmetric(SEED, RANDOM_NOISE, i, c) * r);
            assert_true(targets.targets[i * CLASSES + c] == (float)output[c]);
            best = output[c] > output[best] ? (int)c : best;
        }
        assert_int_equal(classes.labels[i], best);
    }
    dataset_clear(&classes);
    dataset_clear(&targets);
}

/* Test samples are those that a larger training set would have had next. */
TEST(test_samples_go_on)
{
    struct dataset train, test, all;
    make("samples=30,test=12,features=6,classes=3", &train, &test);
    make("samples=42,features=6,classes=3", &all, NULL);
    assert_int_equal(test.samples, 12);
    assert_memory_equal(train.values, all.values, 30 * 6 * sizeof(float));
    assert_memory_equal(test.values, (float *)all.values + 30 * 6, 12 * 6 * sizeof(float));
    assert_memory_equal(train.labels, all.labels, 30 * sizeof(int32_t));
    assert_memory_equal(test.labels, all.labels + 30, 12 * sizeof(int32_t));
    dataset_clear(&train);
    dataset_clear(&test);
    dataset_clear(&all);
}

/* Mean 0 and variance 1 of inputs and of the teacher's outputs. The sum of n numbers of variance 1
 * strays by sqrt(n); 64 outputs share each input, so they stray further. */
TEST(moments)
{
    struct dataset dataset;
    make("samples=5000,features=50,targets=64", &dataset, NULL);
    const float *part[] = {dataset.values, dataset.targets};
    const int64_t n[] = {5000 * 50, 5000 * 64};
    for (int p = 0; p < 2; p++) {
        double sum = 0, square = 0;
        for (int64_t i = 0; i < n[p]; i++) {
            sum += (double)part[p][i];
            square += (double)part[p][i] * (double)part[p][i];
            if (p == 0)
                assert_true(fabsf(part[p][i]) <= 1.7320508F);
        }
        assert_true(fabs(sum / (double)n[p]) < 0.02);
        assert_true(fabs(square / (double)n[p] - 1) < 0.1);
    }
    dataset_clear(&dataset);
}

TEST(random_labels_are_uniform)
{
    struct dataset dataset;
    int count[10] = {0};
    make("samples=10000,features=1,classes=10,labels=random", &dataset, NULL);
    for (int i = 0; i < 10000; i++)
        count[dataset.labels[i]]++;
    for (int c = 0; c < 10; c++)
        assert_in_range(count[c], 850, 1150); /* five standard deviations */
    assert_int_equal(
        dataset.labels[7], (uint64_t)reference_word(1, RANDOM_LABELS, 0, 7, 0) * 10 >> 32);
    dataset_clear(&dataset);

    make("samples=100,features=1,targets=6,labels=random", &dataset, NULL);
    assert_true(dataset.targets[7 * 6 + 5] == symmetric(1, RANDOM_LABELS, 7, 5) * (float)sqrt(3));
    dataset_clear(&dataset);
}

TEST(zero_labels)
{
    struct dataset dataset;
    make("samples=100,classes=3,labels=zero", &dataset, NULL);
    for (int i = 0; i < 100; i++)
        assert_int_equal(dataset.labels[i], 0);
    assert_int_equal(dataset.classes, 3);
    dataset_clear(&dataset);
    make("samples=100,targets=2,labels=zero", &dataset, NULL);
    for (int i = 0; i < 200; i++)
        assert_true(dataset.targets[i] == 0);
    assert_int_equal(dataset.classes, 0);
    dataset_clear(&dataset);
}

TEST(seeds_and_fingerprints)
{
    struct dataset a, b;
    make("seed=1", &a, NULL);
    make("samples=1_000,seed=1", &b, NULL);
    assert_int_equal(dataset_fingerprint(&a), dataset_fingerprint(&b));
    dataset_clear(&b);
    make("seed=2", &b, NULL);
    assert_int_not_equal(dataset_fingerprint(&a), dataset_fingerprint(&b));
    dataset_clear(&a);
    dataset_clear(&b);
}

TEST(descriptions_that_are_wrong)
{
    static const char *const cases[][2] = {
        {"sample=10", "did you mean \"samples\"?"},
        {"zzzzzzzz=1", "the keys are samples, test"},
        {"samples", "expected KEY=VALUE"},
        {"samples=10,", "expected KEY=VALUE"},
        {",samples=10", "expected KEY=VALUE"},
        {"samples=0", "from 1 to"},
        {"samples=ten", "samples=ten: expected an integer"},
        {"samples=", "expected an integer"},
        {"samples=9223372036854775807,test=1", "too large"},
        {"test=-1", "from 0 to"},
        {"features=0", "from 1 to 2147483647"},
        {"features=2147483648", "from 1 to 2147483647"},
        {"classes=1", "from 2 to"},
        {"targets=0", "from 1 to"},
        {"classes=2,targets=1", "exclude each other"},
        {"labels=some", "expected teacher, random or zero"},
        {"noise=-1", "noise=-1: expected a number"},
        {"noise=nan", "noise=nan: expected a number"},
        {"noise=1,labels=zero", "labels=zero has no teacher"},
        {"seed=1,seed=2", "seed is given twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dataset train, test;
        enum status status = synthetic_make(cases[i][0], NULL, &train, &test, &error);
        if (status != STATUS_USAGE || !strstr(error.text, cases[i][1]))
            fail_msg("%s: status %d \"%s\"", cases[i][0], status, error.text);
        assert_null(train.values);
    }
}

TEST(too_large)
{
    struct dataset train, test;
    assert_int_equal(
        synthetic_make("samples=9000000000000000000,labels=zero", NULL, &train, &test, &error),
        STATUS_NO_RESOURCE);
    assert_int_equal(
        synthetic_make("features=2147483647,classes=2147483647", NULL, &train, &test, &error),
        STATUS_NO_RESOURCE);
    assert_null(train.values);
}

TEST(no_memory)
{
    struct dataset train, test;
    for (int nth = 1; nth <= 5; nth++) {
        memory_inject_failure(nth);
        assert_int_equal(
            synthetic_make("samples=10,test=10", NULL, &train, &test, &error), STATUS_NO_RESOURCE);
        assert_null(train.values);
        assert_null(test.values);
    }
    memory_inject_failure(6);
    make("samples=10,test=10", &train, &test);
    memory_inject_failure(0);
    dataset_clear(&train);
    dataset_clear(&test);
}
