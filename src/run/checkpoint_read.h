/* checkpoint_read.h: finds and reads checkpoints (checkpoint.h). Rank 0 only, except for
 * checkpoint_share() and checkpoint_drop_arrays(). */
#pragma once

#include "comm/teams.h"
#include "run/checkpoint.h"

/* True if a run's directory has any checkpoint, intact or damaged. Checks only names and file
 * types. */
bool checkpoint_any(const char *run);

/* Finds the newest intact checkpoint in a run's directory and returns its path. Fills `report`
 * [size] with a line for each newer, damaged checkpoint. STATUS_NO_INPUT: none was found;
 * STATUS_BAD_DATA: all of them are damaged. */
enum status checkpoint_find(
    const char *run, char path[FILE_PATH_MAX], char *report, size_t size, struct error *error);

/* Checks, by the hashes of the files, that no byte of a checkpoint has changed. STATUS_BAD_DATA
 * (the message names the file and the damage), STATUS_NO_INPUT, STATUS_IO, STATUS_NO_RESOURCE. */
enum status checkpoint_check(const char *path, struct error *error);

/* Returns the definition number of the newest intact checkpoint in a run's directory, or the number
 * of this program if none is intact. */
int64_t checkpoint_definition(const char *run);

/* Reads an intact checkpoint. If its definition differs from that of this program, fails with
 * STATUS_BAD_DATA and a message that names both. If a trait differs, fails with the status of that
 * trait and a message with its name and both values. Fills the state first, then the weights, in
 * the caller's memory, and the other arrays, which the caller frees with checkpoint_drop_arrays(),
 * also on failure. */
enum status checkpoint_read(const char *path, const struct settings *settings,
    const struct identity *identity, struct checkpoint *checkpoint, struct error *error);

/* Sends rank 0's checkpoint to every team: the state to all ranks, the arrays to the first rank of
 * each team. The ranks of a team share the memory for the weights. Collective.
 * STATUS_NO_RESOURCE. */
enum status checkpoint_share(struct checkpoint *checkpoint, const struct settings *settings,
    struct teams *teams, struct error *error);

/* Frees all arrays except the weights, and keeps the state. */
void checkpoint_drop_arrays(struct checkpoint *checkpoint);
