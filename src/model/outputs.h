/* outputs.h: the outputs of a network for rows of a dataset, without a trainer.
 *
 * Evaluation and prediction run on this, block by block of KERNEL_BLOCK rows. A row's outputs are
 * the same bits with any neighbours, ranks, threads and kernel.
 *
 * Threads: each has memory of its own, by its number.
 */
#ifndef MODEL_OUTPUTS_H
#define MODEL_OUTPUTS_H

#include "base/status.h"
#include "comm/comm.h"
#include "data/loader.h"
#include "net/panel.h"

struct outputs;

/* Panels and weights stay the caller's and are read when it runs. STATUS_NO_RESOURCE. */
enum status outputs_create(struct outputs **outputs, const struct panels *panels,
    const struct weights *weights, int threads, struct error *error);

/* Bytes that it takes, except for a few hundred per thread. */
int64_t outputs_bytes(const struct panels *panels, int threads);

/* Takes NULL. */
void outputs_destroy(struct outputs *outputs);

/* Outputs of the last layer, before any softmax. Valid until the thread's next call. */
struct output_rows {
    float *z; /* [n], `stride` apart */
    int64_t stride;
};

/* The outputs of n <= KERNEL_BLOCK rows of a set from position `first` on; also fills their truth,
 * as loader_rows() does. */
struct output_rows outputs_run(struct outputs *outputs, int thread, const struct loader *set,
    const struct order *order, int64_t first, int64_t n, struct truth truth);

/* Samples whose outputs, or values in the targets' own units, are not all finite: inputs may be too
 * large for a network. */
struct not_finite {
    int64_t samples;
    int64_t first; /* the lowest position among them; without any, INT64_MAX */
};

/* Returns those of all threads since it was created, or since the last call. Not while others run.
 */
struct not_finite outputs_take_not_finite(struct outputs *outputs);

/* Replaces it by that of all ranks. room [ranks]. Collective. */
void not_finite_join(struct not_finite *mine, struct comm *comm, int64_t *room);

/* --- weights for it ------------------------------------------------------------------------- */

/* Weights in panels from the canonical order, in a block of this rank's own. STATUS_NO_RESOURCE. */
enum status outputs_weights(struct weights *weights, const struct panels *panels,
    const struct mlp *mlp, const float *canonical, struct error *error);
void outputs_weights_clear(struct weights *weights);

#endif
