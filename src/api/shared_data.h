/* shared_data.h: shares one copy of a dataset between all ranks of a team. */
#ifndef API_SHARED_DATA_H
#define API_SHARED_DATA_H

#include "comm/teams.h"
#include "data/dataset.h"

/* Shares the dataset that rank 0 of each team has read: afterwards every rank of the team has it,
 * in the memory of the team, and rank 0's own copy is freed. If the values are in a file, each rank
 * maps it, from the same path; names are copied to every rank. A team of one rank keeps its dataset
 * unchanged. Collective over the team, with the same status on all its ranks; the caller agrees on
 * it over the whole comm. STATUS_NO_RESOURCE, or STATUS_NO_INPUT and STATUS_BAD_DATA if a rank does
 * not see that file; the dataset is then unchanged. */
enum status dataset_share(struct dataset *dataset, struct teams *teams, struct error *error);

/* Clears a dataset that may be shared. Collective over the team. */
void dataset_unshare(struct dataset *dataset, struct teams *teams);

#endif
