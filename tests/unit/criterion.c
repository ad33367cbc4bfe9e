/* criterion.c: the losses that loss_rows() chooses between, against the scalar reference (bits),
 * double precision (values and derivatives) and by hand; and the sum of class weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/floatmode.h"
#include "net/loss.h"
#include "net/mlp.h"
#include "support/fill.h"
#include "support/reference.h"
#include "support/unit.h"

enum { ROWS = 18, WIDEST = 1100, GAP = 5 };

struct variant {
    enum loss_kind kind;
    float smoothing;
    bool weighted;
};

static const struct variant variants[] = {
    {LOSS_CROSS_ENTROPY, 0, true},
    {LOSS_CROSS_ENTROPY, 0.1f, false},
    {LOSS_CROSS_ENTROPY, 0.3f, true},
    {LOSS_MSE, 0, false},
    {LOSS_BCE, 0, false},
    {LOSS_MAE, 0, false},
    {LOSS_HUBER, 0, false},
};
enum { N_VARIANTS = sizeof variants / sizeof variants[0] };

/* A linear model of n outputs, whose samples are the rows. */
static struct {
    struct reference_problem problem;
    struct criterion criterion;
    float z[ROWS * WIDEST], target[ROWS * WIDEST], weight[WIDEST];
    int32_t label[ROWS];
} it;

static void define(const struct variant *variant, int64_t n)
{
    struct mlp mlp;
    fill_uniform(it.z, ROWS * n, (uint64_t)n);
    fill_uniform(it.target, ROWS * n, (uint64_t)n + 1);
    fill_uniform(it.weight, n, (uint64_t)n + 2);
    fill_labels(it.label, ROWS, n, (uint64_t)n + 3);
    for (int64_t i = 0; i < ROWS * n; i++) {
        it.z[i] *= i % 7 == 0 ? 100 : 3; /* some exp() are 0 */
        if (variant->kind == LOSS_BCE)
            it.target[i] = i % 3 == 0 ? (float)(i % 2) : 0.5f * (it.target[i] + 1);
        if (i % 5 == 0 && variant->kind == LOSS_MAE)
            it.z[i] = it.target[i];
    }
    for (int64_t c = 0; c < n; c++)
        it.weight[c] = 1.5f + it.weight[c];
    it.problem = (struct reference_problem){.layers = 1,
        .width = {1, n},
        .loss = variant->kind,
        .label_smoothing = variant->smoothing,
        .huber_delta = 0.75f,
        .class_weight = variant->weighted ? it.weight : NULL,
        .label = it.label,
        .target = it.target};
    reference_describe(&it.problem, &mlp, &it.criterion);
}

static void for_each_case(void (*check)(int64_t n))
{
    const int64_t outputs[] = {1, 2, 3, 10, 15, 16, 17, 33, 64, 65, 511, 512, 513, WIDEST};
    for (int v = 0; v < N_VARIANTS; v++)
        for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
            define(&variants[v], outputs[i]);
            check(outputs[i]);
        }
}

/* At every level, rows apart from each other, what lies between them untouched; `weight` [ROWS] of
 * the rows' samples, or NULL. */
static void check_bits_of(int64_t n, const float *weight)
{
    static float got[ROWS * (WIDEST + GAP)], want[ROWS * (WIDEST + GAP)];
    double loss[ROWS], want_loss[ROWS];
    int64_t stride = n + GAP;
    it.problem.weight = weight;
    uint64_t mode = floatmode_enter();
    for (int64_t i = 0; i < ROWS * stride; i++)
        want[i] = 77;
    for (int64_t r = 0; r < ROWS; r++)
        want_loss[r] = reference_loss(&it.problem, it.z + r * n, r, want + r * stride);
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++) {
        if (!level_runs(level))
            continue;
        for (int64_t i = 0; i < ROWS * stride; i++)
            got[i] = 77;
        for (int64_t r = 0; r < ROWS; r++)
            memcpy(got + r * stride, it.z + r * n, (size_t)n * sizeof *got);
        loss_rows(level, &it.criterion, got, it.label, it.target, loss, ROWS, n, stride);
        if (weight)
            loss_weigh(level, weight, got, loss, ROWS, n, stride);
        assert_compare(compare_bits(got, want, ROWS * stride, why));
        assert_memory_equal(loss, want_loss, sizeof loss);
    }
    floatmode_leave(mode);
}

static void check_bits(int64_t n)
{
    float weight[ROWS];
    fill_uniform(weight, ROWS, 9);
    for (int r = 0; r < ROWS; r++)
        weight[r] = weight[r] < 0 ? 0 : 3 * weight[r];
    check_bits_of(n, NULL);
    check_bits_of(n, weight);
    it.problem.weight = NULL;
}

TEST(the_definition_at_every_level)
{
    for_each_case(check_bits);
}

