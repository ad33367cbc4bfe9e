/* evaluate.h: loss and metrics on a held-out set, over all ranks; each sample counts once.
 *
 * The samples, in subset order, are cut into blocks of KERNEL_BLOCK. A block's sums are accumulated
 * in double, in sample order, and the blocks are the leaves of the tree (base/sums/tree.h). Counts
 * are integers. So the metrics (metrics.h) are bit-identical on any number of ranks and threads.
 *
 * If the set has weights (data/dataset.h), which are not all 0, losses and metrics are weighted means.
 */
#pragma once

#include <stdatomic.h>

#include "base/team.h"
#include "comm/comm.h"
#include "net/panel.h"
#include "model/class_metrics.h"
#include "model/outputs.h"
#include "data/loader.h"
#include "net/loss.h"

struct evaluator;

/* Creates an evaluator for one set and `threads` workers on this rank. The caller keeps ownership
 * of criterion, panels and weights, which evaluator_run() reads. If `class_metrics`, created for
 * this network, is not NULL, evaluator_run() also fills it, on the first thread of every rank; the
 * outputs of all samples are then kept in memory. Collective. STATUS_NO_RESOURCE. */
enum status evaluator_create(struct evaluator **evaluator, const struct criterion *criterion,
    const struct loader *set, const struct panels *panels, const struct weights *weights,
    int threads, struct comm *comm, struct class_metrics *class_metrics, struct error *error);

/* Returns the number of bytes that an evaluator needs on a rank, without class metrics and without
 * the parts that depend on the number of ranks. */
int64_t evaluator_bytes(
    enum loss_kind loss, const struct panels *panels, int threads, int64_t samples);
void evaluator_destroy(struct evaluator *evaluator);

/* Evaluates the set. Call it from all workers of all teams; the result is valid on the first thread
 * of every rank. As soon as *stop_signal (NULL: none) is nonzero on any rank, the remaining blocks
 * are skipped and the result has no samples. The same happens if a rank's dataset file was
 * truncated or became unreadable (dataset_check()). */
struct metrics evaluator_run(
    struct evaluator *evaluator, const struct worker *worker, atomic_int *stop_signal);

/* True if the last run was cut short because, on any rank, a dataset file was truncated or became
 * unreadable. Valid on the first thread of every rank. */
bool evaluator_lost_data(const struct evaluator *evaluator);
