#include "train/details.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum status details_create(
    struct details *details, enum answer_kind kind, int64_t outputs, int top_k, struct error *error)
{
    const char *what = "the details of an evaluation";
    *details = (struct details){.kind = kind, .outputs = outputs, .top_k = top_k};
    enum status status =
        memory_take(&details->of, (size_t)outputs, sizeof *details->of, what, error);
    if (!status && kind == ANSWER_CLASS && outputs <= DETAILS_CONFUSION_MAX)
        status = memory_take(&details->confusion, (size_t)(outputs * outputs),
            sizeof *details->confusion, what, error);
    if (status)
        details_clear(details);
    return status;
}

void details_clear(struct details *details)
{
    free(details->of);
    free(details->confusion);
    *details = (struct details){.of = NULL};
}

static double ratio(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static struct detail detail_of_class(int64_t labelled, int64_t answered, int64_t right)
{
    double none = (double)NAN;
    return (struct detail){labelled, answered, right, ratio(right, answered),
        ratio(right, labelled), tally_f1(labelled, answered, right), none, none, none, none};
}

static struct detail detail_of_value(int64_t samples, double square, double absolute, double all)
{
    double none = (double)NAN, n = (double)samples;
    return (struct detail){
        0, 0, 0, none, none, none, none, square / n, absolute / n, tally_r2(square, all)};
}

static void add(struct average *average, const struct detail *detail, double weight)
{
    average->precision += weight * detail->precision;
    average->recall += weight * detail->recall;
    average->f1 += weight * detail->f1;
}

static void divide(struct average *average, double weights)
{
    average->precision /= weights;
    average->recall /= weights;
    average->f1 /= weights;
}

static void fill_averages(struct details *details)
{
    double occurring = 0, samples = 0;
    for (int64_t j = 0; j < details->outputs; j++) {
        const struct detail *detail = &details->of[j];
        bool occurs = detail->labelled + detail->answered > 0;
        add(&details->macro, detail, occurs);
        add(&details->weighted, detail, (double)detail->labelled);
        occurring += occurs;
        samples += (double)detail->labelled;
    }
    divide(&details->macro, occurring > 0 ? occurring : 1);
    divide(&details->weighted, samples > 0 ? samples : 1);
}

void details_fill(struct details *details, int64_t samples, const double *total,
    const int64_t *count, const double *total_square)
{
    int64_t n = details->outputs;
    double none = (double)NAN;
    bool values = details->kind == ANSWER_VALUES;
    details->auc = none;
    details->macro = details->weighted = (struct average){0, 0, 0};
    details->top_k_accuracy =
        details->kind == ANSWER_CLASS ? total[TALLY_TOP_K] / (double)samples : none;
    for (int64_t j = 0; j < n; j++)
        details->of[j] = values ? detail_of_value(samples, total[TALLY_OUTPUTS + j],
                                      total[TALLY_OUTPUTS + n + j], total_square[j])
                                : detail_of_class(count[j], count[n + j], count[2 * n + j]);
    if (!values)
        fill_averages(details);
    if (details->confusion)
        memcpy(details->confusion, count + 3 * n, (size_t)(n * n) * sizeof *details->confusion);
}

void details_join_auc(struct details *details)
{
    double sum = 0, known = 0;
    bool two = details->kind == ANSWER_CLASS && details->outputs == 2;
    for (int64_t j = two; j < details->outputs; j++)
        if (!isnan(details->of[j].auc)) {
            sum += details->of[j].auc;
            known++;
        }
    details->auc = known > 0 ? sum / known : (double)NAN;
}

static int by_score(const void *left, const void *right)
{
    double a = ((const struct score *)left)->score, b = ((const struct score *)right)->score;
    return (a > b) - (a < b);
}

/* Twice the pairs in order, ties once: from the lowest score up, the positives of each run of equal
 * ones against the negatives below and half of those beside them. */
double details_auc(struct score *score, int64_t n)
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
