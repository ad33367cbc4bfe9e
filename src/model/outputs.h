/* outputs.h: computes the outputs of a network for rows of a dataset, without a trainer.
 *
 * Evaluation and prediction use it, one block of KERNEL_BLOCK rows at a time. The bits of
 * a row's outputs do not depend on the other rows, the ranks, the threads or the kernel.
 *
 * Threads: each has its own memory, selected by its number.
 */
#pragma once

#include "base/status.h"
#include "comm/comm.h"
#include "data/loader.h"
#include "net/panel.h"

struct outputs;

/* The caller keeps ownership of panels and weights, which outputs_run() reads.
 * STATUS_NO_RESOURCE. */
enum status outputs_create(struct outputs **outputs, const struct panels *panels,
    const struct weights *weights, int threads, struct error *error);

/* Returns the number of bytes that `outputs` needs, apart from a few hundred per thread. */
int64_t outputs_bytes(const struct panels *panels, int threads);

/* Accepts NULL. */
void outputs_destroy(struct outputs *outputs);

/* Outputs of the last layer, before any softmax. Valid until the thread's next call. */
struct output_rows {
    float *z; /* [n], `stride` apart */
    int64_t stride;
};

/* Computes the outputs of n <= KERNEL_BLOCK rows of a set, starting at position `first`, and fills
 * their truth as loader_rows() does. */
struct output_rows outputs_run(struct outputs *outputs, int thread, const struct loader *set,
    const struct order *order, int64_t first, int64_t n, struct truth truth);

/* The samples with an output that is not finite, before or after conversion to the targets' units.
 * Inputs that are too large can cause this. */
struct not_finite {
    int64_t samples;
    int64_t first; /* the lowest position among them; INT64_MAX if there are none */
};

/* Returns the non-finite samples of all threads of all ranks since `outputs` was created, or since
 * the last call. room [ranks]. Do not call it while other threads run. Collective. */
struct not_finite outputs_take_not_finite(
    struct outputs *outputs, struct comm *comm, int64_t *room);

/* --- weights -------------------------------------------------------------------------------- */

/* Copies weights from the canonical order into panels, in a block private to this rank.
 * STATUS_NO_RESOURCE. */
enum status outputs_weights(struct weights *weights, const struct panels *panels,
    const struct mlp *mlp, const float *canonical, struct error *error);
void outputs_weights_clear(struct weights *weights);
