/* checkpoint_files.h: names within a checkpoint, and which there are. Internal to checkpoint*.c. */
#ifndef TRAIN_CHECKPOINT_FILES_H
#define TRAIN_CHECKPOINT_FILES_H

#include "train/checkpoint.h"
#include "train/model_layout.h"

enum { CHECKPOINT_FORMAT = 1, CHECKPOINTS_MAX = 4096 };

extern const char checkpoint_model[], checkpoint_optimizer[], checkpoint_best[], checkpoint_state[];

/* directory/step-000001407, or directory/.step-000001407.part */
enum status checkpoint_path(
    char out[FILE_PATH_MAX], const char *directory, int64_t step, bool part, struct error *error);

/* The steps of the checkpoints there, newest first. */
struct checkpoint_list {
    int n;
    int64_t step[CHECKPOINTS_MAX];
};
enum status checkpoint_list(
    const char *directory, struct checkpoint_list *list, struct error *error);

/* Takes one away: at once, as far as readers are concerned. */
enum status checkpoint_remove(const char *directory, int64_t step, struct error *error);

/* The tensors of one array of state, whose data are in `block`; room for all: returns how many. */
int checkpoint_tensors(struct tensor tensor[MODEL_TENSORS_MAX], const struct settings *settings,
    int state, float *block);

/* XXH3-64 of a file's bytes, as 16 digits. */
enum { HASH_DIGITS = 16 };
enum status checkpoint_hash(const char *path, char digits[HASH_DIGITS + 1], struct error *error);

/* Puts the hash of a text that begins with {"xxh3": "<16 digits>" in their place; and whether it is
 * there. */
bool checkpoint_seal(char *text);
bool checkpoint_sealed(char *text, size_t size);

#endif
