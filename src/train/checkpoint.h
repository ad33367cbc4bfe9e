/* checkpoint.h: a run's checkpoints on disk.
 *
 *     checkpoints/step-000001407/    model.safetensors       train/model.h
 *                                    optimizer.safetensors   "0.weight.momentum_buffer" ...
 *                                    best.safetensors        if early stopping has seen better
 *                                    state.json
 *     checkpoints/.step-000001500.part    one that is being written, or removed
 *
 * One is written under the second name, every file and the directory brought to the disk, and then
 * renamed; so what has the first name is whole, and a crash leaves at most leftovers of the second.
 * Those kept are the newest few and the best rated one (state.rated_step).
 *
 * state.json holds the XXH3-64 of the other files ("files"), what the run is ("identity"), what it
 * knows (run_state.h), and the definition of sums and random draws that it follows
 * (base/definition.h). Its first entry, "xxh3", is the hash of its own text with zeros in the
 * place of the hash. So any changed or missing byte of a checkpoint shows.
 *
 * Rank 0 only. Threads: one writes; the rest while none does.
 */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "base/file.h"
#include "train/model.h"
#include "train/start.h"

/* What must be the same when a run goes on: "--lr" "0.02", "the training data" "60000 x 784 ...".
 */
struct trait {
    char name[48];
    char *value;        /* the caller's */
    enum status status; /* of a run that differs in it */
    /* It is an option with its default. A checkpoint that says nothing of it agrees: the version
     * that wrote it had no such option, and did what the default does. */
    bool usual;
};
enum { TRAITS_MAX = 128 };
struct identity {
    int n;
    struct trait trait[TRAITS_MAX];
};

/* What a checkpoint is made of; arrays [mlp.parameters] in canonical order. */
struct checkpoint {
    const struct settings *settings;
    const struct model *model; /* all of it but the weights */
    const struct identity *identity;
    struct run_state state;
    const float *weights;
    const float *optimizer[OPTIMIZER_STATES_MAX]; /* [optimizer_states()] */
    const float *best;                            /* NULL: the weights are, or nothing is */
};

/* Writes it into `directory`, which is made if need be, in the place of one of the same step, and
 * removes those not to be kept any more. On failure the others are as they were.
 * STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_RESOURCE. */
enum status checkpoint_write(
    const char *directory, const struct checkpoint *checkpoint, int keep, struct error *error);

/* The newest sound one in `directory`: its path, and in `report` [size] a line for each newer one
 * that is damaged. STATUS_NO_INPUT: there is none; STATUS_BAD_DATA: all are damaged. */
enum status checkpoint_find(const char *directory, char path[FILE_PATH_MAX], char *report,
    size_t size, struct error *error);

/* Whether a directory has any, sound or not. */
bool checkpoint_any(const char *directory);

/* Whether all bytes of one are as they were written. STATUS_BAD_DATA (file, what is wrong),
 * STATUS_NO_INPUT, STATUS_IO, STATUS_NO_RESOURCE. */
enum status checkpoint_check(const char *path, struct error *error);

/* The definition of the newest one whose state.json is sound; this program's if there is none. */
int64_t checkpoint_definition(const char *directory);

/* Reads a sound one. It must be of this program's definition, else STATUS_BAD_DATA naming both; and
 * its identity must be this one, else the trait's status, naming it and both values. The state is filled first, then `parameters` and the arrays of `start`, which are the
 * caller's to free (start_clear), also on failure. */
enum status checkpoint_read(const char *path, const struct settings *settings,
    const struct identity *identity, struct start *start, float *parameters, struct error *error);

/* Removes leftovers, and the checkpoints of steps after `step` (0: all, and the directory).
 * STATUS_IO. */
enum status checkpoint_clean(const char *directory, int64_t step, struct error *error);

#endif
