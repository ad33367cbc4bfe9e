/* bin_edges.h: borders between bins of one sorted column.
 *
 * The edges of T bins are T + 1 increasing float32, the first the least value of the column and the
 * last the greatest. An edge less than 2^-126 above the one before is dropped, so a column of equal
 * values has one edge; an empty column has none.
 *
 * By quantile: the edges are the quantiles at t / bins.
 *
 * By target: the inner edges are the thresholds of a decision tree for this column alone, with at
 * most `bins` leaves of at least BIN_LEAST values. The next leaf to be split is always the one whose
 * best split decreases the impurity, averaged over all values, most; the tree is complete if that is
 * less than BIN_DECREASE. The impurity is Gini's for classes, and the mean squared error for
 * targets, averaged over the outputs. A threshold is in the middle between neighbouring values; of
 * equally good splits, the lowest is taken.
 *
 * These are the trees of the authors of piecewise-linear encoding (Gorishniy, Rubachev, Babenko,
 * arXiv:2203.05556, section 3.2.2, and their package rtdl_num_embeddings): scikit-learn's
 * DecisionTreeClassifier or DecisionTreeRegressor with max_leaf_nodes=bins, min_samples_leaf=64 and
 * min_impurity_decrease=1e-4. scikit-learn does not separate values less than 1e-7 apart; here, all
 * values can be separated, so the units of a column do not matter.
 *
 * Sums are in double, in the order of the values, so the edges are the same on every machine.
 * Threads: any.
 */
#pragma once

#include "data/numbers/number_target.h"
#include "data/numbers/sorted_column.h"

enum { BIN_LEAST = 64 };
#define BIN_DECREASE 1e-4

/* Both write at most bins + 1 edges to `edge`, and their number to *edges; bins >= 1. */
void bin_edges_by_quantile(
    float *edge, int64_t *edges, const struct sorted_column *sorted, int64_t bins);

/* The rows of the column are those of the target, which has labels or targets. Time: O(n) per bin,
 * times the number of outputs. STATUS_NO_RESOURCE. */
enum status bin_edges_by_target(float *edge, int64_t *edges, const struct sorted_column *sorted,
    const struct number_target *target, int64_t bins, struct error *error);
