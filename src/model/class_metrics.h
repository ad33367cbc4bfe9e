/* class_metrics.h: what there is to say about each class or output of a set, beyond metrics.h. For the
 * `eval` command: it takes memory and time that a run need not spend.
 *
 *   precision  right / answered        recall  right / labelled        f1  as metrics.h has it
 *              0 / 0 is 0, as scikit-learn's precision_recall_fscore_support takes it
 *   macro      mean over the classes that occur, as label or as answer
 *   weighted   mean weighted by the number of samples of the class
 *   auc        area under the ROC curve of an output's probability: the part of all pairs of a
 *              sample of the class and one of another that the probability puts in order, equal
 *              ones counting half (Mann and Whitney, "On a test of whether one of two random
 *              variables is stochastically larger", 1947); NaN without such pairs. For two classes
 *              that of the second; else the mean over outputs that have one, each against the rest:
 *              roc_auc_score(multi_class="ovr", average="macro")
 *
 * AUC is made of integers, so equal on any ranks. Threads: any. Collective: no.
 */
#ifndef MODEL_CLASS_METRICS_H
#define MODEL_CLASS_METRICS_H

#include "base/status.h"
#include "model/metric_sums.h"

/* Of a class or of an output; NaN or 0 where it does not apply. */
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
    int top_k; /* as asked for */
    double top_k_accuracy;
    double auc;
    struct average macro, weighted;
    struct detail *of; /* [outputs] */
    int64_t
        *confusion; /* [outputs x outputs] as tally.h; NULL: not one class, or too many of them */
};

/* More classes than this have no confusion matrix. */
enum { CLASS_METRICS_CONFUSION_MAX = 1000 };

/* Takes the memory. STATUS_NO_RESOURCE. */
enum status class_metrics_create(struct class_metrics *class_metrics, enum prediction_kind kind,
    int64_t outputs, int top_k, struct error *error);
void class_metrics_clear(struct class_metrics *class_metrics);

/* All but auc, from the totals of tally.h. */
void class_metrics_fill(struct class_metrics *class_metrics, int64_t samples, const double *total,
    const int64_t *count, const double *total_square);

/* details->auc, from those of the outputs. */
void class_metrics_join_auc(struct class_metrics *class_metrics);

struct score {
    double score;
    bool positive;
};

/* Sorts the scores. */
double class_metrics_auc(struct score *score, int64_t n);

#endif
