/* metric_sums.c, class_metrics.c, metrics.c: from outputs to figures, against scikit-learn's numbers
 * (tests/golden/metrics.json, which tests/golden/metrics writes), against plain counting, and by
 * identities. No network takes part.
 */
#include "model/metric_sums.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "support/fill.h"
#include "model/class_metrics.h"
#include "support/unit.h"

/* --- one set of outputs -------------------------------------------------------------------- */

struct set {
    struct metric_sums metric_sums;
    int64_t samples;
    float *z;
    struct truth truth;
    struct scale scale;
};

struct figures {
    struct metrics metrics;
    struct class_metrics class_metrics;
};

static double weight_of(const struct set *set, int64_t i)
{
    return set->truth.weight ? (double)set->truth.weight[i] : 1;
}

static double square_of(const struct set *set, int64_t output)
{
    int64_t n = set->metric_sums.outputs;
    double mean = 0, squares = 0, weights = 0;
    for (int64_t i = 0; i < set->samples; i++)
        weights += weight_of(set, i);
    for (int64_t i = 0; i < set->samples; i++)
        mean += weight_of(set, i) * (double)set->truth.target[i * n + output] / weights;
    for (int64_t i = 0; i < set->samples; i++) {
        double d = (double)set->truth.target[i * n + output] - mean;
        squares += weight_of(set, i) * d * d;
    }
    return squares < 1e-20 ? 0 : squares;
}

static struct set_weights weights_of(const struct set *set)
{
    struct dataset dataset = {.samples = set->samples, .weight = set->truth.weight};
    struct subset all = {.size = set->samples};
    struct loader loader = {.dataset = &dataset, .subset = &all};
    return metric_sums_weights(&(struct criterion){.kind = LOSS_MSE}, &loader);
}

static double auc_of(const struct set *set, int64_t output)
{
    int64_t n = set->metric_sums.outputs;
    struct score *score = malloc((size_t)set->samples * sizeof *score);
    float *p = malloc((size_t)n * sizeof *p);
    assert_true(score && p);
    for (int64_t i = 0; i < set->samples; i++) {
        prediction_probabilities(loss_of(LEVEL_BASE), set->metric_sums.kind, set->z + i * n, n, p);
        score[i].score = (double)p[output];
        score[i].count = metric_sums_in_units(weight_of(set, i), weights_of(set).unit);
        score[i].positive = set->truth.label ? set->truth.label[i] == output
                                             : target_is_yes(set->truth.target[i * n + output]);
    }
    double auc = class_metrics_auc(score, set->samples);
    free(score);
    free(p);
    return auc;
}

/* All rows as one block; the rows lie apart, as a workspace has them. */
static struct figures figures_of(const struct set *set, int top_k)
{
    enum { APART = 5 };
    struct metric_sums metric_sums = set->metric_sums;
    struct figures figures;
    struct error error;
    int64_t n = metric_sums.outputs, stride = n + APART;
    assert_int_equal(
        class_metrics_create(&figures.class_metrics, metric_sums.kind, n, top_k, &error),
        STATUS_OK);
    struct set_weights weights = weights_of(set);
    metric_sums.top_k = top_k;
    metric_sums.unit = weights.unit;
    weights.loss = 6;
    metric_sums.confusion = figures.class_metrics.confusion != NULL;
    double *sum = malloc((size_t)metric_sums_count(&metric_sums) * sizeof *sum);
    double *all = malloc((size_t)n * sizeof *all);
    int64_t *count = calloc((size_t)metric_sums_counters(&metric_sums) + 1, sizeof *count);
    float *z = malloc((size_t)(set->samples * stride) * sizeof *z);
    assert_true(sum && all && count && z);
    for (int64_t i = 0; i < set->samples; i++)
        memcpy(z + i * stride, set->z + i * n, (size_t)n * sizeof *z);
    for (int64_t j = 0; j < n && metric_sums.kind == PREDICTION_VALUES; j++)
        all[j] = square_of(set, j);
    metric_sums_add(&metric_sums, z, stride, set->truth, set->samples, sum, count);
    sum[METRIC_SUM_LOSS] = 3;
    figures.metrics = metric_sums_metrics(&metric_sums, set->samples, &weights, sum, count, all);
    assert_true(figures.metrics.loss == 0.5 && figures.metrics.samples == set->samples);
    class_metrics_fill(&figures.class_metrics, &weights, sum, count, all);
    for (int64_t j = 0; j < n && metric_sums.kind != PREDICTION_VALUES; j++)
        figures.class_metrics.of[j].auc = auc_of(set, j);
    class_metrics_join_auc(&figures.class_metrics);
    free(sum);
    free(all);
    free(count);
    free(z);
    return figures;
}

