/* metric_sums.h: what is added up about rows, and the figures that come of it. No network is needed.
 *
 *   sums     doubles, of a block of rows each: chains in the order of rows. Blocks are then the
 *            leaves of the tree (base/sums/tree.h), so totals are the same bits on any ranks and threads
 *   counts   integers, in any order:
 *
 *       labelled [outputs]   samples of this class; or, of labels, those that are yes
 *       answered [outputs]   samples for which this is the answer
 *       right    [outputs]   samples of which both is true
 *       confusion [outputs x outputs], if wanted: row = label, column = answer; one class alone
 *
 * Threads: any, on sums and counts of their own.
 */
#ifndef MODEL_METRIC_SUMS_H
#define MODEL_METRIC_SUMS_H

#include "data/loader.h"
#include "model/metrics.h"

struct metric_sums {
    enum prediction_kind kind;
    int64_t outputs;
    const struct scale *target_scale; /* of values; NULL: none */
    int top_k;
    bool confusion;
};

/* The sums of a block. Of values, each output's squared errors [outputs] and absolute errors
 * [outputs] follow METRIC_SUM_OUTPUTS. */
enum {
    METRIC_SUM_LOSS,
    METRIC_SUM_RIGHT, /* samples; of labels, single ones */
    METRIC_SUM_TOP5,
    METRIC_SUM_TOP_K,
    METRIC_SUM_EXACT,
    METRIC_SUM_OUTPUTS
};
int64_t metric_sums_count(const struct metric_sums *metric_sums);
int64_t metric_sums_counters(const struct metric_sums *metric_sums);

/* Outputs z [rows], `stride` apart, and their truth, with targets in their own units: writes all of
 * sum but METRIC_SUM_LOSS, which is the caller's, and adds to count. */
void metric_sums_add(const struct metric_sums *metric_sums, const float *z, int64_t stride,
    struct truth truth, int64_t rows, double *sum, int64_t *count);

/* From totals to figures. total_square [outputs]: SST of values. `weight`: what the sum of losses
 * is divided by. */
struct metrics metric_sums_metrics(const struct metric_sums *metric_sums, int64_t samples,
    double weight, const double *total, const int64_t *count, const double *total_square);

/* F1 = 2 right / (labelled + answered); 0 / 0 is 0. */
double metric_sums_f1(int64_t labelled, int64_t answered, int64_t right);

/* Of one output: 1 - SSE / SST, or what stands for it. */
double metric_sums_r2(double squared_error, double total_square);

#endif
