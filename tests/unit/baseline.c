/* baseline.c: the prediction that ignores the inputs, against figures computed by hand. */
#include "model/baseline.h"

#include <math.h>

#include "support/unit.h"

enum { MOST = 200 };

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((value) - (expected)) <= (tolerance) + 1e-12)
#define assert_ok(call, error)                                                                     \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg("%s", (error)->text);                                                         \
    } while (0)

static struct encoding input = {.scale = {.kind = SCALE_NONE}};

struct sets {
    struct dataset dataset;
    struct subset train, held_out;
    struct loader train_loader, held_out_loader;
    float baseline[8];
    struct metrics metrics, train_metrics;
};

/* The first n_train samples train, the others are held out. */
static void find(
    struct sets *sets, const struct criterion *criterion, const struct scale *targets, int n_train)
{
    static int64_t number[MOST];
    int64_t n = sets->dataset.samples;
    struct error error;
    for (int64_t i = 0; i < n; i++)
        number[i] = i;
    sets->train = (struct subset){n_train, number};
    sets->held_out = (struct subset){n - n_train, number + n_train};
    const struct vector *vector = vector_of(LEVEL_BASE);
    sets->train_loader = (struct loader){&sets->dataset, &sets->train, &input, vector, targets};
    sets->held_out_loader =
        (struct loader){&sets->dataset, &sets->held_out, &input, vector, targets};
    assert_ok(baseline_fit(sets->baseline, criterion, &sets->train_loader, &error), &error);
    assert_ok(baseline_evaluate(
                  &sets->metrics, sets->baseline, criterion, &sets->held_out_loader, &error),
        &error);
    assert_ok(baseline_evaluate(
                  &sets->train_metrics, sets->baseline, criterion, &sets->train_loader, &error),
        &error);
}

static int32_t label[] = {1, 0, 1, 1, 2, 1, 0, 1, /* held out */ 1, 2, 0, 1};

static struct sets find_classes(const struct criterion *criterion)
{
    static struct sets sets;
    sets.dataset = (struct dataset){.samples = 12, .classes = 3, .labels = label};
    find(&sets, criterion, NULL, 8);
    return sets;
}

TEST(test_classes)
{
    struct sets sets = find_classes(&(struct criterion){.kind = LOSS_CROSS_ENTROPY});
    const double f[] = {2. / 8, 5. / 8, 1. / 8};
    for (int c = 0; c < 3; c++)
        assert_near((double)sets.baseline[c], f[c], 1e-7);
    assert_near(sets.metrics.accuracy, 0.5, 0);
    assert_near(sets.metrics.loss, -(2 * log(f[1]) + log(f[2]) + log(f[0])) / 4, 1e-6);
    assert_near(sets.train_metrics.accuracy, 5. / 8, 0);
    assert_near(sets.train_metrics.loss, -(5 * log(f[1]) + log(f[2]) + 2 * log(f[0])) / 8, 1e-6);
}

/* The loss is the lowest that a constant can have; the accuracy is still that of the most frequent
 * class, although with these weights another class weighs most. */
TEST(test_weighted_and_smoothed)
{
    const float weight[] = {1, 0.5F, 8};
    const double v = 0.1, f[] = {2. / 8, 5. / 8, 1. / 8};
    struct criterion criterion = {
        .kind = LOSS_CROSS_ENTROPY, .label_smoothing = (float)v, .class_weight = weight};
    struct sets sets = find_classes(&criterion);
    double share[3], all = 0, loss = 0, weights = 0;
    for (int c = 0; c < 3; c++)
        all += share[c] = (double)weight[c] * ((1 - v) * f[c] + v / 3);
    for (int i = 0; i < 8; i++) {
        weights += (double)weight[label[i]];
        loss -= (1 - v) * (double)weight[label[i]] * log(share[label[i]] / all);
        for (int c = 0; c < 3; c++)
            loss -= v / 3 * (double)weight[c] * log(share[c] / all);
    }
    assert_near(sets.train_metrics.loss, loss / weights, 1e-6);
    assert_near(sets.train_metrics.accuracy, 5. / 8, 0);
    assert_int_equal(baseline_metric(&criterion), METRIC_LOSS);
}

