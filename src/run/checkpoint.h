/* checkpoint.h: a run's checkpoints on disk.
 *
 *     checkpoints/step-000001407/    model.safetensors       model/model.h
 *                                    optimizer.safetensors   "0.weight.momentum_buffer" ...
 *                                    best.safetensors        if earlier weights were better
 *                                                           (early stopping)
 *                                    state.json
 *     checkpoints/.step-000001500.0123456789abcdef.part    one being written
 *
 * A checkpoint is written under the second name and renamed once its files and the directory are on
 * disk. So a directory with the first name is complete, and a crash leaves at most remains with the
 * second. The newest few are kept, and the one with the best rating (state.rated_step). Removing a
 * checkpoint starts with its state.json: a directory without it is not a checkpoint.
 *
 * Anything else in there (a link, a file, a directory that is not a checkpoint, a file in one that
 * lockstep does not write) belongs to somebody else: it is ignored and left unchanged, and
 * `warnings` notes it if it is in the way.
 *
 * state.json holds the XXH3-64 of the other files ("files"), the run's identity ("identity"), its
 * state (run_state.h), and the number of its definition of sums and random draws
 * (base/definition.h). Its first entry, "xxh3", is the hash of its own text, computed with zeros
 * in place of the hash. So any changed or missing byte of a checkpoint is detected.
 *
 * Rank 0 only. Threads: one may write; call the other functions only while none is writing.
 */
#ifndef RUN_CHECKPOINT_H
#define RUN_CHECKPOINT_H

#include "base/directory.h"
#include "model/model.h"
#include "run/run_files.h"
#include "run/run_state.h"
#include "step/settings.h"

enum { CHECKPOINT_FORMAT = 1, CHECKPOINTS_MAX = 4096 };

/* A property that must not change when a run is resumed: "--lr" "0.02", "the training data"
 * "60000 x 784 ...". */
struct trait {
    char name[48];
    char *value;        /* the caller's */
    enum status status; /* the status returned if it differs */
    /* It is an option with its default value. A checkpoint without it agrees: the version that
     * wrote it had no such option and behaved as with the default. */
    bool usual;
};
enum { TRAITS_MAX = 128 };
struct identity {
    int n;
    struct trait trait[TRAITS_MAX];
};

/* Writes the name for a step: "step-000001407". */
enum { CHECKPOINT_NAME = 32 };
void checkpoint_name(char name[CHECKPOINT_NAME], int64_t step);

/* The steps of all entries with such names, newest first. */
struct checkpoint_list {
    int n;
    int64_t step[CHECKPOINTS_MAX];
};
enum status checkpoint_list(
    const struct directory *directory, struct checkpoint_list *list, struct error *error);

/* Refuses an entry that is not a checkpoint, intact or not: a directory with a state.json, neither
 * of them a link. STATUS_BAD_DATA. */
enum status checkpoint_recognise(
    const struct directory *directory, const char *name, struct error *error);

/* Removes the remains of interrupted writes and the checkpoints after `step` (0: all, and their
 * directory) from a run's directory. Anything that cannot be removed is noted in `warnings`.
 * STATUS_CANNOT_CREATE (a link or a file has the name of their directory), STATUS_IO. */
enum status checkpoint_clean(
    const struct directory *run, int64_t step, struct warnings *warnings, struct error *error);

/* Describes the tensors of the optimizer's state, whose data are in state[optimizer_states()].
 * Returns their number. */
enum { CHECKPOINT_TENSORS = OPTIMIZER_STATES_MAX * MODEL_TENSORS_MAX };
int checkpoint_tensors(
    struct tensor tensor[CHECKPOINT_TENSORS], const struct settings *settings, float *const *state);

/* Computes the XXH3-64 of a file's bytes, as 16 hexadecimal digits. */
enum { HASH_DIGITS = 16 };
enum status checkpoint_hash(const char *path, char digits[HASH_DIGITS + 1], struct error *error);

/* True if a text begins with {"xxh3": "<16 digits>" and these digits are its hash. */
bool checkpoint_sealed(char *text, size_t size);

/* The content of a checkpoint. Arrays are [mlp.parameters] in canonical order. */
struct checkpoint {
    const struct settings *settings;
    const struct model *model; /* everything except the weights */
    const struct identity *identity;
    struct run_state state;
    float *weights;                         /* these arrays are only read */
    float *optimizer[OPTIMIZER_STATES_MAX]; /* [optimizer_states()] */
    float *best;                            /* NULL: equal to the weights, or not known */
};

/* Adds a checkpoint to those of `run`. Creates their directory if it is missing, replaces a
 * checkpoint of the same step, and removes those beyond the newest `keep`. On failure the others
 * are unchanged. Two problems are only noted in `warnings`: an old checkpoint that cannot be
 * removed, and a name already taken by something else, in which case no checkpoint is written.
 * STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_RESOURCE. */
enum status checkpoint_write(const struct directory *run, const struct checkpoint *checkpoint,
    int keep, struct warnings *warnings, struct error *error);

#endif
