/* metric_sums.h: sums over rows, and the metrics computed from them. It does not depend on a
 * network.
 *
 *   sums     doubles, accumulated in row order within each block of rows. The blocks are then the
 *            leaves of the tree (base/sums/tree.h), so totals are bit-identical on any number of
 *            ranks and threads
 *   counts   integers, accumulated in any order:
 *
 *       labelled [outputs]   samples of this class; with labels, samples that have this label
 *       answered [outputs]   samples for which this class or label is predicted
 *       right    [outputs]   samples counted in both labelled and answered
 *       confusion [outputs x outputs], on request: row = label, column = prediction; only
 *                            for PREDICTION_CLASS
 *
 * If the set has weights (data/dataset.h), each sample counts with its weight: sums are of weight
 * times value. Counts are then in units of a power of two, at most 2^60 of which are the sum of the
 * set's weights; a weight is rounded to whole units, which is exact above a 2^36th of that sum. So
 * samples of weight 0 do not occur.
 *
 * Threads: any, each with its own sums and counts.
 */
#pragma once

#include <math.h>

#include "data/loader.h"
#include "model/metrics.h"
#include "net/loss.h"

struct metric_sums {
    enum prediction_kind kind;
    int64_t outputs;
    const struct scale *target_scale; /* the scaling of the target values; NULL: none */
    int top_k;
    bool confusion;
    double unit; /* metric_sums_unit(); used if the truth has weights */
};

/* Sums over the samples of a set, in their order. */
struct set_weights {
    double samples; /* of weights: how many samples there are, if each weighs 1 */
    double loss;    /* divisor of the sum of losses: of weights, times those of their classes */
    double unit;    /* of counts */
};
struct set_weights metric_sums_weights(const struct criterion *criterion, const struct loader *set);

/* Returns the unit of counts; 1 if the set has no weights. */
double metric_sums_unit(const struct loader *set);

/* Returns the weight of the sample at position i; 1 if the set has no weights. */
static inline double metric_sums_weight(const struct loader *set, int64_t i)
{
    const float *weight = set->dataset->weight;
    return weight ? (double)weight[subset_at(set->subset, i)] : 1;
}

/* Returns a weight in units. */
static inline int64_t metric_sums_in_units(double weight, double unit)
{
    return (int64_t)rint(weight / unit);
}

/* Indices of the sums of a block. For PREDICTION_VALUES, the squared errors
 * [outputs] and then the absolute errors [outputs] begin at METRIC_SUM_OUTPUTS. */
enum {
    METRIC_SUM_LOSS,
    METRIC_SUM_RIGHT, /* samples predicted correctly; for labels, individual labels */
    METRIC_SUM_TOP5,
    METRIC_SUM_TOP_K,
    METRIC_SUM_EXACT,
    METRIC_SUM_OUTPUTS
};
int64_t metric_sums_count(const struct metric_sums *layout);
int64_t metric_sums_counters(const struct metric_sums *layout);

/* Evaluates the outputs z [rows], `stride` apart, against their truth, whose targets are in their
 * original units; without weights each row counts once. Sets all of sum[] except METRIC_SUM_LOSS,
 * which the caller sets, and adds to count[]. */
void metric_sums_add(const struct metric_sums *layout, const float *z, int64_t stride,
    struct truth truth, int64_t rows, double *sum, int64_t *count);

/* Writes the squared deviations of each target of a set from its mean, SST, to total_square
 * [outputs], both weighted, in two passes in sample order. Only for PREDICTION_VALUES and PREDICTION_LABELS. */
void metric_sums_total_square(double *total_square, const struct loader *set);

/* Computes the metrics of a set of this many samples from the totals. total_square [outputs]: SST,
 * used for PREDICTION_VALUES. */
struct metrics metric_sums_metrics(const struct metric_sums *layout, int64_t samples,
    const struct set_weights *weights, const double *total, const int64_t *count,
    const double *total_square);

/* Precision, recall and F1 (class_metrics.h) of one class, and their mean over the classes that
 * occur, or weighted by the number of samples of each class. */
struct class_rates {
    double precision, recall, f1;
};
struct class_rates class_rates_of(int64_t labelled, int64_t answered, int64_t right);
struct class_rates class_rates_mean(int64_t outputs, const int64_t *count, bool by_samples);

/* Returns R2 of one output: 1 - SSE / SST; for a constant target, see metrics.h. */
double metric_sums_r2(double squared_error, double total_square);
