/* rank_agreement.h: checks before the first step that all ranks are about to do the same run.
 *
 * Each rank reads files on its own machine, so ranks may have read different content. The ranks
 * compare hashes of the settings, the training data, the held-out data, the initial weights and the
 * results of the kernel.
 */
#pragma once

#include "comm/comm.h"
#include "run/job.h"

/* Compares all ranks with rank 0. The message names the first rank that differs, and the
 * difference. STATUS_BAD_DATA (data or weights), STATUS_BUG (settings or kernel),
 * STATUS_NO_RESOURCE. Collective. */
enum status rank_agreement_check(const struct job *job, struct comm *comm, struct error *error);

/* Returns STATUS_BAD_DATA if a file with the job's data was truncated or is unreadable
 * (dataset_check()). Not collective. */
enum status rank_agreement_check_data(const struct job *job, struct error *error);

/* Returns the XXH3 of a set as a run uses it: its data, the samples in it, and their scaling.
 * `seed`: 0, or the hash of other sets to be combined with it. Returns the seed if the set is
 * NULL. */
uint64_t rank_agreement_set_hash(const struct loader *set, uint64_t seed);

/* Returns the XXH3 of the settings that must be equal on all ranks, i.e. all except threads and
 * kernel. */
uint64_t rank_agreement_settings_hash(
    const struct settings *settings, const struct run_settings *run);