/* A class without training samples counts as half a sample, so the loss stays finite. */
TEST(test_class_that_never_occurs)
{
    static struct sets sets;
    sets.dataset = (struct dataset){.samples = 12, .classes = 4, .labels = label};
    find(&sets, &(struct criterion){.kind = LOSS_CROSS_ENTROPY}, NULL, 4);
    assert_near((double)sets.baseline[2], 0.125, 0);
    assert_near((double)sets.baseline[3], 0.125, 0);
    assert_true(isfinite(sets.metrics.loss));
    const float weight[] = {1, 1, 0, 1};
    find(&sets, &(struct criterion){.kind = LOSS_CROSS_ENTROPY, .class_weight = weight}, NULL, 4);
    assert_true(isfinite(sets.metrics.loss));
}

static float target[MOST][2];

static struct sets find_values(
    enum loss_kind kind, const struct scale *targets, int samples, int n_train)
{
    static struct sets sets;
    sets.dataset = (struct dataset){.samples = samples, .outputs = 2, .targets = target[0]};
    find(&sets, &(struct criterion){.kind = kind, .huber_delta = 1}, targets, n_train);
    return sets;
}

TEST(test_values)
{
    float shift[] = {3, -1}, factor[] = {0.5F, 4};
    struct scale scale = {.kind = SCALE_STANDARD, .features = 2, .shift = shift, .factor = factor};
    double mean[2] = {0, 0};
    for (int i = 0; i < 6; i++) {
        target[i][0] = (float)(i * i);
        target[i][1] = (float)-i;
        mean[0] += i < 4 ? i * i / 4. : 0;
        mean[1] += i < 4 ? -i / 4. : 0;
    }
    struct sets sets = find_values(LOSS_MSE, &scale, 6, 4);
    assert_near((double)sets.baseline[0], mean[0], 0);
    assert_near((double)sets.baseline[1], mean[1], 0);
    double a = (pow(16 - mean[0], 2) + pow(25 - mean[0], 2)) / 2;
    double b = (pow(-4 - mean[1], 2) + pow(-5 - mean[1], 2)) / 2;
    assert_near(sets.metrics.mse, (a + b) / 2, 1e-4);
    assert_near(sets.metrics.r2, (1 - a / 20.25 + 1 - b / 0.25) / 2, 1e-4);
    assert_near(sets.metrics.loss, (a * 0.25 + b * 16) / 2, 1e-3); /* of scaled targets */
    assert_near(sets.train_metrics.r2, 0, 1e-6);

    sets = find_values(LOSS_MAE, &scale, 6, 4);
    assert_near((double)sets.baseline[0], 2.5, 0); /* of 0, 1, 4, 9 */
    assert_near((double)sets.baseline[1], -1.5, 0);
    assert_near(sets.metrics.mae, (13.5 + 22.5 + 2.5 + 3.5) / 4, 1e-5);
    sets = find_values(LOSS_HUBER, NULL, 6, 5);
    assert_near((double)sets.baseline[0], 4, 0);
}

TEST(test_labels)
{
    for (int i = 0; i < 150; i++) {
        target[i][0] = i % 4 == 0;
        target[i][1] = 1;
    }
    struct sets sets = find_values(LOSS_BCE, NULL, 150, 100);
    assert_near((double)sets.baseline[0], 0.25, 0);
    assert_near((double)sets.baseline[1], 0.995, 1e-7);
    assert_near(sets.train_metrics.accuracy, (0.75 + 1) / 2, 1e-12);
    assert_near(
        sets.train_metrics.loss, (-0.25 * log(0.25) - 0.75 * log(0.75) - log(0.995)) / 2, 1e-6);
}
