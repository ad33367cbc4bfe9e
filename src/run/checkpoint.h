/* checkpoint.h: a run's checkpoints on disk.
 *
 *     checkpoints/step-000001407/    model.safetensors       model/model.h
 *                                    optimizer.safetensors   "0.weight.momentum_buffer" ...
 *                                    best.safetensors        if early stopping has seen better
 *                                    state.json
 *     checkpoints/.step-000001500.0123456789abcdef.part    one that is being written
 *
 * A checkpoint is written under the second name and renamed when its files and the directory are on
 * the disk; so one with the first name is complete, and a crash leaves at most leftovers with the
 * second. The newest few are kept, and the best rated one (state.rated_step). When a checkpoint is
 * removed its state.json goes first: a directory without it is not a checkpoint.
 *
 * Anything else among them (a link, a file, a directory that is not a checkpoint, a file in one
 * that lockstep does not write) belongs to somebody else: it is ignored and left unchanged, and
 * noted in `warnings` if it is in the way.
 *
 * state.json holds the XXH3-64 of the other files ("files"), the run's identity ("identity"), its
 * state (run_state.h), and the definition of sums and random draws that it follows
 * (base/definition.h). Its first entry, "xxh3", is the hash of its own text with zeros in the
 * place of the hash. So any changed or missing byte of a checkpoint is detected.
 *
 * Rank 0 only. Threads: one may write; the other functions while none does.
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
    enum status status; /* the status if a run differs in it */
    /* It is an option with its default. A checkpoint without it agrees: the version that wrote it
     * had no such option, and did what the default does. */
    bool usual;
};
enum { TRAITS_MAX = 128 };
struct identity {
    int n;
    struct trait trait[TRAITS_MAX];
};

/* "step-000001407" */
enum { CHECKPOINT_NAME = 32 };
void checkpoint_name(char name[CHECKPOINT_NAME], int64_t step);

/* The steps of all entries with such a name, newest first. */
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

/* Removes leftovers, and the checkpoints of steps after `step` (0: all, and their directory), from
 * a run's directory. Whatever cannot be removed is noted. STATUS_CANNOT_CREATE (a link or a file
 * has the name of their directory), STATUS_IO. */
enum status checkpoint_clean(
    const struct directory *run, int64_t step, struct warnings *warnings, struct error *error);

/* The tensors of one array of the optimizer's state, whose data are in `block`. Returns their
 * number. */
int checkpoint_tensors(struct tensor tensor[MODEL_TENSORS_MAX], const struct settings *settings,
    int state, float *block);

/* XXH3-64 of a file's bytes, as 16 digits. */
enum { HASH_DIGITS = 16 };
enum status checkpoint_hash(const char *path, char digits[HASH_DIGITS + 1], struct error *error);

/* True if a text begins with {"xxh3": "<16 digits>", and they are its hash. */
bool checkpoint_sealed(char *text, size_t size);

/* The content of a checkpoint; arrays [mlp.parameters] in canonical order. */
struct checkpoint {
    const struct settings *settings;
    const struct model *model; /* everything except the weights */
    const struct identity *identity;
    struct run_state state;
    const float *weights;
    const float *optimizer[OPTIMIZER_STATES_MAX]; /* [optimizer_states()] */
    const float *best;                            /* NULL: equal to the weights, or not known */
};

/* Writes it among the checkpoints of `run`, makes their directory if it is missing, replaces one of
 * the same step, and removes those beyond the newest `keep`. On failure the others are unchanged.
 * Two things are noted instead of failing: an old checkpoint that cannot be removed, and a name
 * that something else has, under which none is written. STATUS_CANNOT_CREATE, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status checkpoint_write(const struct directory *run, const struct checkpoint *checkpoint,
    int keep, struct warnings *warnings, struct error *error);

#endif
