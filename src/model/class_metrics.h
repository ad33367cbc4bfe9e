/* class_metrics.h: metrics of each class or output of a set, in addition to metrics.h. For the
 * `eval` command: they take memory and time that a run need not spend.
 *
 *   precision  right / predicted       recall  right / labelled        f1  as in metrics.h
 *              0 / 0 is 0, as in scikit-learn's precision_recall_fscore_support
 *   macro      mean over the classes that occur, as label or as prediction
 *   weighted   mean weighted by the number of samples of the class
 *   auc        area under the ROC curve of an output's probability: the fraction of all pairs of a
 *              sample of the class and one of another that the probability puts in order, ties
 *              counting half (Mann and Whitney, "On a test of whether one of two random variables
 *              is stochastically larger", 1947); NaN without such pairs. For two classes that of
 *              the second; otherwise the mean over outputs that have one, each against the rest:
 *              roc_auc_score(multi_class="ovr", average="macro")
 *
 * AUC is computed from integers, so it is equal on any number of ranks. Threads: any. Collective:
 * no.
 */
#ifndef MODEL_CLASS_METRICS_H
#define MODEL_CLASS_METRICS_H

#include "base/status.h"
#include "model/metric_sums.h"

/* The metrics of a class or of an output; NaN or 0 where they do not apply. */
struct detail {
    int64_t labelled, answered, right;
    double precision, recall, f1, auc;
    double mse, mae, r2;
};

struct average {
    double precision, recall, f1;
};

struct class_metrics {
    enum prediction_kind kind;
    int64_t outputs;
    int top_k; /* the k of top_k_accuracy */
    double top_k_accuracy;
    double auc;
    struct average macro, weighted;
    struct detail *of;  /* [outputs] */
    int64_t *confusion; /* [outputs x outputs], metric_sums.h; NULL: not one class, or too many */
};

/* The largest number of classes that have a confusion matrix. */
enum { CLASS_METRICS_CONFUSION_MAX = 1000 };

/* Takes the memory. STATUS_NO_RESOURCE. */
enum status class_metrics_create(struct class_metrics *metrics, enum prediction_kind kind,
    int64_t outputs, int top_k, struct error *error);
void class_metrics_clear(struct class_metrics *metrics);

/* Everything except auc, from the totals of metric_sums.h. */
void class_metrics_fill(struct class_metrics *metrics, int64_t samples, const double *total,
    const int64_t *count, const double *total_square);

/* metrics->auc, from those of the outputs. */
void class_metrics_join_auc(struct class_metrics *metrics);

struct score {
    double score;
    bool positive;
};

/* The area under the ROC curve of n scores, which it sorts. */
double class_metrics_auc(struct score *score, int64_t n);

#endif
