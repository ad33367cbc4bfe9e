/* shared_data.h: shares one copy of a dataset between all ranks of a team. */
#pragma once

#include "comm/teams.h"
#include "data/dataset.h"

/* Shares the dataset that rank 0 of each team has read. Moves its arrays into the memory of the
 * team, where every rank of the team uses them, and frees rank 0's own copy. If the values are in a
 * mapped file, each rank maps it from the same path. Names are copied to every rank. In a team of
 * one rank, the dataset stays unchanged. Collective over the team, with the same status on all its
 * ranks; the caller must agree on the status over the whole comm. STATUS_NO_RESOURCE;
 * STATUS_NO_INPUT or STATUS_BAD_DATA if a rank cannot see that file. On failure the
 * dataset is unchanged. */
enum status dataset_share(struct dataset *dataset, struct teams *teams, struct error *error);

/* Clears a dataset that may be shared. Collective over the team. */
void dataset_unshare(struct dataset *dataset, struct teams *teams);
