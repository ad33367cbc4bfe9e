/* auc.h: the probabilities that a network gives to all samples of a set, kept for their ranking.
 *
 * Each rank keeps those of its samples; of one output at a time they come together on all ranks,
 * and outputs are dealt to the ranks for sorting. So memory is [samples / ranks x outputs] floats
 * and some doubles a sample, and the AUC is the same bits on any ranks.
 */
#ifndef MODEL_AUC_H
#define MODEL_AUC_H

#include "comm/comm.h"
#include "data/loader.h"
#include "model/class_metrics.h"
#include "model/outputs.h"

struct auc;

/* For the blocks of KERNEL_BLOCK samples of a set that split_even() gives this rank. The set stays
 * the caller's. Not for values. STATUS_NO_RESOURCE; not collective. */
enum status auc_create(struct auc **scores, const struct loader *set, const struct loss *loss,
    enum prediction_kind kind, int64_t outputs, struct comm *comm, struct error *error);

/* Bytes that a rank of so many takes for them, about. */
int64_t auc_bytes(int64_t samples, int64_t outputs, int ranks);

/* Takes NULL. */
void auc_destroy(struct auc *scores);

/* Keeps n rows from position `first` on, which are this rank's. Threads: any, on rows of their own.
 */
void auc_keep(struct auc *scores, struct output_rows rows, int64_t first, int64_t n);

/* The area under the ROC curve of each output, as details.h defines it: auc [outputs]. Collective,
 * by the thread that may talk to other ranks. */
void auc_compute(struct auc *scores, double *auc);

#endif
