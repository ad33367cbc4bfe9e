/* class_metrics.h: metrics for each class or output, in addition to those of metrics.h. Only the
 * `eval` command computes them, since a training run can do without their memory and time.
 *
 *   precision  right / predicted       recall  right / labelled        f1  as in metrics.h
 *              0 / 0 is 0, as in scikit-learn's precision_recall_fscore_support
 *   macro      mean over the classes that occur as a label or as a prediction
 *   weighted   mean weighted by the number of samples in the class, or by the sum of their weights
 *   auc        area under the ROC curve of an output's probability: the fraction of pairs (one
 *              sample of the class, one of another class) that the probability ranks correctly,
 *              where a tie counts as half (Mann and Whitney, "On a test of whether one of two
 *              random variables is stochastically larger", 1947); NaN without such pairs. A pair
 *              counts with the product of its samples' weights.
 *              The AUC of the whole network is that of the second class if there are two classes,
 *              and otherwise the mean over the outputs that have an AUC, each class against the
 *              rest: roc_auc_score(multi_class="ovr", average="macro")
 *
 * AUC is computed from integers, so it is the same on any number of ranks. With weights of samples,
 * all of this is as metric_sums.h has it, and as scikit-learn's sample_weight. Threads: any.
 * Collective: only auc_compute().
 */
#pragma once

#include "comm/comm.h"
#include "model/metric_sums.h"
#include "model/outputs.h"

/* The metrics of one class or output; NaN or 0 where they do not apply. */
struct detail {
    double labelled, answered, right; /* samples, or the sums of their weights */
    struct class_rates rates;
    double auc, mse, mae, r2;
};

struct class_metrics {
    enum prediction_kind kind;
    int64_t outputs;
    int top_k; /* the k of top_k_accuracy */
    double top_k_accuracy;
    double auc;
    struct class_rates macro, weighted;
    struct detail *of; /* [outputs] */
    /* [outputs x outputs], metric_sums.h: samples, or sums of weights; NULL: no classes, or too many */
    double *confusion;
    struct not_finite not_finite; /* filled by evaluator_run() */
};

/* The largest number of classes for which there is a confusion matrix. */
enum { CLASS_METRICS_CONFUSION_MAX = 1000 };

/* Allocates the arrays. STATUS_NO_RESOURCE. */
enum status class_metrics_create(struct class_metrics *metrics, enum prediction_kind kind,
    int64_t outputs, int top_k, struct error *error);
void class_metrics_clear(struct class_metrics *metrics);

/* Computes everything except auc from the totals of metric_sums.h. */
void class_metrics_fill(struct class_metrics *metrics, const struct set_weights *weights,
    const double *total, const int64_t *count, const double *total_square);

/* Computes metrics->auc from the AUCs of the outputs. */
void class_metrics_join_auc(struct class_metrics *metrics);

struct score {
    double score;
    bool positive;
    int64_t count; /* 1, or the sample's weight in units (metric_sums.h) */
};

/* Sorts n scores and returns the area under their ROC curve. */
double class_metrics_auc(struct score *score, int64_t n);

/* --- over all ranks ---------------------------------------------------------------------------
 *
 * Each rank keeps the probabilities of its samples. The ranks exchange one output at a time, and
 * each sorts its share of the outputs. So a rank needs [samples / ranks x outputs] floats and a few
 * doubles per sample.
 */
struct auc;

/* Allocates memory for the probabilities of this rank's samples: split_even() divides the set's
 * blocks of KERNEL_BLOCK samples among the ranks. The caller keeps ownership of the set. Not for
 * PREDICTION_VALUES. STATUS_NO_RESOURCE; not collective. */
enum status auc_create(struct auc **scores, const struct loader *set, const struct loss *loss,
    enum prediction_kind kind, int64_t outputs, struct comm *comm, struct error *error);

/* Returns the approximate number of bytes that each of `ranks` ranks needs. */
int64_t auc_bytes(int64_t samples, int64_t outputs, int ranks);

/* Accepts NULL. */
void auc_destroy(struct auc *scores);

/* Stores the probabilities of n rows of this rank, starting at position `first`. Threads: any, each
 * with its own rows. */
void auc_keep(struct auc *scores, struct output_rows rows, int64_t first, int64_t n);

/* Sets the AUC of each output and the AUC of the whole network. Collective; call it from the thread
 * that communicates with other ranks. */
void auc_compute(struct auc *scores, struct class_metrics *class_metrics);