/* The loss by reference_loss_f64() of a linear model whose only input is 1, so that z = weight. */
static void check_double(int64_t n)
{
    float delta[WIDEST], z[WIDEST];
    double *parameters = calloc((size_t)(2 * n), sizeof *parameters);
    double *gradient = calloc((size_t)(2 * n), sizeof *gradient), loss;
    const float one = 1;
    assert_true(parameters && gradient);
    it.problem.x = &one;
    it.problem.samples = 1;
    for (int64_t j = 0; j < n; j++)
        parameters[j] = (double)it.z[j];
    memcpy(z, it.z, (size_t)n * sizeof *z);
    double want = reference_loss_f64(&it.problem, parameters);
    reference_gradient_f64(&it.problem, parameters, gradient);
    loss_rows(LEVEL_BASE, &it.criterion, z, it.label, it.target, &loss, 1, n, n);
    memcpy(delta, z, (size_t)n * sizeof *z);
    /* the sum n, z[j] - m one of its own size, at most 200, and weights up to 2.5 */
    double bound = (double)(n + 200) * COMPARE_EPS * (it.problem.class_weight ? 3 : 1);
    assert_compare(compare_within(delta, gradient, n, bound, why));
    assert_true(fabs(loss - want) <= bound * fmax(fabs(want), 1));
    assert_true(want > 0 || n == 1);
    free(parameters);
    free(gradient);
}

TEST(against_double)
{
    for_each_case(check_double);
}

/* --- by hand ------------------------------------------------------------------------------- */

static double one_row(struct criterion criterion, float *z, int32_t label, const float *target)
{
    double loss;
    loss_rows(LEVEL_BASE, &criterion, z, &label, target, &loss, 1, 2, 2);
    return loss;
}

TEST(values_by_hand)
{
    const float target[2] = {1, 1};
    float z[2] = {1, 4};
    assert_true(one_row((struct criterion){.kind = LOSS_MAE}, z, 0, target) == 1.5);
    assert_true(z[0] == 0 && z[1] == 0.5f); /* the derivative at 0 is 0 */
    z[0] = 1.5f, z[1] = 4;
    assert_true(one_row((struct criterion){.kind = LOSS_HUBER, .huber_delta = 2}, z, 0, target) ==
                (0.125 + 4) / 2);
    assert_true(z[0] == 0.25f && z[1] == 1);
    z[0] = z[1] = 0;
    const float half[2] = {0, 0.5f};
    assert_true(fabs(one_row((struct criterion){.kind = LOSS_BCE}, z, 0, half) - log(2)) < 1e-15);
    assert_true(z[0] == 0.25f && z[1] == 0);
    const float weight[2] = {3, 1};
    z[0] = z[1] = 5;
    struct criterion criterion = {.kind = LOSS_CROSS_ENTROPY, .class_weight = weight};
    assert_true(fabs(one_row(criterion, z, 0, NULL) - 3 * log(2)) < 1e-15);
    assert_true(z[0] == -1.5f && z[1] == 1.5f);
}

/* Far from 0 nothing overflows, and the loss of a right answer is 0. */
TEST(binary_at_its_ends)
{
    float z[2] = {1000, -1000};
    const float right[2] = {1, 0}, wrong[2] = {0, 1};
    assert_true(one_row((struct criterion){.kind = LOSS_BCE}, z, 0, right) == 0);
    assert_true(z[0] == 0 && z[1] == 0);
    z[0] = 1000, z[1] = -1000;
    assert_true(one_row((struct criterion){.kind = LOSS_BCE}, z, 0, wrong) == 1000);
    assert_true(z[0] == 0.5f && z[1] == -0.5f);
}

TEST(what_is_not_finite_shows)
{
    for (int v = 0; v < N_VARIANTS; v++)
        for (int64_t n = 1; n <= 530; n += n < 20 ? 1 : 51) {
            define(&variants[v], n);
            for (int64_t at = 0; at < n; at += n < 20 ? 1 : 17) {
                float z[530];
                double loss;
                memcpy(z, it.z, (size_t)n * sizeof *z);
                z[at] = NAN;
                loss_rows(LEVEL_BASE, &it.criterion, z, it.label, it.target, &loss, 1, n, n);
                assert_false(isfinite(loss));
            }
        }
}

/* --- weights ------------------------------------------------------------------------------- */

TEST(weights_are_counted_in_units)
{
    const float weight[4] = {1, 0.3f, 0x1p-30f, 1.75f};
    const int32_t label[6] = {0, 1, 1, 2, 3, 0};
    struct criterion criterion = {.class_weight = weight};
    double unit = loss_weight_unit(&criterion, 4);
    assert_true(unit == 0x1p-31);
    assert_true((double)loss_weights(&criterion, unit, label, 6) * unit ==
                1 + 2 * (double)0.3f + 0x1p-30 + 1.75 + 1); /* exactly */
    int64_t apart =
        loss_weights(&criterion, unit, label, 2) + loss_weights(&criterion, unit, label + 2, 4);
    assert_int_equal(apart, loss_weights(&criterion, unit, label, 6));
    const float other[2] = {4, 0x1.8p-30f}; /* one and a half units: to the even one */
    criterion.class_weight = other;
    unit = loss_weight_unit(&criterion, 2);
    assert_true(unit == 0x1p-29);
    const int32_t small = 1;
    assert_int_equal(loss_weights(&criterion, unit, &small, 1), 1);
}
