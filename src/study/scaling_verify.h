/* scaling_verify.h: verifies that all strong layouts of `bench scaling` train the same model, bit
 * for bit. Internal to the study of scaling.
 *
 * These functions do not fail if they find a difference: they note the first one in
 * study->wrong.
 */
#pragma once

#include "study/scaling_run.h"

enum { SCALING_STEPS = 10 };

/* Trains SCALING_STEPS steps in every strong layout, sets "weights_xxh3" in its row, and compares
 * the weights of all teams of all layouts. After a difference no case is to be measured. Collective
 * over all ranks. The statuses of train_to_end(), except that a run may diverge in all layouts. */
enum status scaling_verify(struct scaling_study *study, struct error *error);

/* Compares the final weights of all ranks of a layout, which are those of their teams. Collective
 * over the layout's ranks. */
enum status scaling_compare_ranks(struct scaling_study *study, const struct scaling_case *of,
    struct comm *part, uint64_t weights_xxh3, struct error *error);

/* Sets "verification" in the results: {"verified", "steps", "why"}. Rank 0. */
void scaling_set_verification(struct json *results, const struct scaling_study *study);
