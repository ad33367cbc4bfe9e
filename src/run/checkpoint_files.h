/* checkpoint_files.h: names within a checkpoint, and which there are. Internal to checkpoint*.c. */
#ifndef RUN_CHECKPOINT_FILES_H
#define RUN_CHECKPOINT_FILES_H

#include "run/checkpoint.h"
#include "model/model_layout.h"

enum { CHECKPOINT_FORMAT = 1, CHECKPOINTS_MAX = 4096 };

extern const char checkpoint_model[], checkpoint_optimizer[], checkpoint_best[], checkpoint_state[];

/* "step-000001407" */
enum { CHECKPOINT_NAME = 32 };
void checkpoint_name(char name[CHECKPOINT_NAME], int64_t step);

/* The steps of what has such a name, newest first. */
struct checkpoint_list {
    int n;
    int64_t step[CHECKPOINTS_MAX];
};
enum status checkpoint_list(
    const struct directory *directory, struct checkpoint_list *list, struct error *error);

/* Whether what has this name is a checkpoint, sound or not: a directory with a state.json, both no
 * links. STATUS_BAD_DATA: it is something else. */
enum status checkpoint_recognise(
    const struct directory *directory, const char *name, struct error *error);

/* Takes one away: at once, as far as readers are concerned. */
void checkpoint_remove(
    const struct directory *directory, const char *name, struct warnings *warnings);

/* Removes a directory under a temporary name, with its files. */
void checkpoint_remove_part(
    const struct directory *directory, const char *part, struct warnings *warnings);

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