/* --- scikit-learn -------------------------------------------------------------------------- */

static void assert_near(const char *name, const char *what, double got, double want)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= 1e-12 * fmax(1, fabs(want))))
        fail_msg("%s: %s is %.17g, not %.17g", name, what, got, want);
}

/* A number, or null, which is NaN. */
static double number(const struct json *json)
{
    double value = NAN;
    js_as_real(json, &value);
    return value;
}

static float *floats_of(const struct json *array)
{
    size_t n = js_size(array);
    float *x = n > 0 ? malloc(n * sizeof *x) : NULL;
    for (size_t i = 0; i < n; i++)
        x[i] = (float)number(js_item(array, i));
    return x;
}

static struct set set_of(const struct json *golden)
{
    static const char *const kinds[] = {"class", "labels", "values"};
    struct set set = {.samples = (int64_t)number(js_get(golden, "samples"))};
    const struct json *label = js_get(golden, "label");
    set.metric_sums.outputs = (int64_t)number(js_get(golden, "outputs"));
    while (strcmp(kinds[set.metric_sums.kind], js_as_text(js_get(golden, "kind"))) != 0)
        set.metric_sums.kind++;
    set.z = floats_of(js_get(golden, "z"));
    set.truth.target = floats_of(js_get(golden, "target"));
    set.truth.weight = floats_of(js_get(golden, "weight"));
    if (label)
        set.truth.label = malloc(js_size(label) * sizeof *set.truth.label);
    for (size_t i = 0; i < js_size(label); i++)
        set.truth.label[i] = (int32_t)number(js_item(label, i));
    set.scale.shift = floats_of(js_get(golden, "shift"));
    set.scale.factor = floats_of(js_get(golden, "factor"));
    set.scale.features = set.scale.shift ? set.metric_sums.outputs : 0;
    return set;
}

static void set_clear(struct set *set)
{
    free(set->z);
    free(set->truth.label);
    free(set->truth.target);
    free(set->truth.weight);
    free(set->scale.shift);
    free(set->scale.factor);
}

static void check_metrics(const char *name, const struct json *golden, const struct metrics *got)
{
    for (int m = METRIC_ACCURACY; m < N_METRICS; m++) {
        const char *what = metric_name((enum metric)m);
        double want = number(js_get(golden, what));
        if (m == METRIC_RMSE)
            want = sqrt(number(js_get(golden, "mse")));
        assert_near(name, what, metric_of((enum metric)m, got), want);
    }
}

static void check_average(
    const char *name, const struct json *golden, const char *kind, const struct class_rates *got)
{
    const struct json *want = js_get(golden, kind);
    assert_near(name, kind, got->precision, number(js_item(want, 0)));
    assert_near(name, kind, got->recall, number(js_item(want, 1)));
    assert_near(name, kind, got->f1, number(js_item(want, 2)));
}

static void check_answers(
    const char *name, const struct json *golden, const struct class_metrics *class_metrics)
{
    const struct json *of = js_get(golden, "of"), *confusion = js_get(golden, "confusion");
    assert_near(name, "top2", class_metrics->top_k_accuracy, number(js_get(golden, "top2")));
    assert_near(name, "auc", class_metrics->auc, number(js_get(golden, "auc")));
    check_average(name, golden, "macro", &class_metrics->macro);
    check_average(name, golden, "weighted", &class_metrics->weighted);
    for (size_t j = 0; j < (size_t)class_metrics->outputs; j++) {
        const struct detail *detail = &class_metrics->of[j];
        assert_near(name, "precision", detail->rates.precision,
            number(js_item(js_get(of, "precision"), j)));
        assert_near(name, "recall", detail->rates.recall, number(js_item(js_get(of, "recall"), j)));
        assert_near(name, "f1", detail->rates.f1, number(js_item(js_get(of, "f1"), j)));
        double row = 0;
        for (size_t k = 0; confusion && k < (size_t)class_metrics->outputs; k++)
            row += number(js_item(confusion, j * (size_t)class_metrics->outputs + k));
        assert_near(name, "labelled", confusion ? detail->labelled : row, row);
        assert_near(name, "auc_of", detail->auc, number(js_item(js_get(golden, "auc_of"), j)));
    }
    assert_true(!confusion == !class_metrics->confusion);
    for (size_t i = 0; i < js_size(confusion); i++)
        assert_near(name, "confusion", class_metrics->confusion[i], number(js_item(confusion, i)));
}

static void check_values(
    const char *name, const struct json *golden, const struct class_metrics *class_metrics)
{
    for (size_t j = 0; j < (size_t)class_metrics->outputs; j++) {
        const struct detail *detail = &class_metrics->of[j];
        assert_near(name, "mse_of", detail->mse, number(js_item(js_get(golden, "mse_of"), j)));
        assert_near(name, "mae_of", detail->mae, number(js_item(js_get(golden, "mae_of"), j)));
        assert_near(name, "r2_of", detail->r2, number(js_item(js_get(golden, "r2_of"), j)));
    }
}

