/* rank_agreement.h: before the first step, do all ranks mean the same run?
 *
 * Ranks read their own files on their own machines, so each may have read something else. Compared
 * by hash: settings, training data, held-out data, initial weights, and what the kernel computes.
 */
#ifndef RUN_RANK_AGREEMENT_H
#define RUN_RANK_AGREEMENT_H

#include "comm/comm.h"
#include "run/job.h"

/* STATUS_BAD_DATA, or STATUS_BUG for settings and kernels, naming the first rank that differs from
 * rank 0, and in what. Collective. */
enum status rank_agreement_check(const struct job *job, struct comm *comm, struct error *error);

/* STATUS_BAD_DATA if a file of the job's data was cut or unreadable (dataset_check()), else `status`.
 * Not collective. */
enum status rank_agreement_check_data(
    const struct job *job, enum status status, struct error *error);

/* XXH3 of what a set is to a run: its data, which of them, and their scaling. NULL: 0. */
uint64_t rank_agreement_set_hash(const struct loader *set);

#endif
