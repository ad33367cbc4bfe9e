/* baseline.h: the best prediction that ignores the inputs, and its metrics, to compare a model with.
 *
 * It is computed from the training samples, one number per output:
 *
 *   classes                  the frequency of the class. The predicted class is the most frequent
 *                            one (ties: the first). The loss is that of the frequencies, weighted by
 *                            class and smoothed as the criterion is:
 *                            p[j] in proportion to (1 - v) w[j] f[j] + (v / n) w[j]   (net/loss.h)
 *   labels                   the frequency of the label (the mean target)
 *   values   mse             the mean target, in original units
 *            mae, huber      the median target, in original units; of an even number of samples the
 *                            mean of the middle two
 *
 * If the samples have weights, frequencies, means and medians are weighted: the weighted median has
 * half of the weight on either side, or is the mean of the two targets between which that is so.
 *
 * A class or label that never occurs, or always does, counts as half a sample (of mean weight) less
 * extreme, so that its loss is finite. Sums are double, in sample order; logarithms are those of net/loss.h. So
 * every rank computes the same bits.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/loader.h"
#include "model/metrics.h"

/* Writes the prediction to baseline [outputs]. STATUS_NO_RESOURCE. */
enum status baseline_fit(float *baseline, const struct criterion *criterion,
    const struct loader *train, struct error *error);

/* Computes the metrics of the prediction on a set. STATUS_NO_RESOURCE. */
enum status baseline_evaluate(struct metrics *metrics, const float *baseline,
    const struct criterion *criterion, const struct loader *set, struct error *error);

/* The metrics of the prediction on the sets of a run; a set without samples was not evaluated. */
struct baseline_metrics {
    struct metrics train, validation, test;
};

/* Returns the metric in which a model must be better than its baseline: accuracy for classes and
 * labels, but the loss if classes are weighted; R2 for mse, and MAE for mae and huber. */
enum metric baseline_metric(const struct criterion *criterion);

/* Names the prediction, e.g. "the mean of the training targets". */
const char *baseline_name(const struct criterion *criterion);