TEST(as_scikit_learn_has_it)
{
    char path[FILE_PATH_MAX], *text;
    size_t size, cases;
    struct error error;
    struct json *root;
    const char *directory = getenv("GOLDEN_DIR");
    snprintf(path, sizeof path, "%s/metrics.json", directory ? directory : "tests/golden");
    if (file_read_whole(path, 1 << 20, &text, &size, &error) ||
        js_parse(text, size, path, &root, &error))
        fail_msg("%s", error.text);
    free(text);
    cases = js_size(js_get(root, "cases"));
    assert_int_equal(cases, 13);
    for (size_t i = 0; i < cases; i++) {
        const struct json *golden = js_item(js_get(root, "cases"), i);
        const char *name = js_as_text(js_get(golden, "name"));
        struct set set = set_of(golden);
        set.metric_sums.target_scale = &set.scale;
        struct figures got = figures_of(&set, 2);
        check_metrics(name, golden, &got.metrics);
        if (set.metric_sums.kind == PREDICTION_VALUES)
            check_values(name, golden, &got.class_metrics);
        else
            check_answers(name, golden, &got.class_metrics);
        class_metrics_clear(&got.class_metrics);
        set_clear(&set);
    }
    js_destroy(root);
}

/* --- plain counting ------------------------------------------------------------------------ */

static double plain_auc(const struct score *score, int64_t n)
{
    double sum = 0, pairs = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            if (score[i].positive && !score[j].positive) {
                pairs++;
                sum += score[i].score > score[j].score    ? 1
                       : score[i].score == score[j].score ? 0.5
                                                          : 0;
            }
    return pairs > 0 ? sum / pairs : (double)NAN;
}

/* From all different to all equal scores, and with one kind alone. */
TEST(auc_by_pairs)
{
    enum { N = 60 };
    for (int values = 1; values <= 64; values *= 2)
        for (int part = 0; part <= 4; part++) {
            struct score score[N];
            float x[2 * N];
            fill_uniform(x, 2 * N, (uint32_t)(values * 8 + part));
            for (int i = 0; i < N; i++)
                score[i] = (struct score){
                    floor((double)x[i] * values) / values, x[N + i] < (float)(part - 2) / 2, 1};
            double want = plain_auc(score, N), got = class_metrics_auc(score, N);
            assert_true(isnan(want) ? isnan(got) : fabs(got - want) < 1e-14);
        }
}

/* Whoever comes before the label among equals counts against it, and so does whatever is no number.
 */
TEST(places_among_equals)
{
    float z[][7] = {{1, 1, 1, 1, 1, 1, 1}, {NAN, 0, 0, 0, 0, 0, 0}, {7, 6, 5, 4, 3, 2, 1}};
    static const int64_t top5[] = {5, 4, 5}; /* of the labels 0 ... 6 */
    for (int r = 0; r < 3; r++) {
        int64_t hits = 0;
        for (int32_t label = 0; label < 7; label++) {
            struct set set = {.metric_sums = {.kind = PREDICTION_CLASS, .outputs = 7},
                .samples = 1,
                .z = z[r],
                .truth = {.label = &label}};
            struct figures got = figures_of(&set, 7);
            hits += got.metrics.top5 == 1;
            if (r != 1)
                assert_true(got.class_metrics.top_k_accuracy == 1);
            class_metrics_clear(&got.class_metrics);
        }
        assert_int_equal(hits, top5[r]);
    }
}

/* Counts of two halves add up to those of the whole, and the confusion matrix's margins are the
 * classes' counts. */
TEST(counts_add_up)
{
    enum { N = 101, OUTPUTS = 4, COUNTS = 3 * OUTPUTS + OUTPUTS * OUTPUTS };
    struct metric_sums metric_sums = {
        .kind = PREDICTION_CLASS, .outputs = OUTPUTS, .confusion = true};
    float z[N * OUTPUTS];
    int32_t label[N];
    double sum[METRIC_SUM_OUTPUTS];
    int64_t whole[COUNTS] = {0}, parts[COUNTS] = {0};
    fill_uniform(z, N * OUTPUTS, 1);
    fill_labels(label, N, OUTPUTS, 2);
    assert_int_equal(metric_sums_counters(&metric_sums), COUNTS);
    metric_sums_add(&metric_sums, z, OUTPUTS, (struct truth){.label = label}, N, sum, whole);
    metric_sums_add(&metric_sums, z, OUTPUTS, (struct truth){.label = label}, 40, sum, parts);
    metric_sums_add(&metric_sums, z + 40 * OUTPUTS, OUTPUTS, (struct truth){.label = label + 40},
        N - 40, sum, parts);
    assert_memory_equal(whole, parts, sizeof whole);
    for (int c = 0; c < OUTPUTS; c++) {
        int64_t row = 0, column = 0;
        for (int other = 0; other < OUTPUTS; other++) {
            row += whole[3 * OUTPUTS + c * OUTPUTS + other];
            column += whole[3 * OUTPUTS + other * OUTPUTS + c];
        }
        assert_int_equal(row, whole[c]);
        assert_int_equal(column, whole[OUTPUTS + c]);
        assert_int_equal(whole[3 * OUTPUTS + c * OUTPUTS + c], whole[2 * OUTPUTS + c]);
    }
}

