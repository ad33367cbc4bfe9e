#include "model/class_metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/split.h"
#include "net/kernel.h"

enum status class_metrics_create(struct class_metrics *metrics, enum prediction_kind kind,
    int64_t outputs, int top_k, struct error *error)
{
    const char *what = "the metrics of each class";
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

static struct detail detail_of_class(int64_t labelled, int64_t answered, int64_t right, double unit)
{
    double none = (double)NAN;
    return (struct detail){.labelled = (double)labelled * unit,
        .answered = (double)answered * unit,
        .right = (double)right * unit,
        .rates = class_rates_of(labelled, answered, right),
        .auc = none,
        .mse = none,
        .mae = none,
        .r2 = none};
}

static struct detail detail_of_value(double n, double square, double absolute, double all)
{
    double none = (double)NAN;
    return (struct detail){.rates = {none, none, none},
        .auc = none,
        .mse = square / n,
        .mae = absolute / n,
        .r2 = metric_sums_r2(square, all)};
}

void class_metrics_fill(struct class_metrics *metrics, const struct set_weights *weights,
    const double *total, const int64_t *count, const double *total_square)
{
    int64_t n = metrics->outputs;
    double none = (double)NAN, samples = weights->samples, unit = weights->unit;
    bool values = metrics->kind == PREDICTION_VALUES;
    metrics->auc = none;
    metrics->macro = metrics->weighted = (struct class_rates){0, 0, 0};
    metrics->top_k_accuracy =
        metrics->kind == PREDICTION_CLASS ? total[METRIC_SUM_TOP_K] / samples : none;
    for (int64_t j = 0; j < n; j++)
        metrics->of[j] = values ? detail_of_value(samples, total[METRIC_SUM_OUTPUTS + j],
                                      total[METRIC_SUM_OUTPUTS + n + j], total_square[j])
                                : detail_of_class(count[j], count[n + j], count[2 * n + j], unit);
    if (!values) {
        metrics->macro = class_rates_mean(n, count, false);
        metrics->weighted = class_rates_mean(n, count, true);
    }
    for (int64_t i = 0; metrics->confusion && i < n * n; i++)
        metrics->confusion[i] = (double)count[3 * n + i] * unit;
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

__extension__ typedef __int128 wide; /* up to 2 * 2^60 * 2^60 pairs, if samples have weights */

/* Counts two for each correctly ranked pair and one for each tie. Visits the groups of equal scores
 * from the lowest up, and pairs the positives in a group with the negatives below the group and
 * with the negatives in it. */
double class_metrics_auc(struct score *score, int64_t n)
{
    int64_t positives = 0, negatives = 0;
    wide twice = 0;
    qsort(score, (size_t)n, sizeof *score, by_score);
    for (int64_t first = 0, end; first < n; first = end) {
        int64_t beside[2] = {0, 0};
        for (end = first; end < n && by_score(&score[first], &score[end]) == 0; end++)
            beside[score[end].positive] += score[end].count;
        twice += (wide)beside[1] * (2 * negatives + beside[0]);
        negatives += beside[0];
        positives += beside[1];
    }
    if (positives == 0 || negatives == 0)
        return (double)NAN;
    return (double)twice / (2 * (double)positives * (double)negatives);
}

/* --- over all ranks ------------------------------------------------------------------------- */

struct auc {
    const struct loader *set;
    const struct loss *loss;
    enum prediction_kind kind;
    int64_t samples, outputs;
    double unit; /* of counts (metric_sums.h) */
    struct comm *comm;
    struct range mine; /* this rank's samples */
    void *block;
    float *probability;    /* [samples of this rank x outputs] */
    double *column;        /* [samples]: the probabilities of one output */
    struct score *ranking; /* [samples] */
    double *area;          /* [outputs] */
    int64_t *first_sample; /* [ranks + 1]: the first sample of each rank */
    int64_t *first_output; /* [ranks + 1]: the first output that each rank sorts */
};

static int64_t end_sample(const struct auc *scores, int64_t rank)
{
    int64_t blocks = divide_up(scores->samples, KERNEL_BLOCK);
    int64_t end = split_even(blocks, scores->comm->size, rank).end * KERNEL_BLOCK;
    return least(end, scores->samples);
}

static void place(void *object, struct carver *carver)
{
    struct auc *scores = object;
    size_t ranks = (size_t)scores->comm->size, all = (size_t)scores->samples;
    size_t outputs = (size_t)scores->outputs, own = (size_t)range_size(scores->mine);
    scores->probability = carve(carver, own, outputs * sizeof *scores->probability);
    scores->column = carve(carver, all, sizeof *scores->column);
    scores->ranking = carve(carver, all, sizeof *scores->ranking);
    scores->area = carve(carver, outputs, sizeof *scores->area);
    scores->first_sample = carve(carver, ranks + 1, sizeof *scores->first_sample);
    scores->first_output = carve(carver, ranks + 1, sizeof *scores->first_output);
}

enum status auc_create(struct auc **scores, const struct loader *set, const struct loss *loss,
    enum prediction_kind kind, int64_t outputs, struct comm *comm, struct error *error)
{
    struct auc *made = NULL;
    int rank = comm->rank, ranks = comm->size;
    *scores = NULL;
    TRY(memory_take(&made, 1, sizeof *made, "the scores of a set", error));
    *made = (struct auc){.set = set,
        .loss = loss,
        .kind = kind,
        .samples = set->subset->size,
        .outputs = outputs,
        .unit = metric_sums_unit(set),
        .comm = comm};
    made->mine = (struct range){rank > 0 ? end_sample(made, rank - 1) : 0, end_sample(made, rank)};
    enum status status =
        memory_carve(&made->block, place, made, "the probabilities of all samples", error);
    if (status) {
        auc_destroy(made);
        return status;
    }
    for (int r = 0; r < ranks; r++) {
        made->first_sample[r + 1] = end_sample(made, r);
        made->first_output[r + 1] = split_even(outputs, ranks, r).end;
    }
    *scores = made;
    return STATUS_OK;
}

int64_t auc_bytes(int64_t samples, int64_t outputs, int ranks)
{
    return divide_up(samples, ranks) * outputs * (int64_t)sizeof(float) +
           samples * (int64_t)(sizeof(double) + sizeof(struct score));
}

void auc_destroy(struct auc *scores)
{
    if (!scores)
        return;
    free(scores->block);
    free(scores);
}

void auc_keep(struct auc *scores, struct output_rows rows, int64_t first, int64_t n)
{
    int64_t row = first - scores->mine.first;
    for (int64_t r = 0; r < n; r++)
        prediction_probabilities(scores->loss, scores->kind, rows.z + r * rows.stride,
            scores->outputs, scores->probability + (row + r) * scores->outputs);
}

static bool is_positive(const struct auc *scores, int64_t position, int64_t output)
{
    const struct dataset *dataset = scores->set->dataset;
    int64_t sample = subset_at(scores->set->subset, position);
    return scores->kind == PREDICTION_CLASS
               ? dataset->labels[sample] == output
               : target_is_yes(dataset->targets[sample * dataset->outputs + output]);
}

void auc_compute(struct auc *scores, struct class_metrics *class_metrics)
{
    const int64_t *first_output = scores->first_output + scores->comm->rank;
    struct range mine = scores->mine;
    for (int64_t o = 0; o < scores->outputs; o++) {
        for (int64_t i = mine.first; i < mine.end; i++)
            scores->column[i] = (double)scores->probability[(i - mine.first) * scores->outputs + o];
        comm_share_doubles(scores->comm, scores->column, scores->first_sample);
        if (o < first_output[0] || o >= first_output[1])
            continue;
        for (int64_t i = 0; i < scores->samples; i++)
            scores->ranking[i] = (struct score){scores->column[i], is_positive(scores, i, o),
                metric_sums_in_units(metric_sums_weight(scores->set, i), scores->unit)};
        scores->area[o] = class_metrics_auc(scores->ranking, scores->samples);
    }
    comm_share_doubles(scores->comm, scores->area, scores->first_output);
    for (int64_t o = 0; o < scores->outputs; o++)
        class_metrics->of[o].auc = scores->area[o];
    class_metrics_join_auc(class_metrics);
}
