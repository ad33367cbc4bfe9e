/* shared_data.h: one copy of a dataset for all ranks of a team. */
#ifndef API_SHARED_DATA_H
#define API_SHARED_DATA_H

#include "comm/teams.h"
#include "data/dataset.h"

/* Shares the dataset that rank 0 of each team has read: afterwards every rank of the team has it,
 * in the memory of the team, and rank 0's own copy is freed. Values in a file are mapped by each
 * rank, from the same path; names are copied to every rank. A team of one rank keeps its dataset
 * unchanged. Collective over the team, with one status on all its ranks; to be agreed over the comm
 * by the caller. STATUS_NO_RESOURCE, or STATUS_NO_INPUT and STATUS_BAD_DATA where a rank does not
 * see that file; then the dataset is unchanged. */
enum status dataset_share(struct dataset *dataset, struct teams *teams, struct error *error);

/* dataset_clear() for a dataset that may be shared. Collective over the team. */
void dataset_unshare(struct dataset *dataset, struct teams *teams);

#endif
