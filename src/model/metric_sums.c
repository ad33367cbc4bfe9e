#include "model/metric_sums.h"

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

/* The weight of a row, and the same in units of counts. */
struct share {
    double weight;
    int64_t units;
};

static struct share share_of(const struct metric_sums *layout, struct truth truth, int64_t row)
{
    if (!truth.weight)
        return (struct share){1, 1};
    double weight = (double)truth.weight[row];
    return (struct share){weight, metric_sums_in_units(weight, layout->unit)};
}

static void add_classes(const struct metric_sums *layout, const float *z, int64_t stride,
    struct truth truth, int64_t rows, double *sum, int64_t *count)
{
    int64_t n = layout->outputs;
    int64_t *answered = count + n, *right = count + 2 * n, *confusion = count + 3 * n;
    bool places = n > METRICS_TOP || layout->top_k > 0;
    for (int64_t r = 0; r < rows; r++, z += stride) {
        int64_t answer = prediction_class(z, n), label = truth.label[r];
        struct share share = share_of(layout, truth, r);
        bool hit = answer == label;
        count[label] += share.units;
        answered[answer] += share.units;
        right[answer] += hit * share.units;
        sum[METRIC_SUM_RIGHT] += hit * share.weight;
        if (layout->confusion)
            confusion[label * n + answer] += share.units;
        if (places) {
            int64_t place = place_of(z, label, n);
            sum[METRIC_SUM_TOP5] += (place < METRICS_TOP) * share.weight;
            sum[METRIC_SUM_TOP_K] += (place < layout->top_k) * share.weight;
        }
    }
}

static void add_labels(const struct metric_sums *layout, const float *z, int64_t stride,
    struct truth truth, int64_t rows, double *sum, int64_t *count)
{
    int64_t n = layout->outputs, *answered = count + n, *right = count + 2 * n;
    const float *target = truth.target;
    for (int64_t r = 0; r < rows; r++, z += stride, target += n) {
        struct share share = share_of(layout, truth, r);
        int64_t hits = 0;
        for (int64_t j = 0; j < n; j++) {
            bool yes = target_is_yes(target[j]), answer = answer_is_yes(z[j]);
            count[j] += yes * share.units;
            answered[j] += answer * share.units;
            right[j] += (yes && answer) * share.units;
            hits += yes == answer;
        }
        sum[METRIC_SUM_RIGHT] += (double)hits * share.weight;
        sum[METRIC_SUM_EXACT] += (hits == n) * share.weight;
    }
}

static void add_values(const struct metric_sums *layout, const float *z, int64_t stride,
    struct truth truth, int64_t rows, double *sum)
{
    int64_t n = layout->outputs;
    const float *target = truth.target;
    double *square = sum + METRIC_SUM_OUTPUTS, *absolute = square + n;
    for (int64_t r = 0; r < rows; r++, z += stride, target += n) {
        double weight = truth.weight ? (double)truth.weight[r] : 1;
        for (int64_t j = 0; j < n; j++) {
            double d = (double)prediction_value(layout->target_scale, j, z[j]) - (double)target[j];
            square[j] += weight * (d * d);
            absolute[j] += weight * fabs(d);
        }
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
        add_classes(layout, z, stride, truth, rows, sum, count);
        break;
    case PREDICTION_LABELS:
        add_labels(layout, z, stride, truth, rows, sum, count);
        break;
    case PREDICTION_VALUES:
        add_values(layout, z, stride, truth, rows, sum);
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
        double mean = 0, squares = 0, weights = 0;
        for (int64_t i = 0; i < subset->size; i++) {
            double weight = metric_sums_weight(set, i);
            mean += weight * (double)dataset->targets[subset_at(subset, i) * dataset->outputs + o];
            weights += weight;
        }
        mean /= weights;
        for (int64_t i = 0; i < subset->size; i++) {
            double d = (double)dataset->targets[subset_at(subset, i) * dataset->outputs + o] - mean;
            squares += metric_sums_weight(set, i) * (d * d);
        }
        total_square[o] = squares;
    }
}

double metric_sums_unit(const struct loader *set)
{
    enum { BITS = 60 };
    double sum = 0;
    int exponent;
    if (!set->dataset->weight)
        return 1;
    for (int64_t i = 0; i < set->subset->size; i++)
        sum += metric_sums_weight(set, i);
    frexp(sum, &exponent);
    return ldexp(1, exponent - BITS);
}

struct set_weights metric_sums_weights(const struct criterion *criterion, const struct loader *set)
{
    struct set_weights weights = {.unit = metric_sums_unit(set)};
    const int32_t *labels = set->dataset->labels;
    bool of_classes = criterion->class_weight && labels;
    if (!set->dataset->weight && !of_classes) {
        weights.samples = weights.loss = (double)set->subset->size;
        return weights;
    }
    for (int64_t i = 0; i < set->subset->size; i++) {
        double weight = metric_sums_weight(set, i);
        weights.samples += weight;
        weights.loss +=
            of_classes ? weight * (double)criterion->class_weight[labels[subset_at(set->subset, i)]]
                       : weight;
    }
    return weights;
}

double metric_sums_r2(double squared_error, double total_square)
{
    return total_square > 0 ? 1 - squared_error / total_square : squared_error == 0;
}

static void set_values(struct metrics *metrics, int64_t outputs, double samples,
    const double *total, const double *total_square)
{
    const double *square = total + METRIC_SUM_OUTPUTS, *absolute = square + outputs;
    double squares = 0, absolutes = 0, r2 = 0, all = samples * (double)outputs;
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

struct metrics metric_sums_metrics(const struct metric_sums *layout, int64_t samples,
    const struct set_weights *weights, const double *total, const int64_t *count,
    const double *total_square)
{
    double n = weights->samples;
    struct metrics metrics = metrics_none();
    metrics.samples = samples;
    metrics.loss = total[METRIC_SUM_LOSS] / weights->loss;
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
        set_values(&metrics, layout->outputs, n, total, total_square);
        break;
    }
    return metrics;
}
