#include "model/class_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum status class_metrics_create(struct class_metrics *metrics, enum prediction_kind kind,
    int64_t outputs, int top_k, struct error *error)
{
    const char *what = "the details of an evaluation";
    *metrics = (struct class_metrics){.kind = kind, .outputs = outputs, .top_k = top_k};
    enum status status =
        memory_take(&metrics->of, (size_t)outputs, sizeof *metrics->of, what, error);
    if (!status && kind == PREDICTION_CLASS && outputs <= CLASS_METRICS_CONFUSION_MAX)
        status = memory_take(&metrics->confusion, (size_t)(outputs * outputs),
            sizeof *metrics->confusion, what, error);
    if (status)
        class_metrics_clear(metrics);
    return status;
}

void class_metrics_clear(struct class_metrics *metrics)
{
    free(metrics->of);
    free(metrics->confusion);
    *metrics = (struct class_metrics){.of = NULL};
}

static double ratio(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static struct detail detail_of_class(int64_t labelled, int64_t answered, int64_t right)
{
    double none = (double)NAN;
    return (struct detail){labelled, answered, right, ratio(right, answered),
        ratio(right, labelled), metric_sums_f1(labelled, answered, right), none, none, none, none};
}

static struct detail detail_of_value(int64_t samples, double square, double absolute, double all)
{
    double none = (double)NAN, n = (double)samples;
    return (struct detail){
        0, 0, 0, none, none, none, none, square / n, absolute / n, metric_sums_r2(square, all)};
}

/* Over the classes that occur, or weighted by the number of their samples. */
static struct average average_of(const struct class_metrics *metrics, bool by_samples)
{
    double precision = 0, recall = 0, f1 = 0, weights = 0;
    for (int64_t j = 0; j < metrics->outputs; j++) {
        const struct detail *detail = &metrics->of[j];
        double weight =
            by_samples ? (double)detail->labelled : detail->labelled + detail->answered > 0;
        precision += weight * detail->precision;
        recall += weight * detail->recall;
        f1 += weight * detail->f1;
        weights += weight;
    }
    if (weights == 0)
        return (struct average){0, 0, 0};
    return (struct average){precision / weights, recall / weights, f1 / weights};
}

void class_metrics_fill(struct class_metrics *metrics, int64_t samples, const double *total,
    const int64_t *count, const double *total_square)
{
    int64_t n = metrics->outputs;
    double none = (double)NAN;
    bool values = metrics->kind == PREDICTION_VALUES;
    metrics->auc = none;
    metrics->macro = metrics->weighted = (struct average){0, 0, 0};
    metrics->top_k_accuracy =
        metrics->kind == PREDICTION_CLASS ? total[METRIC_SUM_TOP_K] / (double)samples : none;
    for (int64_t j = 0; j < n; j++)
        metrics->of[j] = values ? detail_of_value(samples, total[METRIC_SUM_OUTPUTS + j],
                                      total[METRIC_SUM_OUTPUTS + n + j], total_square[j])
                                : detail_of_class(count[j], count[n + j], count[2 * n + j]);
    if (!values) {
        metrics->macro = average_of(metrics, false);
        metrics->weighted = average_of(metrics, true);
    }
    if (metrics->confusion)
        memcpy(metrics->confusion, count + 3 * n, (size_t)(n * n) * sizeof *metrics->confusion);
}

void class_metrics_join_auc(struct class_metrics *metrics)
{
    double sum = 0, known = 0;
    bool two = metrics->kind == PREDICTION_CLASS && metrics->outputs == 2;
    for (int64_t j = two; j < metrics->outputs; j++)
        if (!isnan(metrics->of[j].auc)) {
            sum += metrics->of[j].auc;
            known++;
        }
    metrics->auc = known > 0 ? sum / known : (double)NAN;
}

static int by_score(const void *left, const void *right)
{
    double a = ((const struct score *)left)->score, b = ((const struct score *)right)->score;
    return (a > b) - (a < b);
}

/* Counts two for each pair in order and one for each tie: from the lowest score up, the positives
 * of each group of equal scores against the negatives below it and those in it. */
double class_metrics_auc(struct score *score, int64_t n)
{
    int64_t twice = 0, positives = 0, negatives = 0;
    qsort(score, (size_t)n, sizeof *score, by_score);
    for (int64_t first = 0, end; first < n; first = end) {
        int64_t beside[2] = {0, 0};
        for (end = first; end < n && by_score(&score[first], &score[end]) == 0; end++)
            beside[score[end].positive]++;
        twice += beside[1] * (2 * negatives + beside[0]);
        negatives += beside[0];
        positives += beside[1];
    }
    if (positives == 0 || negatives == 0)
        return (double)NAN;
    return (double)twice / (2 * (double)positives * (double)negatives);
}
