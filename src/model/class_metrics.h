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
 * auc_compute() alone.
 */
#ifndef MODEL_CLASS_METRICS_H
#define MODEL_CLASS_METRICS_H

#include "comm/comm.h"
#include "model/metric_sums.h"
#include "model/outputs.h"

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

/* --- over all ranks ---------------------------------------------------------------------------
 *
 * Each rank keeps the probabilities of its samples. All ranks exchange one output at a time, and the
 * outputs are divided among them for sorting. So memory is [samples / ranks x outputs] floats and
 * some doubles per sample.
 */
struct auc;

/* For the blocks of KERNEL_BLOCK samples of a set that split_even() gives this rank. The set
 * remains the caller's. Not for predictions of values. STATUS_NO_RESOURCE; not collective. */
enum status auc_create(struct auc **scores, const struct loader *set, const struct loss *loss,
    enum prediction_kind kind, int64_t outputs, struct comm *comm, struct error *error);

/* Bytes of one of `ranks` ranks, approximately. */
int64_t auc_bytes(int64_t samples, int64_t outputs, int ranks);

/* Takes NULL. */
void auc_destroy(struct auc *scores);

/* Keeps the probabilities of n rows from position `first` on, which belong to this rank. Threads:
 * any, each with its own rows. */
void auc_keep(struct auc *scores, struct output_rows rows, int64_t first, int64_t n);

/* Fills the area under the ROC curve of each output, and of all (class_metrics.h). Collective, by
 * the thread that communicates with other ranks. */
void auc_compute(struct auc *scores, struct class_metrics *class_metrics);

#endif
