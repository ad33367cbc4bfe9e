#include "model/metric_sums.h"

#include <math.h>

int64_t metric_sums_count(const struct metric_sums *layout)
{
    return METRIC_SUM_OUTPUTS + (layout->kind == PREDICTION_VALUES ? 2 * layout->outputs : 0);
}

int64_t metric_sums_counters(const struct metric_sums *layout)
{
    return layout->kind == PREDICTION_VALUES
               ? 0
               : 3 * layout->outputs + (layout->confusion ? layout->outputs * layout->outputs : 0);
}

/* Returns the number of outputs that rank before the label's output: larger outputs, equal outputs
 * with a lower index, and NaNs. */
static int64_t place_of(const float *z, int64_t label, int64_t n)
{
    int64_t before = 0;
    for (int64_t j = 0; j < n; j++)
        before += j < label ? !(z[j] < z[label]) : j > label && !(z[j] <= z[label]);
    return before;
}

static void add_classes(const struct metric_sums *layout, const float *z, int64_t stride,
    const int32_t *label, int64_t rows, double *sum, int64_t *count)
{
    int64_t n = layout->outputs;
    int64_t *answered = count + n, *right = count + 2 * n, *confusion = count + 3 * n;
    bool places = n > METRICS_TOP || layout->top_k > 0;
    for (int64_t r = 0; r < rows; r++, z += stride) {
        int64_t answer = prediction_class(z, n);
        bool hit = answer == label[r];
        count[label[r]]++;
        answered[answer]++;
        right[answer] += hit;
        sum[METRIC_SUM_RIGHT] += hit;
        if (layout->confusion)
            confusion[label[r] * n + answer]++;
        if (places) {
            int64_t place = place_of(z, label[r], n);
            sum[METRIC_SUM_TOP5] += place < METRICS_TOP;
            sum[METRIC_SUM_TOP_K] += place < layout->top_k;
        }
    }
}

static void add_labels(const struct metric_sums *layout, const float *z, int64_t stride,
    const float *target, int64_t rows, double *sum, int64_t *count)
{
    int64_t n = layout->outputs, *answered = count + n, *right = count + 2 * n;
    for (int64_t r = 0; r < rows; r++, z += stride, target += n) {
        int64_t hits = 0;
        for (int64_t j = 0; j < n; j++) {
            bool yes = target_is_yes(target[j]), answer = answer_is_yes(z[j]);
            count[j] += yes;
            answered[j] += answer;
            right[j] += yes && answer;
            hits += yes == answer;
        }
        sum[METRIC_SUM_RIGHT] += (double)hits;
        sum[METRIC_SUM_EXACT] += hits == n;
    }
}

static void add_values(const struct metric_sums *layout, const float *z, int64_t stride,
    const float *target, int64_t rows, double *sum)
{
    int64_t n = layout->outputs;
    double *square = sum + METRIC_SUM_OUTPUTS, *absolute = square + n;
    for (int64_t r = 0; r < rows; r++, z += stride, target += n)
        for (int64_t j = 0; j < n; j++) {
            double d = (double)prediction_value(layout->target_scale, j, z[j]) - (double)target[j];
            square[j] += d * d;
            absolute[j] += fabs(d);
        }
}

void metric_sums_add(const struct metric_sums *layout, const float *z, int64_t stride,
    struct truth truth, int64_t rows, double *sum, int64_t *count)
{
    for (int64_t i = 0; i < metric_sums_count(layout); i++)
        if (i != METRIC_SUM_LOSS)
            sum[i] = 0;
    switch (layout->kind) {
    case PREDICTION_CLASS:
        add_classes(layout, z, stride, truth.label, rows, sum, count);
        break;
    case PREDICTION_LABELS:
        add_labels(layout, z, stride, truth.target, rows, sum, count);
        break;
    case PREDICTION_VALUES:
        add_values(layout, z, stride, truth.target, rows, sum);
        break;
    }
}

