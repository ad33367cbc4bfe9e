/* auc.h: areas under ROC curves, from the probabilities of all samples of a set.
 *
 * Each rank keeps those of its samples. All ranks exchange one output at a time, and the outputs
 * are divided among them for sorting. So memory is [samples / ranks x outputs] floats and some
 * doubles per sample, and the AUC is the same bits on any number of ranks.
 */
#ifndef MODEL_AUC_H
#define MODEL_AUC_H

#include "comm/comm.h"
#include "data/loader.h"
#include "model/class_metrics.h"
#include "model/outputs.h"

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
