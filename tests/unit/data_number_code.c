/* data_number_code.c: codes of numbers against NumPy and scikit-learn (tests/golden/numbers.json, which
 * tests/golden/numbers writes); then borders, ties, stored knots, and failed allocations.
 */
#include "data/numbers/number_code.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/numbers/bin_edges.h"
#include "data/numbers/normal_score.h"
#include "support/golden.h"
#include "support/unit.h"

static struct error error;
static struct json *root;
static float missing;

static int enter(void **state)
{
    (void)state;
    char path[FILE_PATH_MAX];
    assert_int_equal(file_path(path, golden_directory(), "numbers.json", &error), STATUS_OK);
    root = golden_parse(path);
    missing = (float)golden_real(root, "missing");
    return 0;
}

static int leave(void **state)
{
    (void)state;
    js_destroy(root);
    return 0;
}

#define TEST_WITH_GOLDEN(name) TEST_BETWEEN(name, enter, leave)

/* An array of floats, times 2^unit, with missing values as NaN. */
static float *column_of(const struct json *test, const char *key, int64_t n, int unit)
{
    float *x = golden_floats(test, key, n);
    for (int64_t i = 0; i < n; i++)
        x[i] = x[i] == missing ? NAN : ldexpf(x[i], unit);
    return x;
}

/* Relative, in units of the largest of |want| and `size`. */
static void assert_close(const struct json *test, double got, double want, double size)
{
    if (!(fabs(got - want) <= 1e-6 * fmax(fabs(want), size)))
        fail_msg("%s: %.9g, not %.9g", golden_text(test, "name"), got, want);
}

TEST_WITH_GOLDEN(normal_scores)
{
    const struct json *scores = js_get(root, "scores");
    int64_t n = golden_int(scores, "points");
    double *p = golden_reals(scores, "p", n), *score = golden_reals(scores, "score", n);
    double *logarithm = golden_reals(scores, "log", n);
    for (int64_t i = 0; i < n; i++) {
        assert_true(fabs(normal_score(p[i]) - score[i]) <= 4e-15 * fmax(fabs(score[i]), 0.01));
        assert_true(fabs(normal_score_log(p[i]) - logarithm[i]) <= 1e-15 * fabs(logarithm[i]));
    }
    assert_true(normal_score(0.5) == 0);
    free(p);
    free(score);
    free(logarithm);
}

/* Compares codes of width 1 with those that the golden file has under `key`. */
static void compare_scalars(const struct json *test, enum number_kind kind, const char *key)
{
    int64_t n = golden_int(test, "n"), points = golden_int(test, "points");
    int unit = (int)golden_int(test, "unit");
    float *x = column_of(test, "x", n, unit), *at = column_of(test, "at", points, unit), y;
    double *want = golden_reals(test, key, points);
    struct number_code code;
    assert_int_equal(number_code_fit(&code, kind, x, n, &error), STATUS_OK);
    assert_int_equal(number_code_width(&code), 1);
    for (int64_t i = 0; i < points; i++) {
        number_code_apply(&code, at[i], &y);
        assert_close(test, (double)y, want[i], kind == NUMBER_QUANTILE);
    }
    number_code_clear(&code);
    free(x);
    free(at);
    free(want);
}

TEST_WITH_GOLDEN(robust_and_quantile_codes)
{
    const struct json *columns = js_get(root, "columns");
    assert_int_equal(js_size(columns), 12);
    for (size_t i = 0; i < js_size(columns); i++) {
        compare_scalars(js_item(columns, i), NUMBER_ROBUST, "robust");
        compare_scalars(js_item(columns, i), NUMBER_QUANTILE, "quantile");
    }
}