static double ratio(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

struct class_rates class_rates_of(int64_t labelled, int64_t answered, int64_t right)
{
    return (struct class_rates){
        ratio(right, answered), ratio(right, labelled), ratio(2 * right, labelled + answered)};
}

struct class_rates class_rates_mean(int64_t outputs, const int64_t *count, bool by_samples)
{
    struct class_rates mean = {0, 0, 0};
    double weights = 0;
    for (int64_t j = 0; j < outputs; j++) {
        int64_t labelled = count[j], answered = count[outputs + j];
        struct class_rates rates = class_rates_of(labelled, answered, count[2 * outputs + j]);
        double weight = by_samples ? (double)labelled : labelled + answered > 0;
        mean.precision += weight * rates.precision;
        mean.recall += weight * rates.recall;
        mean.f1 += weight * rates.f1;
        weights += weight;
    }
    if (weights == 0)
        return mean;
    return (struct class_rates){mean.precision / weights, mean.recall / weights, mean.f1 / weights};
}

void metric_sums_total_square(double *total_square, const struct loader *set)
{
    const struct dataset *dataset = set->dataset;
    const struct subset *subset = set->subset;
    for (int64_t o = 0; o < dataset->outputs; o++) {
        double mean = 0, squares = 0;
        for (int64_t i = 0; i < subset->size; i++)
            mean += (double)dataset->targets[subset_at(subset, i) * dataset->outputs + o];
        mean /= (double)subset->size;
        for (int64_t i = 0; i < subset->size; i++) {
            double d = (double)dataset->targets[subset_at(subset, i) * dataset->outputs + o] - mean;
            squares += d * d;
        }
        total_square[o] = squares;
    }
}

double metric_sums_weight(const struct criterion *criterion, const struct loader *set)
{
    double sum = 0;
    if (!criterion->class_weight || !set->dataset->labels)
        return (double)set->subset->size;
    for (int64_t i = 0; i < set->subset->size; i++)
        sum += (double)criterion->class_weight[set->dataset->labels[subset_at(set->subset, i)]];
    return sum;
}

double metric_sums_r2(double squared_error, double total_square)
{
    return total_square > 0 ? 1 - squared_error / total_square : squared_error == 0;
}

static void set_values(
    struct metrics *metrics, int64_t outputs, const double *total, const double *total_square)
{
    const double *square = total + METRIC_SUM_OUTPUTS, *absolute = square + outputs;
    double squares = 0, absolutes = 0, r2 = 0, all = (double)metrics->samples * (double)outputs;
    for (int64_t j = 0; j < outputs; j++) {
        squares += square[j];
        absolutes += absolute[j];
        r2 += metric_sums_r2(square[j], total_square[j]);
    }
    metrics->mse = squares / all;
    metrics->rmse = sqrt(metrics->mse);
    metrics->mae = absolutes / all;
    metrics->r2 = r2 / (double)outputs;
}

struct metrics metric_sums_metrics(const struct metric_sums *layout, int64_t samples, double weight,
    const double *total, const int64_t *count, const double *total_square)
{
    double n = (double)samples;
    struct metrics metrics = metrics_none();
    metrics.samples = samples;
    metrics.loss = total[METRIC_SUM_LOSS] / weight;
    switch (layout->kind) {
    case PREDICTION_CLASS:
        metrics.accuracy = total[METRIC_SUM_RIGHT] / n;
        metrics.f1 = class_rates_mean(layout->outputs, count, false).f1;
        if (metric_applies(METRIC_TOP5, layout->kind, layout->outputs))
            metrics.top5 = total[METRIC_SUM_TOP5] / n;
        break;
    case PREDICTION_LABELS:
        metrics.accuracy = total[METRIC_SUM_RIGHT] / (n * (double)layout->outputs);
        metrics.exact = total[METRIC_SUM_EXACT] / n;
        metrics.f1 = class_rates_mean(layout->outputs, count, false).f1;
        break;
    case PREDICTION_VALUES:
        set_values(&metrics, layout->outputs, total, total_square);
        break;
    }
    return metrics;
}
