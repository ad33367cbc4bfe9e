/* checkpoint.h: a run's checkpoints on disk.
 *
 *     checkpoints/step-000001407/    model.safetensors       model/model.h
 *                                    optimizer.safetensors   "0.weight.momentum_buffer" ...
 *                                    best.safetensors        if early stopping has seen better
 *                                    state.json
 *     checkpoints/.step-000001500.0123456789abcdef.part    one that is being written
 *
 * One is written under the second name, every file and the directory brought to the disk, and then
 * renamed; so what has the first name is whole, and a crash leaves at most leftovers of the second.
 * Those kept are the newest few and the best rated one (state.rated_step). Of one that is removed
 * state.json goes first: a directory without it is no checkpoint.
 *
 * Whatever else is among them (a link, a file, a directory that is no checkpoint, a file in one that
 * lockstep does not write) is somebody's: it is passed over, left as it is, and noted in `warnings`
 * if it is in the way.
 *
 * state.json holds the XXH3-64 of the other files ("files"), what the run is ("identity"), what it
 * knows (run_state.h), and the definition of sums and random draws that it follows
 * (base/definition.h). Its first entry, "xxh3", is the hash of its own text with zeros in the
 * place of the hash. So any changed or missing byte of a checkpoint shows.
 *
 * Rank 0 only. Threads: one writes; the rest while none does.
 */
#ifndef RUN_CHECKPOINT_H
#define RUN_CHECKPOINT_H

#include "base/directory.h"
#include "model/model.h"
#include "run/resume_state.h"

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

/* "checkpoints", in a run's directory. */
extern const char checkpoint_directory[];

/* Writes it among the checkpoints of `run`, whose directory is made if need be, in the place of one of
 * the same step, and removes those not to be kept any more. On failure the others are as they were;
 * an old one that cannot be removed is no failure, and neither is a name that something else has, to
 * which the new one gives way: both are noted. STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_RESOURCE. */
enum status checkpoint_write(const struct directory *run, const struct checkpoint *checkpoint,
    int keep, struct warnings *warnings, struct error *error);

/* The newest sound one in `directory`: its path, and in `report` [size] what is wrong with each newer
 * one. STATUS_NO_INPUT: there is none; STATUS_BAD_DATA: all are damaged. */
enum status checkpoint_find(const char *directory, char path[FILE_PATH_MAX], char *report,
    size_t size, struct error *error);

/* Whether a directory has any, sound or not: by its name and kind. */
bool checkpoint_any(const char *directory);

/* Whether all bytes of one are as they were written. STATUS_BAD_DATA (file, what is wrong),
 * STATUS_NO_INPUT, STATUS_IO, STATUS_NO_RESOURCE. */
enum status checkpoint_check(const char *path, struct error *error);

/* The definition of the newest one whose state.json is sound; this program's if there is none. */
int64_t checkpoint_definition(const char *directory);

/* Reads a sound one. It must be of this program's definition, else STATUS_BAD_DATA naming both; and
 * its identity must be this one, else the trait's status, naming it and both values. The state is filled first, then `parameters` and the arrays of `start`, which are the
 * caller's to free (resume_state_clear), also on failure. */
enum status checkpoint_read(const char *path, const struct settings *settings,
    const struct identity *identity, struct resume_state *start, float *parameters,
    struct error *error);

/* Removes leftovers, and the checkpoints of steps after `step` (0: all, and their directory), from a
 * run's directory. What cannot be removed is noted. STATUS_CANNOT_CREATE (a link or a file is in the
 * place of their directory), STATUS_IO. */
enum status checkpoint_clean(
    const struct directory *run, int64_t step, struct warnings *warnings, struct error *error);

#endif
