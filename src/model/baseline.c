#include "model/baseline.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "base/split.h"
#include "model/metric_sums.h"

/* --- the prediction ------------------------------------------------------------------------- */

static double sum_of_weights(const struct loader *train)
{
    double sum = 0;
    for (int64_t i = 0; i < train->subset->size; i++)
        sum += metric_sums_weight(train, i);
    return sum;
}

/* Turns a part of the weight of all `samples` into a frequency strictly between 0 and 1, unless
 * there is only one class. */
static float frequency(double part, double weight, int64_t samples, bool alone)
{
    double n = (double)samples, count = part * (n / weight);
    double most = alone ? n : n - 0.5;
    return (float)((count < 0.5 ? 0.5 : count > most ? most : count) / n);
}

static void weigh_classes(
    float *baseline, const struct loader *train, double weight, double *of_class)
{
    const struct dataset *dataset = train->dataset;
    for (int64_t i = 0; i < train->subset->size; i++)
        of_class[dataset->labels[subset_at(train->subset, i)]] += metric_sums_weight(train, i);
    for (int64_t c = 0; c < dataset->classes; c++)
        baseline[c] = frequency(of_class[c], weight, train->subset->size, true);
}

static float target_at(const struct loader *set, int64_t i, int64_t output)
{
    const struct dataset *dataset = set->dataset;
    return dataset->targets[subset_at(set->subset, i) * dataset->outputs + output];
}

static double sum_of(const struct loader *train, int64_t output)
{
    double sum = 0;
    for (int64_t i = 0; i < train->subset->size; i++)
        sum += metric_sums_weight(train, i) * (double)target_at(train, i, output);
    return sum;
}

struct weighted_target {
    float target, weight;
};

/* Equal targets by weight, so that the order of additions is determined. */
static int by_target(const void *left, const void *right)
{
    const struct weighted_target *a = left, *b = right;
    int order = (a->target > b->target) - (a->target < b->target);
    return order ? order : (a->weight > b->weight) - (a->weight < b->weight);
}

/* Returns the weighted median of n sorted targets. */
static float middle_of(const struct weighted_target *sorted, int64_t n)
{
    double all = 0, below = 0;
    int64_t i = 0;
    for (int64_t j = 0; j < n; j++)
        all += (double)sorted[j].weight;
    while (i + 1 < n && 2 * (below + (double)sorted[i].weight) < all)
        below += (double)sorted[i++].weight;
    int64_t next = i;
    if (2 * (below + (double)sorted[i].weight) == all)
        while (next + 1 < n && sorted[++next].weight == 0)
            ;
    return (float)(0.5 * ((double)sorted[i].target + (double)sorted[next].target));
}

/* room [samples] */
static float median_of(const struct loader *train, int64_t output, struct weighted_target *room)
{
    int64_t n = train->subset->size;
    for (int64_t i = 0; i < n; i++)
        room[i] = (struct weighted_target){
            target_at(train, i, output), (float)metric_sums_weight(train, i)};
    qsort(room, (size_t)n, sizeof *room, by_target);
    return middle_of(room, n);
}

enum status baseline_fit(float *baseline, const struct criterion *criterion,
    const struct loader *train, struct error *error)
{
    const struct dataset *dataset = train->dataset;
    int64_t samples = train->subset->size;
    double weight = sum_of_weights(train);
    bool classes = criterion->kind == LOSS_CROSS_ENTROPY;
    bool median = criterion->kind == LOSS_MAE || criterion->kind == LOSS_HUBER;
    void *room;
    TRY(memory_take(&room,
        (size_t)(classes  ? dataset->classes
                 : median ? samples
                          : 0),
        classes ? sizeof(double) : sizeof(struct weighted_target), "the baseline", error));
    if (classes)
        weigh_classes(baseline, train, weight, room);
    for (int64_t j = 0; j < dataset->outputs && !classes; j++)
        baseline[j] = median ? median_of(train, j, room)
                      : criterion->kind == LOSS_BCE
                          ? frequency(sum_of(train, j), weight, samples, false)
                          : (float)(sum_of(train, j) / weight);
    free(room);
    return STATUS_OK;
}

/* --- its outputs ---------------------------------------------------------------------------- */

/* The logarithm of any positive number, by that of net/loss.h, whose argument is at least 1. */
static float log_of(const struct loss *loss, double x)
{
    x = fmax(x, (double)FLT_MIN);
    return (float)(x >= 1 ? loss->log(x) : -loss->log(1 / x));
}

/* Writes the outputs of a network that makes this prediction to z [n]: those that its metrics follow
 * from or, if `weighted`, its loss. */
static void outputs_of(float *z, const float *baseline, const struct criterion *criterion,
    const struct scale *scale, int64_t n, bool weighted)
{
    const struct loss *loss = loss_of(level_highest());
    double smoothing = weighted ? (double)criterion->label_smoothing : 0;
    for (int64_t j = 0; j < n; j++) {
        double p = (double)baseline[j];
        double weight =
            weighted && criterion->class_weight ? (double)criterion->class_weight[j] : 1;
        if (criterion->kind == LOSS_CROSS_ENTROPY)
            z[j] = log_of(loss, weight * ((1 - smoothing) * p + smoothing / (double)n));
        else if (criterion->kind == LOSS_BCE)
            z[j] = log_of(loss, p / (1 - p));
        else
            z[j] = scale ? (baseline[j] - scale->shift[j]) * scale->factor[j] : baseline[j];
    }
}