TEST_WITH_GOLDEN(a_thousand_knots)
{
    const struct json *many = js_get(root, "many");
    int64_t n = golden_int(many, "n"), points = golden_int(many, "points");
    float *x = malloc((size_t)n * sizeof *x), *at = golden_floats(many, "at", points), y;
    double *want = golden_reals(many, "quantile", points);
    assert_non_null(x);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)((i * 7919 + i * i % 6151) % 39989) / 64;
    struct number_code code;
    assert_int_equal(number_code_fit(&code, NUMBER_QUANTILE, x, n, &error), STATUS_OK);
    assert_int_equal(code.knots, 1000);
    for (int64_t i = 0; i < points; i++) {
        number_code_apply(&code, at[i], &y);
        assert_close(many, (double)y, want[i], 1);
    }
    number_code_clear(&code);
    free(x);
    free(at);
    free(want);
}

static void compare_piecewise(const struct json *test)
{
    int64_t n = golden_int(test, "n"), points = golden_int(test, "points");
    int64_t bins = golden_int(root, "bins"), edges = golden_int(test, "n_edges");
    int unit = (int)golden_int(test, "unit");
    float *x = column_of(test, "x", n, unit), *at = column_of(test, "at", points, unit);
    float *edge = column_of(test, "edges", edges, unit), out[64];
    struct number_code code;
    assert_int_equal(number_code_fit_bins(&code, x, n, NULL, bins, &error), STATUS_OK);
    assert_int_equal(code.knots, edges);
    assert_compare(compare_bits(code.knot, edge, edges, why));
    int64_t width = number_code_width(&code);
    double *want = golden_reals(test, "piecewise", points * width);
    for (int64_t i = 0; i < points; i++) {
        number_code_apply(&code, at[i], out);
        for (int64_t t = 0; t < width; t++)
            assert_close(test, (double)out[t], want[i * width + t], 1e-6);
    }
    number_code_clear(&code);
    free(x);
    free(at);
    free(edge);
    free(want);
}

TEST_WITH_GOLDEN(piecewise_codes)
{
    const struct json *columns = js_get(root, "columns");
    for (size_t i = 0; i < js_size(columns); i++)
        compare_piecewise(js_item(columns, i));
}

/* The edges of a tree, of values in units of 2^unit. */
static void compare_tree(const struct json *test, int unit)
{
    int64_t n = golden_int(test, "n"), edges = golden_int(test, "n_edges");
    struct dataset dataset = {.samples = n,
        .classes = golden_int(test, "classes"),
        .outputs = golden_int(test, "outputs")};
    if (dataset.classes > 0)
        dataset.labels = golden_labels(test, "target", n);
    else
        dataset.targets = golden_floats(test, "target", n * dataset.outputs);
    float *x = column_of(test, "x", n, unit), *edge = column_of(test, "edges", edges, unit);
    struct number_target target;
    struct number_code code;
    struct subset all = {.size = n};
    assert_int_equal(number_target_init(&target, &dataset, &all, &error), STATUS_OK);
    assert_int_equal(
        number_code_fit_bins(&code, x, n, &target, golden_int(test, "bins"), &error), STATUS_OK);
    if (code.knots != edges)
        fail_msg("%s: %lld edges, not %lld", golden_text(test, "name"), (long long)code.knots,
            (long long)edges);
    assert_compare(compare_bits(code.knot, edge, edges, why));
    number_code_clear(&code);
    number_target_clear(&target);
    free(dataset.labels);
    free(dataset.targets);
    free(x);
    free(edge);
}

TEST_WITH_GOLDEN(bins_are_those_of_decision_trees)
{
    const struct json *trees = js_get(root, "trees");
    assert_int_equal(js_size(trees), 7);
    for (size_t i = 0; i < js_size(trees); i++) {
        compare_tree(js_item(trees, i), 0);
        compare_tree(js_item(trees, i), -60);
    }
}

