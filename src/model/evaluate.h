/* evaluate.h: loss and metrics on a held-out set, over all ranks; each sample counts once.
 *
 * The samples, in subset order, are cut into blocks of KERNEL_BLOCK; a block's sums are chains in
 * double in sample order, and blocks are the leaves of the tree (base/sums/tree.h); counts are
 * integers. So the figures (metrics.h) are the same bits on any ranks and threads.
 */
#ifndef MODEL_EVALUATE_H
#define MODEL_EVALUATE_H

#include <stdatomic.h>

#include "base/team.h"
#include "comm/comm.h"
#include "net/panel.h"
#include "model/class_metrics.h"
#include "model/outputs.h"
#include "data/loader.h"
#include "net/loss.h"

struct evaluator;

/* For one set and `threads` workers on this rank. Criterion, panels and weights stay the caller's
 * and are read when it runs. Collective. STATUS_NO_RESOURCE. */
enum status evaluator_create(struct evaluator **evaluator, const struct criterion *criterion,
    const struct loader *set, const struct panels *panels, const struct weights *weights,
    int threads, struct comm *comm, struct error *error);

/* Bytes that it takes on a rank, without class metrics and what depends on the number of ranks. */
int64_t evaluator_bytes(
    enum loss_kind loss, const struct panels *panels, int threads, int64_t samples);
void evaluator_destroy(struct evaluator *evaluator);

/* From now on runs also fill *class_metrics, made for this network, on the first thread of every
 * rank. They then keep the outputs of all samples in memory. Collective. STATUS_NO_RESOURCE. */
enum status evaluator_ask_class_metrics(
    struct evaluator *evaluator, struct class_metrics *class_metrics, struct error *error);

/* The samples of all ranks that were not finite in the last run with class metrics. On the first
 * thread of every rank. */
struct not_finite evaluator_not_finite(const struct evaluator *evaluator);

/* Call from all workers of all teams. The result is valid on the first thread of every rank. Once
 * *stop_signal (NULL: none) is not 0 on any rank, the remaining blocks are skipped, and the result
 * has no samples; the same if a rank's dataset file was truncated or unreadable (dataset_check()).
 */
struct metrics evaluator_run(
    struct evaluator *evaluator, const struct worker *worker, atomic_int *stop_signal);

/* True if such a file was the reason in the last run, on any rank. On the first thread of every
 * rank. */
bool evaluator_lost_data(const struct evaluator *evaluator);

#endif
