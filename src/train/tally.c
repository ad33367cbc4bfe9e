#include "train/tally.h"

#include <math.h>

int64_t tally_sums(const struct tally *tally)
{
    return TALLY_OUTPUTS + (tally->kind == ANSWER_VALUES ? 2 * tally->outputs : 0);
}

int64_t tally_counts(const struct tally *tally)
{
    return tally->kind == ANSWER_VALUES
               ? 0
               : 3 * tally->outputs + (tally->confusion ? tally->outputs * tally->outputs : 0);
}

/* How many outputs come before the label's, largest first, the earlier of equals first. A NaN comes
 * before every label. */
static int64_t place_of(const float *z, int64_t label, int64_t n)
{
    int64_t before = 0;
    for (int64_t j = 0; j < n; j++)
        before += j < label ? !(z[j] < z[label]) : j > label && !(z[j] <= z[label]);
    return before;
}

static void tally_classes(const struct tally *tally, const float *z, int64_t stride,
    const int32_t *label, int64_t rows, double *sum, int64_t *count)
{
    int64_t n = tally->outputs;
    int64_t *answered = count + n, *right = count + 2 * n, *confusion = count + 3 * n;
    bool places = n > METRICS_TOP || tally->top_k > 0;
    for (int64_t r = 0; r < rows; r++, z += stride) {
        int64_t answer = answer_class(z, n);
        bool hit = answer == label[r];
        count[label[r]]++;
        answered[answer]++;
        right[answer] += hit;
        sum[TALLY_RIGHT] += hit;
        if (tally->confusion)
            confusion[label[r] * n + answer]++;
        if (places) {
            int64_t place = place_of(z, label[r], n);
            sum[TALLY_TOP5] += place < METRICS_TOP;
            sum[TALLY_TOP_K] += place < tally->top_k;
        }
    }
}

static void tally_labels(const struct tally *tally, const float *z, int64_t stride,
    const float *target, int64_t rows, double *sum, int64_t *count)
{
    int64_t n = tally->outputs, *answered = count + n, *right = count + 2 * n;
    for (int64_t r = 0; r < rows; r++, z += stride, target += n) {
        int64_t hits = 0;
        for (int64_t j = 0; j < n; j++) {
            bool yes = target_is_yes(target[j]), answer = answer_is_yes(z[j]);
            count[j] += yes;
            answered[j] += answer;
            right[j] += yes && answer;
            hits += yes == answer;
        }
        sum[TALLY_RIGHT] += (double)hits;
        sum[TALLY_EXACT] += hits == n;
    }
}

static void tally_values(const struct tally *tally, const float *z, int64_t stride,
    const float *target, int64_t rows, double *sum)
{
    int64_t n = tally->outputs;
    double *square = sum + TALLY_OUTPUTS, *absolute = square + n;
    for (int64_t r = 0; r < rows; r++, z += stride, target += n)
        for (int64_t j = 0; j < n; j++) {
            double d = (double)answer_value(tally->target_scale, j, z[j]) - (double)target[j];
            square[j] += d * d;
            absolute[j] += fabs(d);
        }
}

void tally_rows(const struct tally *tally, const float *z, int64_t stride, struct truth truth,
    int64_t rows, double *sum, int64_t *count)
{
    for (int64_t i = 0; i < tally_sums(tally); i++)
        if (i != TALLY_LOSS)
            sum[i] = 0;
    switch (tally->kind) {
    case ANSWER_CLASS:
        tally_classes(tally, z, stride, truth.label, rows, sum, count);
        break;
    case ANSWER_LABELS:
        tally_labels(tally, z, stride, truth.target, rows, sum, count);
        break;
    case ANSWER_VALUES:
        tally_values(tally, z, stride, truth.target, rows, sum);
        break;
    }
}

double tally_f1(int64_t labelled, int64_t answered, int64_t right)
{
    return labelled + answered > 0 ? 2 * (double)right / (double)(labelled + answered) : 0;
}

double tally_r2(double squared_error, double total_square)
{
    return total_square > 0 ? 1 - squared_error / total_square : squared_error == 0;
}

static double macro_f1(int64_t outputs, const int64_t *count)
{
    double sum = 0;
    int64_t occurring = 0;
    for (int64_t j = 0; j < outputs; j++) {
        int64_t labelled = count[j], answered = count[outputs + j];
        occurring += labelled + answered > 0;
        sum += tally_f1(labelled, answered, count[2 * outputs + j]);
    }
    return occurring > 0 ? sum / (double)occurring : 0;
}

static void set_values(
    struct metrics *metrics, int64_t outputs, const double *total, const double *total_square)
{
    const double *square = total + TALLY_OUTPUTS, *absolute = square + outputs;
    double squares = 0, absolutes = 0, r2 = 0, all = (double)metrics->samples * (double)outputs;
    for (int64_t j = 0; j < outputs; j++) {
        squares += square[j];
        absolutes += absolute[j];
        r2 += tally_r2(square[j], total_square[j]);
    }
    metrics->mse = squares / all;
    metrics->rmse = sqrt(metrics->mse);
    metrics->mae = absolutes / all;
    metrics->r2 = r2 / (double)outputs;
}

struct metrics tally_metrics(const struct tally *tally, int64_t samples, double weight,
    const double *total, const int64_t *count, const double *total_square)
{
    double n = (double)samples;
    struct metrics metrics = metrics_none();
    metrics.samples = samples;
    metrics.loss = total[TALLY_LOSS] / weight;
    switch (tally->kind) {
    case ANSWER_CLASS:
        metrics.accuracy = total[TALLY_RIGHT] / n;
        metrics.f1 = macro_f1(tally->outputs, count);
        if (metric_applies(METRIC_TOP5, tally->kind, tally->outputs))
            metrics.top5 = total[TALLY_TOP5] / n;
        break;
    case ANSWER_LABELS:
        metrics.accuracy = total[TALLY_RIGHT] / (n * (double)tally->outputs);
        metrics.exact = total[TALLY_EXACT] / n;
        metrics.f1 = macro_f1(tally->outputs, count);
        break;
    case ANSWER_VALUES:
        set_values(&metrics, tally->outputs, total, total_square);
        break;
    }
    return metrics;
}