/* Without labels or targets, bins are those of quantiles. */
TEST(bins_without_a_target)
{
    const float x[] = {1, 5, 2, NAN, 8, 3};
    struct dataset dataset = {.samples = 6};
    struct subset all = {.size = 6};
    struct number_target target;
    struct number_code by_target, by_quantile;
    assert_int_equal(number_target_init(&target, &dataset, &all, &error), STATUS_OK);
    assert_int_equal(number_code_fit_bins(&by_target, x, 6, &target, 3, &error), STATUS_OK);
    assert_int_equal(number_code_fit_bins(&by_quantile, x, 6, NULL, 3, &error), STATUS_OK);
    assert_int_equal(by_quantile.knots, 4);
    assert_compare(compare_bits(by_target.knot, by_quantile.knot, 4, why));
    number_code_clear(&by_target);
    number_code_clear(&by_quantile);
    number_target_clear(&target);
}

/* Rows without a value do not affect the tree, and those of other samples are not read. */
TEST(bins_of_a_subset_with_missing_values)
{
    enum { ROWS = 1000, KEPT = 500 };
    static float x[ROWS], targets[ROWS], compact[KEPT];
    static int64_t number[KEPT];
    int64_t present = 0;
    for (int i = 0; i < ROWS; i++)
        targets[i] = i % 2 ? 1e6F : i < 400 ? 1 : i < 700 ? 5 : 2;
    for (int i = 0; i < KEPT; i++) {
        number[i] = 2 * i;
        x[i] = i % 5 ? (float)(2 * i) : NAN;
        if (i % 5)
            compact[present++] = x[i];
    }
    struct dataset dataset = {.samples = ROWS, .outputs = 1, .targets = targets};
    struct subset train = {.size = KEPT, .number = number};
    struct number_target target;
    struct number_code code;
    assert_int_equal(number_target_init(&target, &dataset, &train, &error), STATUS_OK);
    assert_int_equal(number_code_fit_bins(&code, x, KEPT, &target, 9, &error), STATUS_OK);
    assert_int_equal(code.knots, 4);
    assert_true(code.knot[0] == compact[0] && code.knot[3] == compact[present - 1]);
    assert_true(code.knot[1] == 400 && code.knot[2] == 700); /* of 398 and 402, 698 and 702 */
    number_code_clear(&code);
    number_target_clear(&target);
}

/* Of two equally good splits, the lower one. */
TEST(ties_between_splits)
{
    enum { EACH = 100 };
    static float x[3 * EACH];
    static int32_t labels[3 * EACH];
    for (int i = 0; i < 3 * EACH; i++) {
        x[i] = (float)i;
        labels[i] = i / EACH == 1;
    }
    struct dataset dataset = {.samples = 3 * EACH, .classes = 2, .labels = labels};
    struct subset all = {.size = 3 * EACH};
    struct number_target target;
    struct number_code code;
    assert_int_equal(number_target_init(&target, &dataset, &all, &error), STATUS_OK);
    assert_int_equal(number_code_fit_bins(&code, x, 3 * EACH, &target, 2, &error), STATUS_OK);
    assert_int_equal(code.knots, 3);
    assert_true(code.knot[1] == EACH - 0.5F);
    number_code_clear(&code);
    number_target_clear(&target);
}

static void assert_zero(const struct number_code *code)
{
    const float at[] = {-0x1p125F, -3, 0, 7, 0x1p125F};
    assert_int_equal(number_code_width(code), 1);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        float y = NAN;
        number_code_apply(code, at[i], &y);
        assert_true(y == 0);
    }
}

TEST(columns_without_a_spread_are_0)
{
    const float columns[][3] = {
        {NAN, NAN, NAN}, {7, 7, 7}, {NAN, 7, NAN}, {0, -0.0F, 0}, {0, 0x1p-130F, 0x1p-127F}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        struct number_code code;
        assert_int_equal(number_code_fit(&code, NUMBER_ROBUST, columns[i], 3, &error), STATUS_OK);
        assert_zero(&code);
        assert_int_equal(number_code_fit(&code, NUMBER_QUANTILE, columns[i], 3, &error), STATUS_OK);
        assert_zero(&code);
        number_code_clear(&code);
        assert_int_equal(number_code_fit_bins(&code, columns[i], 3, NULL, 4, &error), STATUS_OK);
        assert_zero(&code);
        number_code_clear(&code);
    }
}