/* --- its metrics ---------------------------------------------------------------------------- */

enum { ROWS = 64 }; /* evaluated at once */

struct evaluation {
    const struct loader *set, *unscaled;
    const struct criterion *criterion;
    struct metric_sums sums;
    struct truth truth; /* [ROWS] */
    float *z;           /* [ROWS x outputs] */
    float *for_loss, *for_metrics;
    double *loss, *sum, *total, *total_square;
    int64_t *count;
};

static void place(void *object, struct carver *carver)
{
    struct evaluation *e = object;
    size_t n = (size_t)e->sums.outputs, sums = (size_t)metric_sums_count(&e->sums);
    e->truth.label = carve(carver, ROWS, sizeof *e->truth.label);
    e->truth.target = carve(carver, ROWS * n, sizeof *e->truth.target);
    e->truth.weight = carve(carver, ROWS, sizeof *e->truth.weight);
    e->z = carve(carver, ROWS * n, sizeof *e->z);
    e->for_loss = carve(carver, n, sizeof *e->for_loss);
    e->for_metrics = carve(carver, n, sizeof *e->for_metrics);
    e->loss = carve(carver, ROWS, sizeof *e->loss);
    e->sum = carve(carver, sums, sizeof *e->sum);
    e->total = carve(carver, sums, sizeof *e->total);
    e->total_square = carve(carver, n, sizeof *e->total_square);
    e->count = carve(carver, (size_t)metric_sums_counters(&e->sums), sizeof *e->count);
}

static void repeat(float *z, const float *row, int64_t rows, int64_t n)
{
    for (int64_t i = 0; i < rows * n; i++)
        z[i] = row[i % n];
}

/* Adds the sums of `rows` samples, starting at position `first`. */
static void add_rows(struct evaluation *e, int64_t first, int64_t rows)
{
    int64_t n = e->sums.outputs;
    heartbeat_beat();
    repeat(e->z, e->for_metrics, rows, n);
    loader_truth(e->unscaled, first, rows, e->truth);
    metric_sums_add(&e->sums, e->z, n, e->truth, rows, e->sum, e->count);
    repeat(e->z, e->for_loss, rows, n);
    loader_truth(e->set, first, rows, e->truth);
    loss_rows(
        level_highest(), e->criterion, e->z, e->truth.label, e->truth.target, e->loss, rows, n, n);
    e->sum[METRIC_SUM_LOSS] = 0;
    for (int64_t r = 0; r < rows; r++)
        e->sum[METRIC_SUM_LOSS] += (double)e->truth.weight[r] * e->loss[r];
    for (int64_t s = 0; s < metric_sums_count(&e->sums); s++)
        e->total[s] += e->sum[s];
}

enum status baseline_evaluate(struct metrics *metrics, const float *baseline,
    const struct criterion *criterion, const struct loader *set, struct error *error)
{
    const struct dataset *dataset = set->dataset;
    struct loader unscaled = *set;
    unscaled.target_scale = NULL;
    struct evaluation e = {.set = set,
        .unscaled = &unscaled,
        .criterion = criterion,
        .sums = {.kind = prediction_kind_of(criterion->kind),
            .outputs = dataset->classes > 0 ? dataset->classes : dataset->outputs,
            .target_scale = set->target_scale}};
    int64_t n = e.sums.outputs, samples = set->subset->size;
    struct set_weights weights = metric_sums_weights(criterion, set);
    void *block;
    e.sums.unit = weights.unit;
    TRY(memory_carve(&block, place, &e, "the metrics of the baseline", error));
    outputs_of(e.for_metrics, baseline, criterion, set->target_scale, n, false);
    outputs_of(e.for_loss, baseline, criterion, set->target_scale, n, true);
    for (int64_t first = 0; first < samples; first += ROWS)
        add_rows(&e, first, least(ROWS, samples - first));
    if (dataset->outputs > 0)
        metric_sums_total_square(e.total_square, set);
    *metrics = metric_sums_metrics(&e.sums, samples, &weights, e.total, e.count, e.total_square);
    free(block);
    return STATUS_OK;
}

/* --- comparing ------------------------------------------------------------------------------ */

enum metric baseline_metric(const struct criterion *criterion)
{
    if (criterion->class_weight)
        return METRIC_LOSS;
    if (prediction_kind_of(criterion->kind) != PREDICTION_VALUES)
        return METRIC_ACCURACY;
    return criterion->kind == LOSS_MSE ? METRIC_R2 : METRIC_MAE;
}

const char *baseline_name(const struct criterion *criterion)
{
    switch (criterion->kind) {
    case LOSS_CROSS_ENTROPY:
        return criterion->class_weight ? "the class frequencies of the training samples"
                                       : "the most frequent class of the training samples";
    case LOSS_BCE:
        return "the label frequencies of the training samples";
    case LOSS_MSE:
        return "the mean of the training targets";
    default:
        return "the median of the training targets";
    }
}