/* --- probabilities ------------------------------------------------------------------------- */

TEST(probabilities)
{
    static const float z[] = {-200, -88, -87.5F, -20, -1, -0.0F, 0, 1e-3F, 1, 20, 87.5F, 200};
    enum { N = sizeof z / sizeof z[0] };
    float p[N];
    double sum = 0;
    for (int level = 0; level < N_LEVELS; level++) {
        if (!level_runs((enum level)level))
            continue;
        const struct loss *loss = loss_of((enum level)level);
        prediction_probabilities(loss, PREDICTION_LABELS, z, N, p);
        for (int i = 0; i < N; i++) {
            double want = 1 / (1 + exp(-(double)z[i]));
            assert_true(fabs((double)p[i] - want) <= 4 * COMPARE_EPS * want + 1e-37);
        }
        prediction_probabilities(loss, PREDICTION_CLASS, z + 3, 7, p);
        for (int i = 0; i < 7; i++)
            sum += exp((double)z[3 + i]);
        for (int i = 0; i < 7; i++)
            assert_true(fabs((double)p[i] - exp((double)z[3 + i]) / sum) <= 8 * COMPARE_EPS);
        sum = 0;
    }
    float large[] = {3e38F, -3e38F}, nan[] = {0, NAN};
    prediction_probabilities(loss_of(LEVEL_BASE), PREDICTION_CLASS, large, 2, p);
    assert_true(p[0] == 1 && p[1] == 0);
    prediction_probabilities(loss_of(LEVEL_BASE), PREDICTION_CLASS, nan, 2, p);
    assert_true(isnan(p[0]) && isnan(p[1]));
}

/* --- names --------------------------------------------------------------------------------- */

TEST(names)
{
    struct metric_choice choice;
    char text[METRIC_LIST_MAX], name[METRIC_NAME_MAX];
    struct metrics test = metrics_none();
    assert_true(metric_find("val_top5", &choice));
    assert_true(choice.set == METRIC_VALIDATION && choice.metric == METRIC_TOP5);
    assert_string_equal(metric_choice_name(choice, name), "val_top5");
    assert_true(metric_find("test_rmse", &choice));
    test.rmse = 4;
    assert_true(isnan(metric_of(choice.metric, &test))); /* it has no samples */
    test.samples = 1;
    assert_true(metric_of(choice.metric, &test) == 4);
    assert_true(metric_find("train_loss", &choice));
    assert_true(choice.set == METRIC_TRAIN && choice.metric == METRIC_LOSS);
    assert_true(metric_find("val_ema_accuracy", &choice));
    assert_true(choice.set == METRIC_VALIDATION_EMA && choice.metric == METRIC_ACCURACY);
    assert_string_equal(metric_choice_name(choice, name), "val_ema_accuracy");
    static const char *const no[] = {"loss", "train_accuracy", "val_", "val_top", "val_top55",
        "val_ema_", "train_ema_loss", "ema_loss", ""};
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(metric_find(no[i], &choice));
    assert_string_equal(metric_list(PREDICTION_CLASS, 10, text),
        "val_loss, val_accuracy, val_top5, val_f1, test_loss, test_accuracy, "
        "test_top5, test_f1");
    assert_string_equal(metric_list(PREDICTION_VALUES, 1, text),
        "val_loss, val_r2, val_rmse, val_mae, val_mse, test_loss, test_r2, "
        "test_rmse, test_mae, test_mse");
    assert_null(strstr(metric_list(PREDICTION_CLASS, 5, text), "top5"));
    assert_says(metric_list(PREDICTION_LABELS, 9, text), "val_exact");
    for (int m = 0; m < N_METRICS; m++) {
        bool loss = m == METRIC_LOSS || m == METRIC_MSE || m == METRIC_RMSE || m == METRIC_MAE;
        assert_true(metric_rises((enum metric)m) == !loss);
    }
}