/* The largest values that may be scaled, and the smallest steps. */
TEST(codes_are_finite)
{
    const float columns[][4] = {{0, 0x1p-126F, 0x1p-125F, 0x1p-124F}, {-0x1p125F, -1, 1, 0x1p125F},
        {0x1p125F, 0x1p125F, -0x1p125F, 0}};
    const float at[] = {-0x1p125F, -1, 0, 0x1p-126F, 1, 0x1p125F};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        struct number_code code[3];
        assert_int_equal(
            number_code_fit(&code[0], NUMBER_ROBUST, columns[i], 4, &error), STATUS_OK);
        assert_int_equal(
            number_code_fit(&code[1], NUMBER_QUANTILE, columns[i], 4, &error), STATUS_OK);
        assert_int_equal(number_code_fit_bins(&code[2], columns[i], 4, NULL, 3, &error), STATUS_OK);
        for (size_t k = 0; k < 3 * sizeof at / sizeof *at; k++) {
            float out[3] = {0};
            number_code_apply(&code[k % 3], at[k / 3], out);
            for (int t = 0; t < 3; t++)
                assert_true(fabsf(out[t]) <= (k % 3 == 2 ? 0x1p60F : 5.2F));
            number_code_apply(&code[k % 3], NAN, out); /* must not be passed, but does no harm */
        }
        for (int k = 0; k < 3; k++)
            number_code_clear(&code[k]);
    }
}

TEST(stored_knots)
{
    const float x[] = {1, 5, 2, 8, 3, 3, 3}, bad[][3] = {{1, 3, 2}, {1, NAN, 2}, {1, 2, INFINITY}};
    struct number_code code, again;
    float a[4], b[4];
    assert_int_equal(number_code_fit_bins(&code, x, 7, NULL, 4, &error), STATUS_OK);
    assert_int_equal(
        number_code_set(&again, NUMBER_PIECEWISE, code.knot, code.knots, &error), STATUS_OK);
    number_code_apply(&code, 4.5F, a);
    number_code_apply(&again, 4.5F, b);
    assert_int_equal(number_code_width(&again), number_code_width(&code));
    assert_compare(compare_bits(a, b, number_code_width(&code), why));
    number_code_clear(&code);
    number_code_clear(&again);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (enum number_kind kind = NUMBER_QUANTILE; kind <= NUMBER_PIECEWISE; kind++)
            assert_int_equal(number_code_set(&code, kind, bad[i], 3, &error), STATUS_BAD_DATA);
    const float equal[] = {1, 2, 2};
    assert_int_equal(number_code_set(&code, NUMBER_PIECEWISE, equal, 3, &error), STATUS_BAD_DATA);
    assert_says(error.text, "increasing order");
    assert_int_equal(number_code_set(&code, NUMBER_QUANTILE, equal, 3, &error), STATUS_OK);
    number_code_clear(&code);
}

/* Fits everything; STATUS_NO_RESOURCE must leave nothing behind. */
static enum status fit_all(void)
{
    const float x[] = {1, 2, 3, 4};
    int32_t labels[] = {0, 1, 1, 0};
    struct dataset dataset = {.samples = 4, .classes = 2, .labels = labels};
    struct subset all = {.size = 4};
    struct number_target target;
    struct number_code code;
    TRY(number_target_init(&target, &dataset, &all, &error));
    enum status status = number_code_fit_bins(&code, x, 4, &target, 3, &error);
    assert_true(!status || !code.knot);
    number_target_clear(&target);
    number_code_clear(&code);
    TRY(status);
    status = number_code_fit(&code, NUMBER_QUANTILE, x, 4, &error);
    assert_true(!status || !code.knot);
    number_code_clear(&code);
    return status;
}

TEST(no_memory)
{
    int nth = 1;
    for (;; nth++) {
        memory_inject_failure(nth);
        if (fit_all() == STATUS_OK)
            break;
    }
    memory_inject_failure(0);
    assert_int_equal(nth, 9); /* 1, 4 and 3 allocations */
}
