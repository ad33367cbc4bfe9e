/* shared_data.h: one copy of a dataset for all ranks of a team. */
#ifndef API_SHARED_DATA_H
#define API_SHARED_DATA_H

#include "comm/teams.h"
#include "data/dataset.h"

/* Rank 0 of each team has read the dataset; afterwards every rank of the team has it, in the team's
 * memory, and rank 0's own copy is freed. Values that lie in a file are mapped by each rank, from
 * the same path; names are every rank's own. Nothing changes in a team of one rank. Collective over
 * the team, with one status on all its ranks; to be agreed over the comm by the caller.
 * STATUS_NO_RESOURCE, or STATUS_NO_INPUT and STATUS_BAD_DATA where a rank does not see that file;
 * then the dataset is as it was. */
enum status dataset_share(struct dataset *dataset, struct teams *teams, struct error *error);

/* dataset_clear() for a dataset that may be shared. Collective over the team. */
void dataset_unshare(struct dataset *dataset, struct teams *teams);

#endif
