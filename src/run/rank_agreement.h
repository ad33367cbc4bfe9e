/* rank_agreement.h: a check before the first step that all ranks have the same run.
 *
 * Ranks read their own files on their own machines, so any of them may have read something else.
 * Compared by hash: settings, training data, held-out data, initial weights, and the results of the
 * kernel.
 */
#ifndef RUN_RANK_AGREEMENT_H
#define RUN_RANK_AGREEMENT_H

#include "comm/comm.h"
#include "run/job.h"

/* STATUS_BAD_DATA, or STATUS_BUG for settings and kernels, naming the first rank that differs from
 * rank 0, and its difference. Collective. */
enum status rank_agreement_check(const struct job *job, struct comm *comm, struct error *error);

/* STATUS_BAD_DATA if a file of the job's data was truncated or is unreadable (dataset_check()),
 * else `status`. Not collective. */
enum status rank_agreement_check_data(
    const struct job *job, enum status status, struct error *error);

/* XXH3 of a set as a run uses it: its data, the samples in it, and their scaling. `seed`: 0, or the
 * hash of other sets to go with it; returned for NULL. */
uint64_t rank_agreement_set_hash(const struct loader *set, uint64_t seed);

/* XXH3 of all settings that must be equal on all ranks: all except threads and kernel. */
uint64_t rank_agreement_settings_hash(
    const struct settings *settings, const struct run_settings *run);

#endif
