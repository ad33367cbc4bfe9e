/* metrics.h: the metrics of a network on a set, and their names.
 *
 * The kind of prediction (prediction.h) determines which of them apply; the others are NaN.
 *
 *   any       loss       mean of the training loss (net/loss.h), on scaled targets if any
 *   class     accuracy   the fraction of samples whose prediction is their label
 *             top5       the fraction of samples whose label is among the 5 largest outputs (ties:
 *                        the earlier output first); only with more than 5 classes
 *             f1         mean of F1 = 2 TP / (2 TP + FP + FN) over the classes that occur as a
 *                        label or as a prediction ("macro")
 *   labels    accuracy   the fraction of all labels that are predicted correctly
 *             exact      the fraction of samples with all labels correct
 *             f1         as above, over the outputs that are "yes" in any label or prediction
 *   values    mse        mean squared error over samples and outputs; rmse: its square root
 *             mae        mean absolute error
 *             r2         1 - SSE / SST of each output, averaged; SST is about the mean of this
 *                        set; for a constant target, 1 if it is predicted exactly, else 0
 *             all of them in the original units of the targets
 *
 * The definitions are those of scikit-learn's accuracy_score, top_k_accuracy_score, f1_score,
 * mean_squared_error, mean_absolute_error and r2_score, with sample_weight if the set has weights
 * (data/dataset.h); but classes that occur only with weight 0 do not count in f1.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/prediction.h"

struct metrics {
    int64_t samples; /* 0: the set does not exist, or was not evaluated */
    double loss;
    double accuracy, top5, exact, f1;
    double mse, rmse, mae, r2;
};

enum { METRICS_TOP = 5 }; /* the 5 of top5 */

/* Returns metrics with no samples and NaN for every value. */
struct metrics metrics_none(void);

enum metric {
    METRIC_LOSS,
    METRIC_ACCURACY,
    METRIC_TOP5,
    METRIC_EXACT,
    METRIC_F1,
    METRIC_R2,
    METRIC_RMSE,
    METRIC_MAE,
    METRIC_MSE,
    N_METRICS
};
const char *metric_name(enum metric metric); /* "top5" */
size_t metric_offset(enum metric metric);    /* in struct metrics */
bool metric_rises(enum metric metric);       /* larger is better */

/* True if a network with this kind of prediction and number of outputs has the metric. */
bool metric_applies(enum metric metric, enum prediction_kind kind, int64_t outputs);

/* Returns the value of a metric; NaN if it is not available. */
double metric_of(enum metric metric, const struct metrics *metrics);

/* Returns by how much `value` is better than `other`; negative if it is worse. */
double metric_gain(enum metric metric, double value, double other);

/* --- names in options ----------------------------------------------------------------------- */

/* The sets; _EMA: evaluated with the averaged weights. */
enum metric_set {
    METRIC_TRAIN,
    METRIC_VALIDATION,
    METRIC_TEST,
    METRIC_VALIDATION_EMA,
    METRIC_TEST_EMA,
    N_METRIC_SETS
};
static inline bool metric_set_is_test(enum metric_set set)
{
    return set == METRIC_TEST || set == METRIC_TEST_EMA;
}
static inline bool metric_set_is_averaged(enum metric_set set)
{
    return set == METRIC_VALIDATION_EMA || set == METRIC_TEST_EMA;
}

struct metric_choice {
    enum metric_set set;
    enum metric metric; /* METRIC_LOSS for METRIC_TRAIN */
};

/* Looks up a name like "val_accuracy", "test_mse", "val_ema_loss" or "train_loss"; false for unknown
 * names. */
bool metric_find(const char *name, struct metric_choice *choice);

/* Writes the name that metric_find() accepts into out[]; returns out. */
enum { METRIC_NAME_MAX = 32 };
char *metric_choice_name(struct metric_choice choice, char out[METRIC_NAME_MAX]);

/* Lists, for messages, all metrics of the weights themselves that apply to such a network, as
 * "val_loss, val_accuracy, ..." in out[METRIC_LIST_MAX]; returns out. */
enum { METRIC_LIST_MAX = 320 };
char *metric_list(enum prediction_kind kind, int64_t outputs, char out[METRIC_LIST_MAX]);
