/* checkpoint.h: a run's checkpoints on disk.
 *
 *     checkpoints/step-000001407/    model.safetensors       model/model.h
 *                                    optimizer.safetensors   "0.weight.momentum_buffer" ...
 *                                    best.safetensors        if earlier weights were better
 *                                                           (early stopping)
 *                                    epoch.safetensors       within an epoch, the weights of the
 *                                                           last one (run_state.h, fallback)
 *                                    state.json
 *     checkpoints/.step-000001500.0123456789abcdef.part    a checkpoint being written
 *
 * A checkpoint is written under a hidden name, ".step-...part", and renamed to "step-..." once its
 * files and the directory are on disk. So a directory named "step-..." is complete, and a crash
 * leaves at most a hidden directory behind. Lockstep keeps the newest few checkpoints, and the one
 * with the best rating (state.rated_step). Removing a checkpoint starts with its state.json: a
 * directory without this file is not a checkpoint.
 *
 * Anything else in checkpoints/ (a link, a file, a directory that is not a checkpoint, a file in a
 * checkpoint that lockstep does not write) belongs to somebody else: it is ignored and left
 * unchanged, with a warning in `warnings` if it is in the way.
 *
 * state.json holds the XXH3-64 hashes of the other files ("files"), the run's identity
 * ("identity"), its state (run_state.h), and the version number of its definition of sums and
 * random draws (base/definition.h). The first entry, "xxh3", is the hash of the text of state.json
 * itself, computed with zeros in place of the hash. So any changed or missing byte of a checkpoint
 * is detected.
 *
 * Rank 0 only. Threads: one may write; call the other functions only while no thread is writing.
 */
#pragma once

#include "base/directory.h"
#include "model/model.h"
#include "run/job.h"
#include "run/run_files.h"
#include "run/run_state.h"

enum { CHECKPOINT_FORMAT = 1, CHECKPOINTS_MAX = 4096 };

/* A property that must not change when a run is resumed, with its value, e.g. "--lr" "0.02" or "the
 * training data" "60000 x 784 ...". */
struct trait {
    char name[48];
    char *value;        /* owned by the caller */
    enum status status; /* the status returned if the value differs */
    /* The trait is an option with its default value. A checkpoint without this trait matches: it
     * was written by a version that did not have the option and behaved as the default does. */
    bool usual;
    const char *cure; /* what to do if the value differs; NULL: the message says it */
    /* Compares two values of the trait of this name; NULL: their texts are compared. */
    bool (*same)(const char *name, const char *one, const char *other);
};
enum { TRAITS_MAX = 128 };
struct identity {
    int n;
    struct trait trait[TRAITS_MAX];
};

/* Writes the checkpoint name for a step: "step-000001407". */
enum { CHECKPOINT_NAME = 32 };
void checkpoint_name(char name[CHECKPOINT_NAME], int64_t step);

/* The steps of all entries with a checkpoint name, newest first. */
struct checkpoint_list {
    int n;
    int64_t step[CHECKPOINTS_MAX];
};
enum status checkpoint_list(
    const struct directory *directory, struct checkpoint_list *list, struct error *error);

/* Refuses an entry that is not a checkpoint. A checkpoint, intact or damaged, is a directory with a
 * state.json, neither of which is a link. STATUS_BAD_DATA. */
enum status checkpoint_recognise(
    const struct directory *directory, const char *name, struct error *error);

/* Removes from a run's directory what interrupted writes left behind and all checkpoints after
 * `step` (0: all checkpoints, and their directory). `warnings` lists anything that cannot be
 * removed. STATUS_CANNOT_CREATE (a link or a file is named "checkpoints"), STATUS_IO. */
enum status checkpoint_clean(
    const struct directory *run, int64_t step, struct warnings *warnings, struct error *error);

/* Describes the tensors of the optimizer's state, whose data is in state[optimizer_states()].
 * Returns the number of tensors. */
enum { CHECKPOINT_TENSORS = OPTIMIZER_STATES_MAX * MODEL_TENSORS_MAX };
int checkpoint_tensors(
    struct tensor tensor[CHECKPOINT_TENSORS], const struct settings *settings, float *const *state);

/* Computes the XXH3-64 of a file's bytes, as 16 hexadecimal digits. */
enum { HASH_DIGITS = 16 };
enum status checkpoint_hash(const char *path, char digits[HASH_DIGITS + 1], struct error *error);

/* True if a text begins with {"xxh3": "<16 digits>" and these digits are the hash of the text. */
bool checkpoint_sealed(char *text, size_t size);

/* The data from which a run is resumed. Arrays are [mlp.parameters] in canonical order. */
struct checkpoint {
    struct run_state state;
    float *weights;
    float *optimizer[OPTIMIZER_STATES_MAX]; /* [optimizer_states()] */
    /* The best weights, of state.stop.best_step. NULL: there are none or, when a checkpoint is
     * written, they are equal to `weights`. */
    float *best;
    float *epoch; /* the weights of state.fallback; NULL: there are none */
};

/* Adds a checkpoint to the directory of a run. Creates the directory for checkpoints if it is
 * missing, replaces a checkpoint of the same step, and removes all but the newest `to->keep`. On
 * failure, existing checkpoints are unchanged. Two problems are only warnings: an old checkpoint
 * cannot be removed; or the name is already taken by something else, in which case no checkpoint is
 * written. STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_RESOURCE. */
enum status checkpoint_write(const struct checkpoints *to, const struct settings *settings,
    const struct checkpoint *checkpoint, struct warnings *warnings, struct error *error);
